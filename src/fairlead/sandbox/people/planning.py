"""What an owner does with a letter: a pure function of both, of the seed and of what was between them before."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fairlead.sandbox.making.chance import happens, one, source, weighted
from fairlead.sandbox.model import Temper
from fairlead.sandbox.people import agents
from fairlead.sandbox.people.hours import DESK, POCKET, after_work_time, first_workday, zone_named
from fairlead.sandbox.people.letters import Letter
from fairlead.sandbox.people.model import (
    PHONES,
    Absence,
    Act,
    Answer,
    Automatic,
    AutoReply,
    Click,
    Client,
    Delete,
    MarkSpam,
    Owner,
    Plan,
    Prefetch,
    Read,
    Relation,
    Reply,
    Scan,
    Timed,
    Unsubscribe,
    Way,
)

# Absences are drawn for blocks of four weeks, counted from this Monday.
BLOCK = timedelta(weeks=4)
FIRST_BLOCK = datetime(2024, 1, 1, tzinfo=UTC)
ABSENT_SHARE = 0.1
SPAM_FOLDER_READ = 0.02

READS = {
    Temper.INTERESTED: 0.97,
    Temper.CURIOUS: 0.95,
    Temper.BUSY: 0.8,
    Temper.POLITE: 0.9,
    Temper.ANNOYED: 0.9,
    Temper.SILENT: 0.55,
    Temper.ABSENT: 0.7,
    Temper.MOVED_ON: 0.8,
}
CLICKS = {Temper.INTERESTED: 0.5, Temper.CURIOUS: 0.6, Temper.BUSY: 0.1, Temper.SILENT: 0.08, Temper.ABSENT: 0.1}

_NOTHING = "nothing"
_LEAVE = "leave"
_SPAM = "spam"
_DELETE = "delete"
# What comes of reading a first letter: an answer, or a word for what is done without one. Weights.
OUTCOMES: dict[Temper, dict[Answer | str, float]] = {
    Temper.INTERESTED: {Answer.INTERESTED: 60, Answer.QUESTION: 15, _NOTHING: 25},
    Temper.CURIOUS: {Answer.QUESTION: 55, Answer.INTERESTED: 10, Answer.LATER: 8, _NOTHING: 27},
    Temper.BUSY: {Answer.LATER: 45, Answer.NOT_INTERESTED: 8, _NOTHING: 47},
    Temper.POLITE: {Answer.NOT_INTERESTED: 55, Answer.LATER: 10, _LEAVE: 5, _NOTHING: 30},
    Temper.ANNOYED: {Answer.UNSUBSCRIBE: 27, _LEAVE: 30, _SPAM: 23, _NOTHING: 20},
    Temper.SILENT: {_NOTHING: 80, _DELETE: 20},
    Temper.ABSENT: {_NOTHING: 75, Answer.LATER: 15, Answer.QUESTION: 10},
    Temper.MOVED_ON: {Answer.WRONG_PERSON: 65, _NOTHING: 35},
}
# What comes of a further letter, by the last answer. Nobody says the same thing to each follow-up.
FURTHER: dict[Answer, dict[Answer | str, float]] = {
    Answer.INTERESTED: {Answer.INTERESTED: 20, Answer.QUESTION: 30, _NOTHING: 50},
    Answer.QUESTION: {Answer.INTERESTED: 35, Answer.NOT_INTERESTED: 20, Answer.QUESTION: 10, _NOTHING: 35},
    Answer.LATER: {Answer.NOT_INTERESTED: 15, Answer.INTERESTED: 10, _NOTHING: 75},
    Answer.NOT_INTERESTED: {Answer.UNSUBSCRIBE: 25, _LEAVE: 15, _SPAM: 15, _NOTHING: 45},
    Answer.WRONG_PERSON: {Answer.NOT_INTERESTED: 10, _SPAM: 5, _NOTHING: 85},
    Answer.UNSUBSCRIBE: {_SPAM: 60, _NOTHING: 40},
}
ANSWERS_LIMIT = 3


def plan(
    owner: Owner, letter: Letter, *, seed: int, received: datetime, relation: Relation, in_spam: bool = False
) -> Plan:
    """The acts in order of time, and what then stands between owner and sender. `received` is when it arrived."""
    dice = source(seed, "plan", f"{owner.address} {letter.message_id} {letter.sender} {relation.letters}")
    acts: list[Timed] = [*_machines(owner, letter, dice, received, in_spam)]
    relation = replace(relation, letters=relation.letters + 1)
    if letter.automatic:
        return _ordered(acts, relation)
    if owner.shared:
        if not relation.acknowledged:
            acts.append(Timed(received + _seconds(dice, 2, 90), AutoReply(Automatic.ACKNOWLEDGMENT)))
            relation = replace(relation, acknowledged=True)
        return _ordered(acts, relation)
    away = None if in_spam else absence_at(owner, received, seed=seed)
    if away is not None and away.back not in relation.told_away_until:
        answer = AutoReply(Automatic.OUT_OF_OFFICE, away.back)
        acts.append(Timed(received + _seconds(dice, 1, 20), answer))
        relation = replace(relation, told_away_until=(*relation.told_away_until, away.back))
    reads = SPAM_FOLDER_READ if in_spam else READS[owner.temper]
    if not happens(dice, reads):
        return _ordered(acts, relation)
    personal, relation = _by_hand(owner, letter, dice, away.last if away else received, relation, in_spam)
    return _ordered([*acts, *personal], relation)


def absence_at(owner: Owner, moment: datetime, *, seed: int) -> Absence | None:
    """The absence that covers the moment: one that was given, or one that chance has put there."""
    for given in owner.absences:
        if given.first <= moment < given.last:
            return given
    if owner.shared:
        return None
    block = (moment - FIRST_BLOCK) // BLOCK
    starts = FIRST_BLOCK + block * BLOCK
    zone = zone_named(owner.zone)
    if owner.temper is Temper.ABSENT:
        return _absence(starts, starts + BLOCK, zone)
    dice = source(seed, "absence", f"{owner.address} {block}")
    if not happens(dice, ABSENT_SHARE):
        return None
    first = starts + timedelta(days=dice.randrange(14))
    found = _absence(first, first + timedelta(days=dice.choice((3, 5, 7, 10, 14))), zone)
    return found if found.first <= moment < found.last else None


def _absence(first: datetime, last: datetime, zone: ZoneInfo) -> Absence:
    back = first_workday(last, zone)
    return Absence(first, back, back.astimezone(zone).date())


def _machines(owner: Owner, letter: Letter, dice: random.Random, received: datetime, in_spam: bool) -> list[Timed]:
    """What programs do before anybody has seen the letter."""
    acts = []
    if owner.scanned and (letter.links or letter.pictures):
        acts.append(Timed(received + _seconds(dice, 1, 8), Scan(one(dice, agents.SCANNERS))))
    if owner.prefetched and letter.pictures and not in_spam:
        if owner.client in (Client.GMAIL, Client.ANDROID):
            acts.append(Timed(received + _seconds(dice, 1, 5), Prefetch(agents.GMAIL_PREFETCH)))
        else:
            # Apple fetches when a device is charged and on its network, some time after delivery.
            acts.append(Timed(received + _seconds(dice, 60, 5400), Prefetch(agents.APPLE_PREFETCH)))
    return acts


def _by_hand(
    owner: Owner, letter: Letter, dice: random.Random, from_when: datetime, relation: Relation, in_spam: bool
) -> tuple[list[Timed], Relation]:
    """What the person does: reads in their hours, perhaps clicks, and then answers, leaves or does nothing."""
    zone = zone_named(owner.zone)
    hours = POCKET if owner.client in PHONES else DESK
    work = timedelta(minutes=min(dice.expovariate(1 / 110), 1500))
    read_at = after_work_time(from_when, work, zone, hours)
    acts = [Timed(read_at, Read(pictures=owner.shows_pictures and not in_spam))]
    if in_spam:
        return acts, relation
    moment = read_at + _seconds(dice, 5, 120)
    clicks = 0.0 if relation.closed else CLICKS.get(owner.temper, 0.0)
    if letter.inviting_links and happens(dice, clicks):
        acts.append(Timed(moment, Click()))
        moment += _seconds(dice, 20, 300)
    outcome = _outcome(owner, dice, relation)
    act = _act(letter, dice, outcome, relation)
    if act is None:
        return acts, relation
    if isinstance(act, Reply):
        # Written in the person's hours too, at most a few of them after reading.
        moment = after_work_time(moment, timedelta(minutes=min(2 + dice.expovariate(1 / 35), 600)), zone, hours)
    acts.append(Timed(moment, act))
    return acts, remembered(relation, act)


def remembered(relation: Relation, act: Act) -> Relation:
    """What stands between the two after the act. Asking to be left alone and complaining are final."""
    match act:
        case Reply(answer):
            closed = relation.closed or answer is Answer.UNSUBSCRIBE
            return replace(relation, answers=(*relation.answers, answer), closed=closed)
        case Unsubscribe() | MarkSpam():
            return replace(relation, closed=True)
        case _:
            return relation


def _outcome(owner: Owner, dice: random.Random, relation: Relation) -> Answer | str:
    if relation.closed:
        return weighted(dice, FURTHER[Answer.UNSUBSCRIBE])
    if relation.answers:
        outcome = weighted(dice, FURTHER[relation.answers[-1]])
        # An answer given once is not given again word by word; a talk that goes on is for the user to lead.
        worn = isinstance(outcome, Answer) and len(relation.answers) >= ANSWERS_LIMIT
        return _NOTHING if worn else outcome
    return weighted(dice, OUTCOMES[owner.temper])


def _act(letter: Letter, dice: random.Random, outcome: Answer | str, relation: Relation) -> Act | None:
    if isinstance(outcome, Answer):
        return Reply(outcome, nth=relation.answers.count(outcome))
    if outcome == _SPAM:
        return MarkSpam()
    if outcome == _DELETE:
        return Delete()
    if outcome == _LEAVE:
        ways = [way for way, there in _ways(letter) if there]
        return Unsubscribe(one(dice, ways)) if ways else Reply(Answer.UNSUBSCRIBE)
    return None


def _ways(letter: Letter) -> tuple[tuple[Way, bool], ...]:
    return (
        (Way.ONE_CLICK, letter.one_click is not None),
        (Way.LINK, letter.leaving_link is not None),
        # Programs that know the one-click way do not write instead.
        (Way.MAIL, letter.leaving_mail is not None and letter.one_click is None),
    )


def _ordered(acts: list[Timed], relation: Relation) -> Plan:
    return Plan(tuple(sorted(acts, key=lambda timed: timed.at)), relation)


def _seconds(dice: random.Random, low: int, high: int) -> timedelta:
    return timedelta(seconds=low + dice.random() * (high - low))
