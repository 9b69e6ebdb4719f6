"""One worker's sending: it takes mailboxes, sends what is due from each, one mail after the other, and gives them back.

A mail goes through three transactions, each shared by all mailboxes that are at the same point: claimed with its quota,
marked (its purpose says once more that it may go), and settled. Only a marked mail can be in doubt after a crash.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias

import msgspec

from fairlead.db import Connection
from fairlead.db.clock import SharedClock
from fairlead.kit import tasks
from fairlead.kit.faults import fault_line, fault_trace
from fairlead.kit.refusals import Invalid
from fairlead.net.mail_login import NotConnected
from fairlead.net.smtp import Phase as SmtpPhase
from fairlead.net.smtp import SmtpSession, Withheld
from fairlead.senders import store as mailbox_store
from fairlead.senders.composing import compose
from fairlead.senders.connecting import submission
from fairlead.senders.ledger import letters, names
from fairlead.senders.ledger import store as ledger_store
from fairlead.senders.ledger.planning import CHANNEL
from fairlead.senders.model import (
    Drop,
    Go,
    Later,
    MailboxId,
    MailboxState,
    Permission,
    Purpose,
    Purposes,
    SendId,
    Withdrawn,
)
from fairlead.senders.pacing import GRACE, gap, local_day, next_day_begins
from fairlead.senders.sending import doubt_store, restoring, settling, store
from fairlead.senders.sending.answers import Meaning, NotSent, PutOff, Refused, SenderRefused, SlowDown, Taken, meaning
from fairlead.senders.sending.group_commit import DATABASE_AWAY, GroupCommit
from fairlead.senders.sending.settling import Settle
from fairlead.senders.sending.store import Again, Claimed, Wanted
from fairlead.senders.sending.turns import Rest, Turn
from fairlead.world import World

logger = logging.getLogger(__name__)

# Machine time. A worker that gives no sign for this long has died or stands still; its mailboxes go to others.
LEASE: Final = timedelta(seconds=30)
BEATS_PER_LEASE: Final = 4
# Hints may be lost and due times pass without one.
POLL_SECONDS: Final = 1.0
# The first byte follows its mark within this; else the mark is made anew, since a stop may have come meanwhile.
MARK_HOLDS_SECONDS: Final = 2.0
MARKS_AT_MOST: Final = 5
# A mailbox that has nothing to do for so long is given back.
KEEP_SECONDS: Final = 5.0
LOOK_EVERY_SECONDS: Final = 10.0
FROM_START_SECONDS: Final = 10.0
# So many mails of a mailbox without a gap are claimed at once. Nothing can happen to a claimed mail.
CLAIM_AHEAD: Final = 16
UNSETTLED_AT_MOST: Final = 8
MAILBOXES_AT_MOST: Final = 500
TAKEN_TOGETHER: Final = 100
COMMITTED_TOGETHER: Final = 500
IDLE_SESSION_SECONDS: Final = 20.0
GRACE_SECONDS: Final = 20.0
FIRST_RETRY_SECONDS: Final = 30.0
LONGEST_RETRY_SECONDS: Final = 3600.0
# Connections that fail for a reason that waiting does not mend, before the mailbox is paused.
FAILS_BORNE: Final = 3
# Business time before a purpose that put a mail off is asked again, at the earliest.
SHORTEST_WAIT: Final = timedelta(seconds=10)
# Business time, where a server asks us to slow down without saying how much.
SLOW_DOWN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Claim:
    ids: tuple[SendId, ...]
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    turn: Turn
    mail: Claimed
    gap: timedelta


@dataclass(frozen=True, slots=True)
class _Marked:
    """`since` is monotonic machine time before the transaction of the mark began."""

    since: float


@dataclass(frozen=True, slots=True)
class _NotMarked:
    """Withdrawn, put off, or not ours any more."""

    ours: bool


_Answer: TypeAlias = _Marked | _NotMarked


class Office:
    """Make it before the listener runs, then `run` it; `stop` lets it end. `purposes` has each purpose there can be."""

    def __init__(
        self,
        world: World,
        purposes: Mapping[Purpose, Purposes],
        *,
        owner: str,
        lease: timedelta = LEASE,
        grace_seconds: float = GRACE_SECONDS,
        observe: Callable[[str, float], None] = lambda name, seconds: None,
    ) -> None:
        self._world = world
        self._timer = world.timer
        self._random: Random = world.random
        self._purposes = purposes
        self._owner = owner
        self._lease_seconds = lease.total_seconds()
        self._grace_seconds = grace_seconds
        self._observe = observe
        self._turns: dict[MailboxId, Turn] = {}
        self._tasks: dict[asyncio.Task[None], Turn] = {}
        self._share = MAILBOXES_AT_MOST
        self._stopping = False
        self._wake = asyncio.Event()
        self._looks = GroupCommit(self._timer, self._look_at, at_most=COMMITTED_TOGETHER)
        self._claims = GroupCommit(self._timer, self._commit_claims, at_most=COMMITTED_TOGETHER)
        self._marks = GroupCommit(self._timer, self._commit_marks, at_most=COMMITTED_TOGETHER)
        self._settles = GroupCommit(self._timer, self._commit_settles, at_most=COMMITTED_TOGETHER)
        self._releases = GroupCommit(self._timer, self._commit_releases, at_most=COMMITTED_TOGETHER)
        world.listener.on(CHANNEL, self._hear)

    def stop(self) -> None:
        """Nothing further is sent. `run` returns when what is under way is settled and the mailboxes are given back."""
        self._stopping = True
        self._wake.set()
        for turn in self._turns.values():
            turn.wake.set()

    @property
    def idle(self) -> bool:
        return not self._tasks

    async def run(self) -> None:
        """Runs until `stop`."""
        commits: list[GroupCommit[Any, Any]] = [self._looks, self._claims, self._marks, self._settles, self._releases]
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(one.run()) for one in commits]
            loops += [group.create_task(self._beat()), group.create_task(self._follow_clock())]
            try:
                await self._take_turns()
            finally:
                await self._end()
                await tasks.end(loops)

    # Taking mailboxes, and keeping them.

    async def _take_turns(self) -> None:
        failures = 0
        while not self._stopping:
            self._wake.clear()
            try:
                await self._take()
                failures = 0
            except DATABASE_AWAY as error:
                if failures == 0:
                    logger.warning("the database did not answer, sending waits for it: %s", fault_line(error))
                failures += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def _take(self) -> None:
        since = self._timer.monotonic()
        async with self._world.db.transaction() as conn:
            now = self._world.clock.now()
            if not await restoring.safe_to_send(conn, now):
                return
            await self._recover(conn, now)
            await store.collect_wakes(conn)
            workers, mailboxes = await store.note_worker(conn, self._owner, self._lease_seconds)
            self._share = min(MAILBOXES_AT_MOST, max(1, -(-mailboxes // workers)))
            free = min(TAKEN_TOGETHER, self._share - len(self._turns))
            if free <= 0:
                return
            taken = await store.take(conn, self._owner, at_most=free, lease_seconds=self._lease_seconds, now=now)
            found = await mailbox_store.mailboxes_by_id(conn, [one.mailbox_id for one in taken])
        for one in taken:
            turn = Turn(
                found[one.mailbox_id], one.lease_number, since + self._lease_seconds, one.next_free_at, one.fails
            )
            self._turns[one.mailbox_id] = turn
            task = asyncio.create_task(self._serve(turn), name=f"mailbox {one.mailbox_id}")
            self._tasks[task] = turn
            task.add_done_callback(self._served)
        if len(taken) == TAKEN_TOGETHER:
            self._wake.set()

    async def _recover(self, conn: Connection, now: datetime) -> None:
        leases = await store.overdue_leases(conn)
        if not leases:
            return
        await _let_go(conn, leases, now)
        found = await mailbox_store.mailboxes_by_id(conn, [lease[0] for lease in leases])
        # What the dead worker sent last may have gone out up to this moment.
        longest = {one: found[one].delay.max_seconds if one in found else 0 for one, _ in leases}
        await store.release(
            conn,
            leases,
            free_at=[now + timedelta(seconds=longest[lease[0]]) if longest[lease[0]] else None for lease in leases],
            retry_seconds=[None] * len(leases),
            fails=[0] * len(leases),
            until=[None] * len(leases),
        )
        logger.warning("%s mailboxes were taken from a worker that gave no sign", len(leases))

    async def _beat(self) -> None:
        while True:
            try:
                await self._extend()
            except DATABASE_AWAY as error:
                logger.warning("leases of mailboxes could not be extended: %s", fault_line(error))
            await self._timer.sleep(self._lease_seconds / BEATS_PER_LEASE)

    async def _extend(self) -> None:
        turns = list(self._turns.values())
        since = self._timer.monotonic()
        async with self._world.db.transaction() as conn:
            held = set()
            if turns:
                leases = [turn.lease for turn in turns]
                held = await store.extend(conn, self._owner, leases, lease_seconds=self._lease_seconds)
        for turn in turns:
            if turn.mailbox.id in held:
                turn.expires = since + self._lease_seconds
            else:
                turn.lost = True
                turn.wake.set()
        for turn in turns[self._share :]:
            turn.leave = True

    async def _follow_clock(self) -> None:
        while True:
            await self._world.clock.changed.wait()
            self._hear()

    def _hear(self) -> None:
        self._wake.set()
        for turn in self._turns.values():
            turn.wake.set()

    # One mailbox.

    def _goes_on(self, turn: Turn) -> bool:
        return not (self._stopping or turn.leave) and turn.holds(self._timer)

    async def _serve(self, turn: Turn) -> None:
        rest = Rest(retry_seconds=FIRST_RETRY_SECONDS)
        talk = _Talk(self._world, turn)
        try:
            while self._goes_on(turn):
                mail = turn.claimed.popleft() if turn.claimed else await self._next(turn)
                ended = mail if isinstance(mail, Rest) else await self._deliver(turn, talk, mail)
                if ended is not None:
                    rest = ended
                    break
            else:
                rest = Rest()
        except Exception as error:
            logger.error("mailbox %s stops for a while: %s", turn.mailbox.id, fault_trace(error))
        finally:
            await talk.end()
            if turn.pending:
                await asyncio.wait(turn.pending)
            if not turn.lost:
                await self._releases.put((turn, rest))

    def _served(self, task: asyncio.Task[None]) -> None:
        turn = self._tasks.pop(task)
        if self._turns.get(turn.mailbox.id) is turn:
            del self._turns[turn.mailbox.id]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("mailbox %s: %s", turn.mailbox.id, fault_trace(error))
        if not self._stopping:
            self._wake.set()

    async def _next(self, turn: Turn) -> Claimed | Rest:
        """The next mail, claimed, when it and the mailbox are due; or why there is none."""
        idle_since = self._timer.monotonic()
        while self._goes_on(turn):
            now = self._world.clock.now()
            if turn.free_at is not None and turn.free_at > now:
                if not await self._waited(turn, turn.free_at - now):
                    return Rest()
                continue
            if self._must_look(turn):
                await self._looks.put(turn)
                if turn.mailbox.state is not MailboxState.ACTIVE:
                    return Rest()
                continue
            day = local_day(turn.mailbox.time_zone, now)
            room = turn.mailbox.limit_on(day) - turn.reserved.get(day, 0)
            if room <= 0 and not turn.lanes.empty:
                return Rest(until=next_day_begins(turn.mailbox.time_zone, now))
            picked = turn.lanes.pick(min(1 if turn.mailbox.delay.max_seconds else CLAIM_AHEAD, room), now)
            if picked:
                if await self._claim(turn, picked, day):
                    return turn.claimed.popleft()
                turn.looked_at = None
            elif (due := turn.lanes.next_due()) is not None:
                if not await self._waited(turn, due - now):
                    return Rest()
            elif not await self._stirred(turn, KEEP_SECONDS - (self._timer.monotonic() - idle_since)):
                return Rest()
        return Rest()

    async def _claim(self, turn: Turn, picked: Sequence[store.Candidate], day: date) -> bool:
        limit = turn.mailbox.limit_on(day)
        wanted = tuple(Wanted(one.id, turn.mailbox.id, turn.number, day, limit) for one in picked)
        claimed = await self._claims.put(_Claim(tuple(one.id for one in picked), wanted))
        turn.reserved[day] = turn.reserved.get(day, 0) + len(claimed)
        turn.claimed.extend(claimed)
        return bool(claimed)

    def _must_look(self, turn: Turn) -> bool:
        if turn.looked_at is None or (turn.lanes.empty and turn.found_some):
            return True
        return self._timer.monotonic() > turn.looked_at + (POLL_SECONDS if turn.lanes.empty else LOOK_EVERY_SECONDS)

    async def _waited(self, turn: Turn, business: timedelta) -> bool:
        """Waits until business time has passed, or something stirs; False where it is not worth keeping the mailbox."""
        seconds = self._machine_seconds(business)
        if seconds is None or seconds > KEEP_SECONDS:
            return False
        await self._stirred(turn, max(seconds, 0.001))
        return True

    async def _stirred(self, turn: Turn, seconds: float) -> bool:
        """Whether something may have changed within `seconds`: what is planned, the clock, who has the mailbox."""
        if seconds <= 0:
            return False
        try:
            async with asyncio.timeout(seconds):
                await turn.wake.wait()
        except TimeoutError:
            return False
        turn.wake.clear()
        turn.looked_at = None
        return True

    def _machine_seconds(self, business: timedelta) -> float | None:
        clock = self._world.clock
        if not isinstance(clock, SharedClock):
            return business.total_seconds()
        wait = clock.setting.machine_wait(business)
        return None if wait is None else wait.total_seconds()

    # One mail.

    async def _deliver(self, turn: Turn, talk: "_Talk", mail: Claimed) -> Rest | None:
        """Sends a mail, or finds that it must not be. A rest where the mailbox cannot go on."""
        session = await talk.session()
        if isinstance(session, NotConnected):
            return self._cannot_connect(turn, mail, session)
        try:
            message = await self._composed(turn, mail)
        except Invalid as refusal:
            refused = Refused("cannot_be_composed", refusal.sentence, 0, hard=False)
            return await self._conclude(turn, mail, refused, None)
        except msgspec.MsgspecError:
            # What it said was erased with whom it was for.
            return await self._conclude(turn, mail, Refused("erased", "It was erased.", 0, hard=False), None)
        except Exception as error:
            # A fault of ours must not keep the mailbox from its other mails.
            logger.error("mail %s cannot be composed: %s", mail.send.id, fault_trace(error))
            return await self._conclude(turn, mail, PutOff("a fault while composing"), None)
        pause = gap(turn.mailbox.delay, self._random)
        for _ in range(MARKS_AT_MOST):
            answer = await self._marks.put(_Mark(turn, mail, pause))
            if isinstance(answer, _NotMarked):
                return None if answer.ours else Rest()
            self._observe("mark", self._timer.monotonic() - answer.since)

            def may_begin(since: float = answer.since) -> bool:
                return turn.holds(self._timer) and self._timer.monotonic() - since < MARK_HOLDS_SECONDS

            if not may_begin():
                continue
            outcome = await session.send(
                turn.mailbox.address,
                mail.send.to_address,
                message,
                bcc=turn.mailbox.bcc,
                before_data=may_begin,
                before_final_dot=lambda: turn.holds(self._timer),
            )
            talk.used()
            if not (isinstance(outcome, Withheld) and outcome.phase is SmtpPhase.BEFORE_DATA and self._goes_on(turn)):
                break
        else:
            outcome = Withheld(SmtpPhase.BEFORE_DATA)
        return await self._conclude(turn, mail, meaning(outcome), pause)

    async def _composed(self, turn: Turn, mail: Claimed) -> bytes:
        digests = letters.files_of(mail.letter)
        files = {}
        if digests:
            async with self._world.db.statement() as conn:
                files = await ledger_store.files(conn, mail.send.workspace_id, digests)
        return compose(
            letters.letter(mail.letter, files),
            turn.mailbox,
            to_address=mail.send.to_address,
            to_name=mail.to_name,
            message_id=mail.message_id,
            reference=names.reference(mail.token, mail.mark),
            date=self._world.clock.now(),
        )

    async def _conclude(self, turn: Turn, mail: Claimed, means: Meaning, pause: timedelta | None) -> Rest | None:
        now = self._world.clock.now()
        if pause:
            turn.free_at = now + pause
        rest: Rest | None = None
        fault = None
        match means:
            case Taken():
                turn.fails = 0
            case SlowDown(until_tomorrow=tomorrow):
                turn.free_at = next_day_begins(turn.mailbox.time_zone, now) if tomorrow else now + SLOW_DOWN
                rest = Rest()
            case SenderRefused(reply):
                fault = f"The server refuses mail from this mailbox: {reply}"
                rest = Rest()
            case NotSent(withheld=True):
                rest = None if turn.holds(self._timer) else Rest()
            case NotSent():
                turn.fails += 1
                rest = self._after_failure(turn) if turn.fails > FAILS_BORNE else None
            case _:
                pass
        change = settling.change(mail, means, now)
        settle = Settle(turn.mailbox, turn.number, mail, change, turn.free_at, fault)
        future = self._settles.start(settle)
        turn.pending.add(future)
        future.add_done_callback(turn.pending.discard)
        if isinstance(change, Again):
            day = mail.day
            turn.reserved[day] = max(0, turn.reserved.get(day, 0) - 1)
        if rest is not None or len(turn.pending) >= UNSETTLED_AT_MOST:
            await asyncio.wait(turn.pending, return_when=asyncio.FIRST_COMPLETED if rest is None else "ALL_COMPLETED")
        return rest

    def _cannot_connect(self, turn: Turn, mail: Claimed, why: NotConnected) -> Rest:
        turn.claimed.appendleft(mail)  # given back with the others
        turn.fails += 1
        if why.is_about_login or (not why.temporary and turn.fails >= FAILS_BORNE):
            return Rest(failed=True, retry_seconds=FIRST_RETRY_SECONDS, fault=why.sentence)
        logger.info("mailbox %s: %s", turn.mailbox.id, why.sentence)
        return self._after_failure(turn)

    def _after_failure(self, turn: Turn) -> Rest:
        return Rest(min(FIRST_RETRY_SECONDS * 2 ** min(turn.fails - 1, 10), LONGEST_RETRY_SECONDS), failed=True)

    # The transactions.

    async def _look_at(self, turns: Sequence[Turn]) -> Sequence[None]:
        async with self._world.db.transaction() as conn:
            now = self._world.clock.now()
            ids = [turn.mailbox.id for turn in turns]
            found = await self._candidates(conn, turns)
            mailboxes = await mailbox_store.mailboxes_by_id(conn, ids)
            days = {one: local_day(mailboxes[one].time_zone, now) for one in ids}
            reserved = await store.reserved_on(conn, [(one, days[one]) for one in ids])
            for turn in turns:
                one = turn.mailbox.id
                candidates = await self._spread(conn, turn, found[one], now)
                turn.lanes.look(candidates)
                turn.mailbox = mailboxes[one]
                turn.reserved = {days[one]: reserved.get(one, 0)}
                turn.looked_at = self._timer.monotonic()
                turn.found_some = bool(candidates)
        return [None] * len(turns)

    async def _candidates(self, conn: Connection, turns: Sequence[Turn]) -> dict[MailboxId, list[store.Candidate]]:
        """From where the last look ended; from the start now and then, and where nothing is found behind it."""
        now = self._timer.monotonic()
        going_on = [
            turn
            for turn in turns
            if turn.lanes.empty
            and turn.looked_from_start_at is not None
            and now - turn.looked_from_start_at < FROM_START_SECONDS
        ]
        last = [(turn.mailbox.id, one) for turn in going_on for one in turn.lanes.last()]
        found = await store.candidates_after(conn, last, per_lane=store.CANDIDATES_PER_LANE) if last else {}
        afresh = [turn for turn in turns if not found.get(turn.mailbox.id)]
        if afresh:
            ids = [turn.mailbox.id for turn in afresh]
            found |= await store.candidates(conn, ids, per_lane=store.CANDIDATES_PER_LANE)
            for turn in afresh:
                turn.looked_from_start_at = now
        return found

    async def _spread(
        self, conn: Connection, turn: Turn, candidates: list[store.Candidate], now: datetime
    ) -> list[store.Candidate]:
        """After an outage all goes on at the pace that was planned: later, but not at once."""
        paced = [one for one in candidates if one.purpose in (Purpose.CAMPAIGN, Purpose.WARMUP)]
        if not paced:
            return candidates
        ready = min(one.due_at for one in paced)
        behind = now - (ready if turn.free_at is None else max(ready, turn.free_at))
        if behind <= GRACE:
            return candidates
        await store.delay_all(conn, *turn.lease, self._owner, by_seconds=behind.total_seconds())
        moved = set(paced)
        return [replace(one, due_at=one.due_at + behind) if one in moved else one for one in candidates]

    async def _commit_claims(self, claims: Sequence[_Claim]) -> Sequence[list[Claimed]]:
        began = self._timer.monotonic()
        async with self._world.db.transaction() as conn:
            claimed = await store.claim(conn, self._owner, [one for claim in claims for one in claim.wanted])
        self._observe("claim", self._timer.monotonic() - began)
        found = {one.send.id: one for one in claimed}
        return [[found[one] for one in claim.ids if one in found] for claim in claims]

    async def _commit_marks(self, marks: Sequence[_Mark]) -> Sequence[_Answer]:
        since = self._timer.monotonic()
        async with self._world.db.transaction() as conn:
            now = self._world.clock.now()
            permissions = await self._permissions(conn, marks, now)
            going = [one for one in marks if isinstance(permissions.get(one.mail.send.id), Go)]
            wanted = [(one.mail.send.id, *one.turn.lease) for one in going]
            marked = await store.mark(conn, self._owner, wanted, now=now)
            gaps = [(*one.turn.lease, now + one.gap) for one in going if one.gap and one.mail.send.id in marked]
            if gaps:
                await store.keep_gaps(conn, gaps)
            await self._turn_away(conn, marks, permissions, now)
        ours = {one.mail.send.id for one in marks} - {one.mail.send.id for one in going}
        return [_Marked(since) if one.mail.send.id in marked else _NotMarked(one.mail.send.id in ours) for one in marks]

    async def _permissions(self, conn: Connection, marks: Sequence[_Mark], now: datetime) -> dict[SendId, Permission]:
        found: dict[SendId, Permission] = {}
        for purpose in sorted({one.mail.send.purpose for one in marks}):
            sends = sorted((one.mail.send for one in marks if one.mail.send.purpose is purpose), key=lambda one: one.id)
            answers = await self._purposes[purpose].allow(conn, sends, now)
            found |= {send.id: answers.get(send.id, Drop("not_known_any_more")) for send in sends}
        return found

    async def _turn_away(
        self,
        conn: Connection,
        marks: Sequence[_Mark],
        permissions: Mapping[SendId, Permission],
        now: datetime,
    ) -> None:
        drops, agains, told, purposes = [], [], [], {}
        for one in marks:
            match permissions[one.mail.send.id]:
                case Drop(reason):
                    drops.append((one.mail.send.id, one.turn.number))
                    told.append(settling.settled(one.mail.send, Withdrawn(reason), now))
                    purposes[one.mail.send.id] = one.mail.send.purpose
                case Later(until):
                    until = max(until, now + SHORTEST_WAIT)
                    agains.append(Again(one.mail.send.id, one.turn.number, until, counts=False))
                case Go():
                    pass
        if agains:
            await store.plan_again(conn, agains)
        if drops:
            gone = await store.drop(conn, drops)
            await settling.tell(
                conn, self._purposes, [one for one in told if one.send_id in gone], now=now, of=purposes
            )

    async def _commit_settles(self, settles: Sequence[Settle]) -> Sequence[None]:
        async with self._world.db.transaction() as conn:
            await settling.write(conn, self._purposes, settles, now=self._world.clock.now())
        return [None] * len(settles)

    async def _commit_releases(self, items: Sequence[tuple[Turn, Rest]]) -> Sequence[None]:
        async with self._world.db.transaction() as conn:
            now = self._world.clock.now()
            own = set(await store.own_leases(conn, self._owner, [turn.lease for turn, _ in items]))
            leaving = [(turn, rest) for turn, rest in items if turn.lease in own]
            if leaving:
                leases = [turn.lease for turn, _ in leaving]
                await _let_go(conn, leases, now)
                await store.release(
                    conn,
                    leases,
                    free_at=[turn.free_at for turn, _ in leaving],
                    retry_seconds=[rest.retry_seconds for _, rest in leaving],
                    fails=[min(turn.fails, 30_000) for turn, _ in leaving],
                    until=[rest.until for _, rest in leaving],
                )
            for turn, rest in leaving:
                if rest.fault is not None:
                    await settling.pause_mailbox(conn, turn.mailbox, rest.fault, now)
        return [None] * len(items)

    async def _end(self) -> None:
        """Lets what is under way end; what takes too long is left in doubt, to be looked for in the Sent folder."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=self._grace_seconds)
        running = list(self._tasks)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=self._grace_seconds)
        with suppress(*DATABASE_AWAY):
            async with self._world.db.transaction() as conn:
                await store.forget_workers(conn, self._owner)
                if not self._tasks:
                    await doubt_store.end_watch(conn)


async def _let_go(conn: Connection, leases: Sequence[tuple[int, int]], now: datetime) -> None:
    await store.let_go_of_mails(conn, leases, now=now, look_at=now + settling.FIRST_LOOK)


class _Talk:
    """The session of a mailbox with its server, opened when needed and kept while there is something to send."""

    def __init__(self, world: World, turn: Turn) -> None:
        self._world = world
        self._turn = turn
        self._session: SmtpSession | None = None
        self._used_at = 0.0

    async def session(self) -> SmtpSession | NotConnected:
        session = self._session
        if session is not None:
            rested = self._world.timer.monotonic() - self._used_at
            if not session.closed and (rested < IDLE_SESSION_SECONDS or await session.is_alive()):
                return session
            await session.close()
        self._session = None
        opened = await submission(self._world, self._turn.mailbox)
        if isinstance(opened, SmtpSession):
            self._session = opened
            self.used()
        return opened

    def used(self) -> None:
        self._used_at = self._world.timer.monotonic()

    async def end(self) -> None:
        if self._session is not None:
            with suppress(OSError):
                await self._session.close()
