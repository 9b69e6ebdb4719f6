"""A round of planning: who is due goes on, and those whose mail is next get a mailbox, a time and a letter.

One process of an installation plans at a time. A round reads without locks, decides, writes letters, and only then
locks what it chose, in small batches: whoever was stopped or changed meanwhile is left out. So a stop never waits for
a planner, and two planners at once would do no harm.
"""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from fairlead.campaigns import moves
from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.enrollments import checking, providers, running
from fairlead.campaigns.enrollments.model import Enrollment, EnrollmentId, EnrollmentState, Lane, LastMail, Reason
from fairlead.campaigns.enrollments.running import RunningCampaign, zone_named
from fairlead.campaigns.enrollments.store import moving
from fairlead.campaigns.enrollments.store import permitting as place_store
from fairlead.campaigns.enrollments.store.moving import Change, Planned, Wanted
from fairlead.campaigns.enrollments.writing import NotWritten, Writer, Written
from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.graph.nodes import ConditionNode, EmailNode, FieldIs
from fairlead.campaigns.moves import Facts, Over, Place, Wait, Write
from fairlead.campaigns.rotation import Seat, Seats
from fairlead.campaigns.turns import Contender, Turns, entering, in_order
from fairlead.campaigns.windows import day_in
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import NewEvent
from fairlead.kit.tokens import new_token
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import Prospect
from fairlead.senders import actions as senders
from fairlead.senders.model import Mailbox, NewSend, Purpose
from fairlead.world import World

logger = logging.getLogger(__name__)

# See `docs/architecture.md`, locks.
PLANNER_LOCK: Final = 0x666C_0006
# How far ahead mails are planned. Short: what is planned does not see an edit of the content, and a stop takes it back.
HORIZON: Final = timedelta(minutes=30)
MOST_MAILS: Final = 4_000
MOST_MOVES: Final = 10_000
MOVES_OF_A_CAMPAIGN: Final = 2_000
# Of first mails more are looked at than can be sent: some must not be written to, others are out of their hours.
LOOKED_AT_MORE: Final = 100
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did. With `more`, the next one has something to do at once."""

    moved: int = 0
    planned: int = 0
    excluded: int = 0
    put_off: int = 0
    more: bool = False

    @property
    def did_something(self) -> bool:
        return bool(self.moved or self.planned or self.excluded or self.put_off)


@asynccontextmanager
async def leading(world: World) -> AsyncIterator[bool]:
    """Whether this process plans; the lock is held until the end."""
    async with world.db.statement() as conn:
        cur = await conn.execute("select pg_try_advisory_lock(%s)", [PLANNER_LOCK])
        row = await cur.fetchone()
        leads = bool(row and row[0])
        try:
            yield leads
        finally:
            if leads:
                await conn.execute("select pg_advisory_unlock(%s)", [PLANNER_LOCK])


async def plan_round(world: World) -> Round:
    """Everything that is due now, as far as mailboxes have room within the horizon."""
    now = world.clock.now()
    async with world.db.statement() as conn:
        campaigns = await running.active(conn)
        if not campaigns:
            return Round()
        stands = await moving.stands(conn, [one.id for one in campaigns])
        await _look_again(conn, campaigns, stands, now)
    moved = await _move(world, campaigns, now)
    mails = await _Mails.planned(world, campaigns, {one: stand[0] for one, stand in stands.items()}, now)
    return replace(mails, moved=moved, more=mails.more or moved >= MOST_MOVES)


async def _look_again(
    conn: Connection,
    campaigns: Sequence[RunningCampaign],
    stands: Mapping[int, tuple[float, str | None]],
    now: datetime,
) -> None:
    """After an edit of a schedule, whoever waits for a window of the old one is looked at again."""
    changed = [one for one in campaigns if stands.get(one.id, (0.0, None))[1] != one.schedule_mark]
    for one in changed:
        if one.id in stands:
            await moving.look_again(conn, one.workspace_id, one.id, now=now)
    least = min((passed for passed, _ in stands.values()), default=0.0)
    await moving.set_stands(
        conn,
        [
            (one.workspace_id, one.id, stands[one.id][0] if one.id in stands else least, one.schedule_mark)
            for one in changed
        ],
    )


async def _move(world: World, campaigns: Sequence[RunningCampaign], now: datetime) -> int:
    """Takes those on who stand at a node that writes no mail; how many."""
    by_id = {one.id: one for one in campaigns}
    async with world.db.statement() as conn:
        wanted = [Wanted(one.workspace_id, one.id, Lane.MOVE, MOVES_OF_A_CAMPAIGN) for one in campaigns]
        due = (await moving.due(conn, wanted, now=now))[:MOST_MOVES]
        if not due:
            return 0
        graphs = await running.graphs(conn, {one.version_id for one in due})
        mails = await moving.mails(conn, due)
        asked = [one for one in due if _asks_fields(by_id[one.campaign_id])]
        fields = await _fields(conn, asked)
    changes = []
    for one in due:
        campaign = by_id[one.campaign_id]
        place = _place_in_force(one, campaign, graphs)
        if place is None:
            changes.append(_ended(one, EnrollmentState.FINISHED, Reason.STEP_REMOVED))
        else:
            changes.append(_change(one, campaign, place, _facts(one, mails, fields), now))
    for start in range(0, len(changes), MOVES_OF_A_CAMPAIGN):
        async with world.db.transaction() as conn:
            batch = changes[start : start + MOVES_OF_A_CAMPAIGN]
            done = await moving.change(conn, batch, now=now)
            await _tell_ends(conn, batch, done, now)
    return len(changes)


async def _tell_ends(conn: Connection, changes: Sequence[Change], done: set[EnrollmentId], now: datetime) -> None:
    over = [one for one in changes if one.seen.id in done and one.state.is_over]
    await events.record_many(conn, [_finished(one, now) for one in over])


def _asks_fields(campaign: RunningCampaign) -> bool:
    return any(
        isinstance(node, ConditionNode) and isinstance(node.question, FieldIs)
        for node in campaign.graph.nodes.values()
    )


async def _fields(conn: Connection, asked: Sequence[Enrollment]) -> dict[EnrollmentId, Mapping[str, str]]:
    found: dict[EnrollmentId, Mapping[str, str]] = {}
    for workspace_id in {one.workspace_id for one in asked}:
        some = [one for one in asked if one.workspace_id == workspace_id]
        names = Names.of(await prospects.custom_fields(conn, workspace_id))
        people = await prospects.prospects_of_ids(conn, workspace_id, {one.prospect_id for one in some})
        found |= {one.id: names.values(people[one.prospect_id]) for one in some if one.prospect_id in people}
    return found


def _place_in_force(
    one: Enrollment, campaign: RunningCampaign, graphs: Mapping[int, Graph]
) -> Place | None:
    """Where an enrollment stands in the version in force; None when the chart ends for it there."""
    if one.version_id == campaign.version_id:
        return Place(one.node_key, one.due_at)
    if one.run_id is None and one.lane is Lane.FIRST_MAIL:
        return moves.arrival(campaign.graph.nodes[campaign.graph.entry], one.due_at)
    key = moves.standing_in(graphs[one.version_id], campaign.graph, one.node_key)
    return None if key is None else Place(key, one.due_at)


def _facts(
    one: Enrollment,
    mails: Mapping[EnrollmentId, dict[str, LastMail]],
    fields: Mapping[EnrollmentId, Mapping[str, str]],
) -> Facts:
    of_one = mails.get(one.id, {})
    return Facts(
        who=f"{one.prospect_id} {one.address_key}",
        has_address=one.address is not None,
        last=next(reversed(of_one.values()), LastMail()),
        mails=of_one,
        fields=fields.get(one.id, {}),
    )


def _change(one: Enrollment, campaign: RunningCampaign, place: Place, facts: Facts, now: datetime) -> Change:
    match moves.next_move(campaign.graph, place, facts, now):
        case Write(at):
            lane = Lane.FOLLOW_UP if one.run_id is not None else Lane.FIRST_MAIL
            return Change(
                one, one.state, None, at.node_key, lane, one.visit, at.due_at, at.due_at, campaign.version_id
            )
        case Wait(at):
            return _at(one, campaign, at)
        case Over(state, reason, at):
            return Change(one, state, reason, at.node_key, Lane.MOVE, one.visit, at.due_at, None, campaign.version_id)


def _at(one: Enrollment, campaign: RunningCampaign, place: Place) -> Change:
    """At a place that is looked at when its time has come, whatever node is there."""
    return Change(
        one, one.state, None, place.node_key, Lane.MOVE, one.visit, place.due_at, place.due_at, campaign.version_id
    )


def _ended(one: Enrollment, state: EnrollmentState, reason: Reason) -> Change:
    return Change(one, state, reason, one.node_key, Lane.MOVE, one.visit, one.due_at, None, one.version_id)


def _finished(change: Change, now: datetime) -> NewEvent:
    return NewEvent(
        change.seen.workspace_id,
        "enrollment_finished",
        now,
        {
            "campaign_id": change.seen.campaign_id,
            "enrollment_id": change.seen.id,
            "prospect_id": change.seen.prospect_id,
            "email": change.seen.address,
            "state": change.state.value,
            "reason": change.reason,
        },
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An enrollment with the mailbox that is to write to it, and when."""

    one: Enrollment
    mailbox_id: int
    at: datetime
    day: date | None
    """Of the campaign, where it has daily limits."""


class _Mails:
    """The part of a round that plans mails."""

    def __init__(self, world: World, campaigns: Sequence[RunningCampaign], now: datetime) -> None:
        self._world = world
        self._now = now
        self._campaigns = {one.id: one for one in campaigns}
        self._seats = Seats([], now=now, until=now)
        self._mailboxes: dict[int, Mailbox] = {}
        self._left: dict[tuple[int, date], list[int | None]] = {}
        self._providers: dict[str, str] = {}
        self._put_off: list[tuple[Enrollment, datetime]] = []
        self._changes: list[Change] = []
        self._chosen: list[_Chosen] = []

    @classmethod
    async def planned(
        cls, world: World, campaigns: Sequence[RunningCampaign], passed: Mapping[int, float], now: datetime
    ) -> Round:
        # Where the hours are the campaign's own, nobody has to be looked at while they are over.
        open_ = [one for one in campaigns if one.in_recipient_zone or one.next_allowed(now, None) == now]
        if not open_:
            return Round()
        round_ = cls(world, open_, now)
        async with world.db.statement() as conn:
            await round_._take_seats(conn)
            candidates = await round_._candidates(conn)
            if not any(candidates.values()):
                return Round()
        await round_._learn_providers(candidates)
        turns = round_._place(candidates, passed)
        planned = await round_._write_down()
        async with world.db.statement() as conn:
            await moving.set_stands(
                conn,
                [
                    (round_._campaigns[id_].workspace_id, id_, spent, round_._campaigns[id_].schedule_mark)
                    for id_, spent in turns.passed.items()
                ],
            )
        return Round(
            planned=planned,
            excluded=len(round_._changes),
            put_off=len(round_._put_off),
            more=len(round_._chosen) >= MOST_MAILS or len(round_._put_off) >= LOOKED_AT_MORE,
        )

    async def _take_seats(self, conn: Connection) -> None:
        seats = []
        for workspace_id in sorted({one.workspace_id for one in self._campaigns.values()}):
            of_workspace = [one for one in self._campaigns.values() if one.workspace_id == workspace_id]
            ids = sorted({id_ for one in of_workspace for id_ in one.mailbox_ids})
            rooms = await senders.room_left(conn, workspace_id, ids, now=self._now)
            for mailbox in await senders.mailboxes(conn, workspace_id, ids):
                self._mailboxes[mailbox.id] = mailbox
                room = rooms[mailbox.id]
                seats.append(
                    Seat(
                        mailbox_id=mailbox.id,
                        provider=mailbox.provider.value,
                        zone=zone_named(mailbox.time_zone),
                        today=room.today,
                        tomorrow=room.tomorrow,
                        limit=mailbox.limit_on(day_in(zone_named(mailbox.time_zone), self._now)),
                        free_at=room.next_free_at,
                        gap=timedelta(seconds=(mailbox.delay.min_seconds + mailbox.delay.max_seconds) / 2),
                    )
                )
        self._seats = Seats(seats, now=self._now, until=self._now + HORIZON)

    async def _candidates(self, conn: Connection) -> dict[int, list[Enrollment]]:
        """By campaign, in the order in which it uses its turns."""
        firsts, follows = [], []
        for one in self._campaigns.values():
            slots = min(self._seats.slots(one.mailbox_ids), MOST_MAILS)
            for_all, for_first = await self._left_on(conn, one, day_in(one.zone, self._now))
            if for_all is not None:
                slots = min(slots, for_all)
            # Alive ones: who was written to by a mailbox that was removed gets another.
            known = tuple(id_ for id_ in one.mailbox_ids if id_ in self._mailboxes)
            if slots <= 0 or not known:
                continue
            free = tuple(id_ for id_ in known if self._seats.time_of(id_) is not None)
            follows.append(Wanted(one.workspace_id, one.id, Lane.FOLLOW_UP, slots, free, known))
            first_slots = slots if for_first is None else min(slots, for_first)
            if first_slots > 0:
                firsts.append(Wanted(one.workspace_id, one.id, Lane.FIRST_MAIL, first_slots + LOOKED_AT_MORE))
        first_mails = _by_campaign(await moving.due(conn, firsts, now=self._now))
        follow_ups = _by_campaign(await moving.due(conn, follows, now=self._now))
        older = {o.version_id for some in (*first_mails.values(), *follow_ups.values()) for o in some}
        graphs = await running.graphs(conn, older - {one.version_id for one in self._campaigns.values()})
        first_mails = {id_: self._brought_up(some, graphs) for id_, some in first_mails.items()}
        follow_ups = {id_: self._brought_up(some, graphs) for id_, some in follow_ups.items()}
        verdicts = await checking.check(
            conn, self._campaigns, [o for some in first_mails.values() for o in some], now=self._now
        )
        ordered = {}
        for id_, one in self._campaigns.items():
            fit = []
            for candidate in first_mails.get(id_, []):
                verdict = verdicts.get(candidate.id)
                if verdict is None:
                    fit.append(candidate)
                else:
                    self._changes.append(_ended(candidate, *verdict))
            ordered[id_] = in_order(
                fit,
                follow_ups.get(id_, []),
                follow_ups_first=one.follow_ups_first,
                follow_up_share=one.follow_up_share,
            )
        return ordered

    def _brought_up(self, some: Sequence[Enrollment], graphs: Mapping[int, Graph]) -> list[Enrollment]:
        """Those who stand at a mail of the version in force; the others are moved to where they stand in it."""
        fit = []
        for one in some:
            campaign = self._campaigns[one.campaign_id]
            if one.version_id == campaign.version_id:
                fit.append(one)
                continue
            place = _place_in_force(one, campaign, graphs)
            if place is None:
                self._changes.append(_ended(one, EnrollmentState.FINISHED, Reason.STEP_REMOVED))
            elif isinstance(campaign.graph.nodes[place.node_key], EmailNode):
                fit.append(replace(one, node_key=place.node_key, version_id=campaign.version_id))
            else:
                self._changes.append(_at(one, campaign, place))
        return fit

    async def _left_on(self, conn: Connection, one: RunningCampaign, day: date) -> tuple[int | None, int | None]:
        """How many mails, and how many first ones, the campaign may still send on a day; None: no limit."""
        if not one.has_limits:
            return None, None
        mails, first_mails = await place_store.counted(conn, one.workspace_id, one.id, day)
        left: list[int | None] = [
            None if one.mails_a_day is None else max(0, one.mails_a_day - mails),
            None if one.first_mails_a_day is None else max(0, one.first_mails_a_day - first_mails),
        ]
        self._left[one.id, day] = left
        return left[0], left[1]

    async def _learn_providers(self, candidates: Mapping[int, Sequence[Enrollment]]) -> None:
        domains = {
            one.domain
            for id_, some in candidates.items()
            if self._campaigns[id_].provider_matching
            for one in some
            if one.lane is Lane.FIRST_MAIL
        }
        if domains:
            self._providers = await providers.of_domains(self._world, domains, self._now)

    def _place(self, candidates: Mapping[int, list[Enrollment]], passed: Mapping[int, float]) -> Turns:
        """Gives out mailboxes and times, campaign by campaign as their turns come."""
        queues = {id_: iter(some) for id_, some in candidates.items() if some}
        stands = entering({id_: passed.get(id_) for id_ in queues})
        turns = Turns([Contender(id_, self._campaigns[id_].weight, stands[id_]) for id_ in queues])
        for id_ in turns:
            placed = len(self._chosen) < MOST_MAILS and self._place_next(self._campaigns[id_], queues[id_])
            if placed:
                turns.took(id_)
            else:
                turns.dropped_out(id_)
        return turns

    def _place_next(self, campaign: RunningCampaign, queue: Iterator[Enrollment]) -> bool:
        """Places the next of a campaign's candidates that can be; False when none is left."""
        for one in queue:
            if one.lane is Lane.FIRST_MAIL and not self._seats.has_time(campaign.mailbox_ids):
                continue
            if (chosen := self._placed(campaign, one)) is not None:
                self._chosen.append(chosen)
                return True
        return False

    def _placed(self, campaign: RunningCampaign, one: Enrollment) -> _Chosen | None:
        opens = campaign.next_allowed(self._now, one.zone)
        if opens is None or opens > self._now:
            self._put_off.append((one, opens or self._now + timedelta(days=1)))
            return None
        is_served = one.mailbox_id in self._mailboxes and one.mailbox_id in campaign.mailbox_ids
        mailbox_id = one.mailbox_id if is_served else None
        if mailbox_id is None:
            provider = self._providers.get(one.domain) if campaign.provider_matching else None
            mailbox_id = self._seats.choose(campaign.mailbox_ids, provider=provider)
            if mailbox_id is None and provider is not None:
                # Those of its provider are busy: meanwhile others are looked at.
                self._put_off.append((one, self._now + HORIZON))
        at = None if mailbox_id is None else self._seats.time_of(mailbox_id)
        if mailbox_id is None or at is None:
            return None
        if campaign.next_allowed(at, one.zone) != at:
            # Its hours are over before that mailbox is free: it waits for the next ones.
            self._put_off.append((one, campaign.next_allowed(at, one.zone) or self._now + timedelta(days=1)))
            return None
        day = day_in(campaign.zone, at) if campaign.has_limits else None
        if day is not None and not self._within_limits(campaign, one, day):
            return None
        self._seats.take(mailbox_id, at)
        return _Chosen(one, mailbox_id, at, day)

    def _within_limits(self, campaign: RunningCampaign, one: Enrollment, day: date) -> bool:
        left = self._left.get((campaign.id, day))
        if left is None:
            # Behind midnight: what of that day is counted already is known when it has come.
            return False
        is_first = one.lane is Lane.FIRST_MAIL
        if left[0] == 0 or (is_first and left[1] == 0):
            return False
        left[0] = None if left[0] is None else left[0] - 1
        left[1] = left[1] if left[1] is None or not is_first else left[1] - 1
        return True

    async def _write_down(self) -> int:
        world, now = self._world, self._now
        async with world.db.statement() as conn:
            await moving.put_off(conn, self._put_off)
        async with world.db.transaction() as conn:
            done = await moving.change(conn, self._changes, now=now)
            await _tell_ends(conn, self._changes, done, now)
        if not self._chosen:
            return 0
        planned = 0
        for start in range(0, len(self._chosen), BATCH):
            batch = self._chosen[start : start + BATCH]
            concerned = [self._campaigns[id_] for id_ in {one.one.campaign_id for one in batch}]
            planned += await self._plan_batch(batch, concerned)
        return planned

    async def _plan_batch(self, batch: Sequence[_Chosen], campaigns: Sequence[RunningCampaign]) -> int:
        world, now = self._world, self._now
        async with world.db.statement() as conn:
            people = await _people(conn, [one.one for one in batch])
            writer = await Writer.reading(
                world, conn, campaigns, [one.one for one in batch], self._mailboxes, people
            )
        written: list[tuple[_Chosen, str, Written]] = []
        refused: list[Change] = []
        for chosen in batch:
            campaign = self._campaigns[chosen.one.campaign_id]
            token = new_token(world.random, 26)
            match writer.write(chosen.one, campaign, mailbox_id=chosen.mailbox_id, token=token, now=chosen.at):
                case Written() as result:
                    written.append((chosen, token, result))
                case NotWritten(reason):
                    refused.append(_not_written(chosen.one, reason))
        async with world.db.transaction() as conn:
            done = await moving.change(conn, refused, now=now)
            await _tell_ends(conn, refused, done, now)
            return await self._plan(conn, written, people)

    async def _plan(
        self,
        conn: Connection,
        written: Sequence[tuple[_Chosen, str, Written]],
        people: Mapping[tuple[int, int], Prospect],
    ) -> int:
        now = self._now
        unchanged = await moving.still_as_seen(conn, [chosen.one for chosen, _, _ in written]) if written else set()
        # In the order in which all count on the days of campaigns: see `permitting`.
        wanted = sorted(
            (item for item in written if item[0].one.id in unchanged),
            key=lambda item: (item[0].one.campaign_id, item[0].day or date.min),
        )
        granted = []
        for item in wanted:
            chosen, campaign = item[0], self._campaigns[item[0].one.campaign_id]
            if chosen.day is None or await place_store.take_place(
                conn,
                campaign.workspace_id,
                campaign.id,
                chosen.day,
                mails=campaign.mails_a_day,
                first_mails=campaign.first_mails_a_day,
                is_first=chosen.one.lane is Lane.FIRST_MAIL,
            ):
                granted.append(item)
        sends = [
            NewSend(
                workspace_id=chosen.one.workspace_id,
                mailbox_id=self._mailboxes[chosen.mailbox_id].id,
                purpose=Purpose.CAMPAIGN,
                subject_id=chosen.one.id,
                once_key=f"enrollment {chosen.one.id} node {chosen.one.node_key} visit {chosen.one.visit}",
                due_at=chosen.at,
                to_address=chosen.one.address or "",
                to_name=people[chosen.one.workspace_id, chosen.one.prospect_id].name,
                token=token,
                letter=result.letter,
                campaign_id=chosen.one.campaign_id,
                priority=0 if self._goes_first(chosen.one) else 1,
                wanted_at=min(chosen.one.due_at, chosen.at),
            )
            for chosen, token, result in granted
        ]
        ids = await senders.plan(conn, sends, now=now)
        planned, again = [], []
        for (chosen, _, result), send_id in zip(granted, ids, strict=True):
            if send_id is None:
                # It had this mail before, in an older version of the chart, and does not get it twice.
                again.append(_passed_on(chosen.one, self._campaigns[chosen.one.campaign_id], now))
                continue
            planned.append(Planned(chosen.one, send_id, chosen.mailbox_id, result.variant_id, chosen.day))
        await moving.change(conn, again, now=now)
        await moving.plan(conn, planned, now=now)
        await events.record_many(
            conn,
            [
                NewEvent(
                    one.seen.workspace_id,
                    "enrollment_started",
                    now,
                    {
                        "campaign_id": one.seen.campaign_id,
                        "enrollment_id": one.seen.id,
                        "prospect_id": one.seen.prospect_id,
                        "email": one.seen.address,
                    },
                )
                for one in planned
                if one.seen.lane is Lane.FIRST_MAIL and one.seen.state is EnrollmentState.TO_CHECK
            ],
        )
        return len(planned)

    def _goes_first(self, one: Enrollment) -> bool:
        return (one.lane is Lane.FOLLOW_UP) == self._campaigns[one.campaign_id].follow_ups_first


def _not_written(one: Enrollment, reason: Reason) -> Change:
    if reason in (Reason.MISSING_VARIABLE, Reason.DELETED):
        return _ended(one, EnrollmentState.EXCLUDED, reason)
    return _ended(one, EnrollmentState.FAILED, reason)


def _passed_on(one: Enrollment, campaign: RunningCampaign, now: datetime) -> Change:
    place = moves.after_mail(campaign.graph, one.node_key, "next", now)
    if place is None:
        return _ended(one, EnrollmentState.FINISHED, Reason.END_REACHED)
    return _at(one, campaign, place)


def _by_campaign(some: Sequence[Enrollment]) -> dict[int, list[Enrollment]]:
    found: dict[int, list[Enrollment]] = {}
    for one in some:
        found.setdefault(one.campaign_id, []).append(one)
    return found


async def _people(conn: Connection, some: Sequence[Enrollment]) -> dict[tuple[int, int], Prospect]:
    found: dict[tuple[int, int], Prospect] = {}
    for workspace_id in {one.workspace_id for one in some}:
        ids = {one.prospect_id for one in some if one.workspace_id == workspace_id}
        people = await prospects.prospects_of_ids(conn, workspace_id, ids)
        found |= {(workspace_id, id_): person for id_, person in people.items()}
    return found
