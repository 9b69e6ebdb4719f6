"""Whether a campaign's mail may go out at this moment, and what follows from what became of it.

Both are asked by the sending loop inside its transactions. The enrollment is locked before anything else is looked at:
what was committed before the lock was given is seen, and what comes after it waits until the mark is made.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from fairlead.accounts import actions as accounts
from fairlead.campaigns import moves
from fairlead.campaigns.enrollments import running
from fairlead.campaigns.enrollments.model import EnrollmentState, Lane, Reason
from fairlead.campaigns.enrollments.running import RunningCampaign
from fairlead.campaigns.enrollments.store import permitting as store
from fairlead.campaigns.enrollments.store import stopping as stop_store
from fairlead.campaigns.enrollments.store.permitting import Outcome, Run
from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.graph.nodes import EmailNode, EndNode, GoalNode
from fairlead.campaigns.model import CampaignStatus
from fairlead.campaigns.windows import day_in, start_of_day
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import NewEvent
from fairlead.kit.refusals import LimitReached
from fairlead.prospects import actions as prospects
from fairlead.senders.model import (
    Drop,
    DueSend,
    Failed,
    Go,
    Later,
    NeedsDecision,
    Permission,
    PresumedSent,
    SendId,
    Sent,
    Settled,
    Withdrawn,
)

# Why a mail is dropped although its enrollment goes on: it is planned anew when the reason is gone.
PAUSED: Final = "campaign_paused"
STOPPED: Final = "stopped"
NO_WINDOW: Final = "no_window"

# What a mail dropped for a reason makes of its enrollment, if nothing was sent to it before, and if something was.
_AFTER_DROP: Final = {
    Reason.DO_NOT_EMAIL: (EnrollmentState.EXCLUDED, EnrollmentState.UNSUBSCRIBED),
    Reason.DELETED: (EnrollmentState.EXCLUDED, EnrollmentState.FINISHED),
    Reason.RECIPIENTS_USED_UP: (EnrollmentState.OVER_LIMIT, EnrollmentState.OVER_LIMIT),
}


class CampaignMails:
    """`senders.model.Purposes` for mails of campaigns."""

    async def allow(self, conn: Connection, sends: Sequence[DueSend], now: datetime) -> Mapping[SendId, Permission]:
        runs = await store.runs_for_update(
            conn, [(one.workspace_id, one.campaign_id or 0, one.subject_id, one.id) for one in sends]
        )
        campaigns = await running.campaigns(conn, {run.enrollment.campaign_id for run in runs.values()})
        stopped = await _stopped(conn, runs.values(), campaigns)
        answers: dict[SendId, Permission] = {}
        # Days of campaigns are counted in one order by all, the planner included: so nobody waits in a circle.
        for send in sorted(sends, key=lambda one: one.campaign_id or 0):
            run = runs.get(send.id)
            if run is None:
                answers[send.id] = Drop(STOPPED)
                continue
            campaign = campaigns.get(run.enrollment.campaign_id)
            answer = _standing(run, campaign, now) or stopped.get(send.id) or Go()
            if isinstance(answer, Go):
                assert campaign is not None
                answer = await _within_limits(conn, run, campaign, now)
            answers[send.id] = answer
        return answers

    async def settled(self, conn: Connection, settled: Sequence[Settled], now: datetime) -> None:
        known = await store.runs_for_update(
            conn, [(one.workspace_id, one.campaign_id or 0, one.subject_id, one.send_id) for one in settled]
        )
        runs = {one.send_id: known[one.send_id] for one in settled if one.send_id in known}
        graphs = await running.graphs(conn, {run.enrollment.version_id for run in runs.values()})
        campaigns = await running.campaigns(conn, {run.enrollment.campaign_id for run in runs.values()})
        book = _Book(now)
        for one in settled:
            run = runs.get(one.send_id)
            if run is None:
                continue  # its enrollment was erased
            campaign = campaigns.get(run.enrollment.campaign_id)
            graph = graphs[run.enrollment.version_id]
            if campaign is not None and run.node_key in campaign.graph.nodes:
                graph = campaign.graph
            book.note(one, run, graph)
        await book.write(conn)


def _standing(run: Run, campaign: RunningCampaign | None, now: datetime) -> Permission | None:
    """What enrollment, campaign and schedule say; None when they have nothing against it."""
    if campaign is None or campaign.status is not CampaignStatus.ACTIVE:
        return Drop(PAUSED)
    # Of one presumed sent a person may have asked for another copy, when its enrollment has already gone on.
    going_on = run.state == "presumed_sent" and not run.enrollment.state.is_over
    if run.enrollment.state is not EnrollmentState.ACTIVE and not going_on:
        return Drop(STOPPED)
    if run.state not in ("planned", "needs_decision", "presumed_sent"):
        return Drop(STOPPED)
    opens = campaign.next_allowed(now, run.enrollment.zone)
    if opens is None:
        return Drop(NO_WINDOW)
    return None if opens <= now else Later(opens)


async def _stopped(
    conn: Connection, runs: Iterable[Run], campaigns: Mapping[int, RunningCampaign]
) -> dict[SendId, Permission]:
    """Those whose address was blocked, or whose prospect was deleted."""
    by_list: dict[tuple[int, int | None], list[Run]] = {}
    by_workspace: dict[int, list[Run]] = {}
    for run in runs:
        campaign = campaigns.get(run.enrollment.campaign_id)
        if campaign is not None:
            by_list.setdefault((campaign.workspace_id, campaign.black_list_id), []).append(run)
            by_workspace.setdefault(campaign.workspace_id, []).append(run)
    found: dict[SendId, Permission] = {}
    for workspace_id, some in by_workspace.items():
        there = await prospects.present_among(conn, workspace_id, {one.enrollment.prospect_id for one in some})
        for one in some:
            if one.enrollment.prospect_id not in there:
                found[SendId(one.send_id)] = Drop(Reason.DELETED)
    for (workspace_id, named_list), some in by_list.items():
        blocked = await prospects.blocked(
            conn, workspace_id, [one.enrollment.address_key for one in some], named_list=named_list
        )
        for one in some:
            if one.enrollment.address_key in blocked:
                found[SendId(one.send_id)] = Drop(Reason.DO_NOT_EMAIL)
    return found


async def _within_limits(conn: Connection, run: Run, campaign: RunningCampaign, now: datetime) -> Permission:
    """Counts the mail on the campaign's day and its person in the workspace's month, where there is room."""
    workspace_id, day = campaign.workspace_id, day_in(campaign.zone, now)
    if campaign.has_limits and run.counted_on != day:
        # It was planned for another day, or when the campaign had no limit.
        taken = await store.take_place(
            conn,
            workspace_id,
            campaign.id,
            day,
            mails=campaign.mails_a_day,
            first_mails=campaign.first_mails_a_day,
            is_first=run.is_first,
        )
        if not taken:
            return Later(_next_day(campaign, run, now))
        if run.counted_on is not None:
            await store.give_back(conn, [(workspace_id, campaign.id, run.counted_on, run.is_first)])
        await store.set_day(conn, workspace_id, run.id, day)
    if run.is_first and run.enrollment.address is not None:
        account = await accounts.account(conn, workspace_id)
        if account.plan.recipients_per_month is not None:
            try:
                await accounts.use_recipient(conn, workspace_id, run.enrollment.address, plan=account.plan)
            except LimitReached:
                return Drop(Reason.RECIPIENTS_USED_UP)
    return Go()


def _next_day(campaign: RunningCampaign, run: Run, now: datetime) -> datetime:
    begins = start_of_day(day_in(campaign.zone, now) + timedelta(days=1), campaign.zone)
    return campaign.next_allowed(begins, run.enrollment.zone) or begins


class _Book:
    """What a batch of settled mails changes, gathered and then written in a few statements."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._runs: list[tuple[int, int, str, datetime]] = []
        self._outcomes: list[Outcome] = []
        self._tallies: list[tuple[int, int, int, int, int]] = []
        self._given_back: list[tuple[int, int, date, bool]] = []
        self._forgotten: dict[int, list[int]] = {}
        self._ends: list[tuple[Run, EnrollmentState, Reason]] = []
        self._dead: dict[int, list[str]] = {}
        self._events: list[NewEvent] = []

    def note(self, one: Settled, run: Run, graph: Graph) -> None:
        match one.outcome:
            case Sent() | PresumedSent():
                self._sent(one, run, graph)
            case Failed():
                self._failed(one, one.outcome, run, graph)
            case NeedsDecision():
                self._runs.append((one.workspace_id, run.id, "needs_decision", one.at))
            case Withdrawn(reason):
                self._withdrawn(one, run, reason)

    def _sent(self, one: Settled, run: Run, graph: Graph) -> None:
        state = "sent" if isinstance(one.outcome, Sent) else "presumed_sent"
        if run.state in ("sent", "presumed_sent"):
            if run.state != state:
                self._runs.append((one.workspace_id, run.id, "sent", one.at))
            return
        self._runs.append((one.workspace_id, run.id, state, one.at))
        self._tallies.append((one.workspace_id, run.enrollment.campaign_id, run.mailbox_id, 1, 0))
        self._tell("email_sent", one, run, first=run.is_first)
        self._go_on(one, run, graph, "next", sent=1)

    def _failed(self, one: Settled, failed: Failed, run: Run, graph: Graph) -> None:
        if run.state in ("sent", "failed"):
            return
        self._runs.append((one.workspace_id, run.id, "failed", one.at))
        what = {"reason": failed.reason, "hard": failed.hard, "code": failed.code}
        self._tell("email_failed", one, run, **what)
        if run.counted_on is not None:
            self._given_back.append((one.workspace_id, run.enrollment.campaign_id, run.counted_on, run.is_first))
        self._tallies.append(
            (one.workspace_id, run.enrollment.campaign_id, run.mailbox_id, int(failed.hard), int(failed.hard))
        )
        if not failed.hard:
            self._over(run, EnrollmentState.FAILED, Reason.REFUSED, run.node_key, one.at, sent=0)
            return
        self._tell("email_bounced", one, run, **what)
        if "@" in run.enrollment.address_key:
            self._dead.setdefault(one.workspace_id, []).append(run.enrollment.address_key)
        node = graph.nodes.get(run.node_key)
        if node is not None and node.ports.get("bounced") is not None:
            self._go_on(one, run, graph, "bounced", sent=0)
        else:
            self._over(run, EnrollmentState.BOUNCED, Reason.BOUNCED, run.node_key, one.at, sent=0)

    def _withdrawn(self, one: Settled, run: Run, reason: str) -> None:
        self._forgotten.setdefault(one.workspace_id, []).append(run.send_id)
        ends = _AFTER_DROP.get(Reason(reason)) if reason in list(Reason) else None
        if ends is not None:
            self._ends.append((run, ends[run.enrollment.sent > 0], Reason(reason)))

    def _go_on(self, one: Settled, run: Run, graph: Graph, port: str, *, sent: int) -> None:
        place = moves.after_mail(graph, run.node_key, port, one.at) if run.node_key in graph.nodes else None
        if place is None:
            self._over(run, EnrollmentState.FINISHED, Reason.END_REACHED, run.node_key, one.at, sent=sent)
            return
        node = graph.nodes[place.node_key]
        if isinstance(node, EndNode | GoalNode):
            reason = Reason.GOAL_REACHED if isinstance(node, GoalNode) else Reason.END_REACHED
            self._over(run, EnrollmentState.FINISHED, reason, place.node_key, one.at, sent=sent)
            return
        self._outcomes.append(
            Outcome(
                enrollment=run.enrollment,
                state=EnrollmentState.ACTIVE,
                reason=None,
                node_key=place.node_key,
                lane=Lane.FOLLOW_UP if isinstance(node, EmailNode) else Lane.MOVE,
                visit=run.enrollment.visit,
                due_at=place.due_at,
                look_at=place.due_at,
                sent=sent,
            )
        )

    def _over(
        self, run: Run, state: EnrollmentState, reason: Reason, node_key: str, at: datetime, *, sent: int
    ) -> None:
        self._outcomes.append(
            Outcome(
                enrollment=run.enrollment,
                state=state,
                reason=reason,
                node_key=node_key,
                lane=Lane.MOVE,
                visit=run.enrollment.visit,
                due_at=at,
                look_at=None,
                sent=sent,
            )
        )
        if run.enrollment.state is EnrollmentState.ACTIVE:
            self._events.append(finished_event(run, state, reason, self._now))

    def _tell(self, kind: str, one: Settled, run: Run, **body: object) -> None:
        self._events.append(
            NewEvent(
                one.workspace_id,
                kind,
                one.at,
                {
                    "campaign_id": run.enrollment.campaign_id,
                    "enrollment_id": run.enrollment.id,
                    "prospect_id": run.enrollment.prospect_id,
                    "send_id": run.send_id,
                    "mailbox_id": run.mailbox_id,
                    "node_key": run.node_key,
                    "variant_id": run.variant_id,
                    "email": run.enrollment.address,
                    **body,
                },
            )
        )

    async def write(self, conn: Connection) -> None:
        if self._runs:
            await store.finish_runs(conn, self._runs)
        await store.write_outcomes(conn, self._outcomes, now=self._now)
        for workspace_id, sends in self._forgotten.items():
            for campaign, is_first, day in await stop_store.unplan(conn, workspace_id, sends):
                if day is not None:
                    self._given_back.append((workspace_id, campaign, day, is_first))
        for run, state, reason in self._ends:
            which = [(run.enrollment.campaign_id, run.enrollment.id)]
            if state.is_over:
                await stop_store.end(
                    conn, run.enrollment.workspace_id, which, state=state, reason=reason, now=self._now
                )
                self._events.append(finished_event(run, state, reason, self._now))
            else:
                await stop_store.hold(conn, run.enrollment.workspace_id, which, state=state, reason=reason)
        await store.give_back(conn, self._given_back)
        if self._tallies:
            await store.tally(conn, self._tallies)
        for workspace_id, addresses in self._dead.items():
            await prospects.stop_emailing(
                conn, workspace_id, addresses, list_id=None, now=self._now, reason="bounced", by_recipient=True
            )
        await events.record_many(conn, self._events)


def finished_event(run: Run, state: EnrollmentState, reason: Reason, now: datetime) -> NewEvent:
    return NewEvent(
        run.enrollment.workspace_id,
        "enrollment_finished",
        now,
        {
            "campaign_id": run.enrollment.campaign_id,
            "enrollment_id": run.enrollment.id,
            "prospect_id": run.enrollment.prospect_id,
            "email": run.enrollment.address,
            "state": state.value,
            "reason": reason.value,
        },
    )


PURPOSES: Final = CampaignMails()
