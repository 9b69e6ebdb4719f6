"""Fairness between campaigns, kinds of mail and mailboxes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fairlead.campaigns.rotation import Seat, Seats
from fairlead.campaigns.turns import Contender, Turns, entering, in_order

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def had_turns(contenders: list[Contender], wants: dict[int, int], turns: int) -> Counter[int]:
    """How many turns each had of `turns`, when each wants so many."""
    had: Counter[int] = Counter()
    round_ = Turns(contenders)
    for campaign in round_:
        if had[campaign] == wants[campaign]:
            round_.dropped_out(campaign)
            continue
        had[campaign] += 1
        round_.took(campaign)
        if had.total() == turns:
            break
    return had


def test_a_campaign_of_millions_does_not_starve_one_of_fifty():
    had = had_turns([Contender(1, 2, 0.0), Contender(2, 2, 0.0)], {1: 10_000_000, 2: 50}, 100)
    assert had == {1: 50, 2: 50}


def test_priority_is_a_share():
    had = had_turns([Contender(1, 1, 0.0), Contender(2, 4, 0.0)], {1: 10**6, 2: 10**6}, 1_000)
    assert abs(had[2] - 800) <= 1


@given(st.dictionaries(st.integers(1, 9), st.tuples(st.sampled_from([1, 2, 4]), st.integers(0, 50)), min_size=1))
def test_everybody_gets_what_they_want_when_there_is_enough(campaigns):
    contenders = [Contender(one, weight, 0.0) for one, (weight, _) in campaigns.items()]
    wants = {one: want for one, (_, want) in campaigns.items()}
    assert had_turns(contenders, wants, sum(wants.values()) + 1) == Counter(wants)


def test_who_was_away_begins_beside_the_others_and_catches_nothing_up():
    assert entering({1: 90.0, 2: 95.5, 3: None}) == {1: 90.0, 2: 95.5, 3: 90.0}
    assert entering({3: None}) == {3: 0.0}


@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]))
def test_follow_ups_get_their_share_while_there_are_both(firsts, follows, share):
    order = in_order(["first"] * firsts, ["follow"] * follows, follow_ups_first=True, follow_up_share=share)
    assert Counter(order) == Counter({"first": firsts, "follow": follows}) + Counter()
    mixed = 0
    while mixed < len(order) and 0 < order[:mixed].count("first") < firsts and order[:mixed].count("follow") < follows:
        mixed += 1
        assert abs(order[:mixed].count("follow") - share * mixed) <= 1


def test_without_a_share_one_kind_goes_before_the_other():
    assert in_order("ab", "cd", follow_ups_first=True, follow_up_share=None) == list("cdab")
    assert in_order("ab", "cd", follow_ups_first=False, follow_up_share=None) == list("abcd")


def seat(mailbox_id: int, *, left: int = 10, limit: int = 10, provider: str = "other", free_at: datetime = NOW) -> Seat:
    return Seat(mailbox_id, provider, ZoneInfo("UTC"), left, limit, limit, free_at, timedelta(minutes=10))


def seats(*all_: Seat) -> Seats:
    return Seats(all_, now=NOW, until=NOW + timedelta(minutes=30))


def test_the_mailbox_with_the_largest_part_of_its_day_left_is_next():
    assert seats(seat(1, left=50, limit=100), seat(2, left=9, limit=10)).choose([1, 2]) == 2


def test_rotation_uses_all_evenly():
    round_ = seats(*(seat(one) for one in (1, 2, 3)))
    used: Counter[int] = Counter()
    while (chosen := round_.choose([1, 2, 3])) is not None:
        round_.take(chosen, round_.time_of(chosen))
        used[chosen] += 1
    assert used == {1: 4, 2: 4, 3: 4}


def test_a_recipient_is_written_to_from_their_own_provider():
    round_ = seats(seat(1, left=10), seat(2, left=1, provider="gmail"))
    assert round_.choose([1, 2], provider="google") == 2
    assert round_.choose([1, 2], provider="yahoo") == 1
    round_.take(2, NOW)
    assert round_.choose([1, 2], provider="google") is None, "it waits for the mailbox of its provider"


def test_limits_and_gaps_hold_within_a_round():
    round_ = seats(seat(1, left=2))
    times = []
    while (at := round_.time_of(1)) is not None:
        round_.take(1, at)
        times.append(at)
    assert times == [NOW, NOW + timedelta(minutes=10)]
    assert seats(seat(1, free_at=NOW + timedelta(hours=1))).time_of(1) is None


def test_past_midnight_the_limit_of_the_next_day_counts():
    late = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    one = Seat(1, "other", ZoneInfo("UTC"), 0, 1, 1, late + timedelta(minutes=15), timedelta(minutes=10))
    round_ = Seats([one], now=late, until=late + timedelta(hours=1))
    at = round_.time_of(1)
    assert at == late + timedelta(minutes=15)
    round_.take(1, at)
    assert round_.time_of(1) is None
