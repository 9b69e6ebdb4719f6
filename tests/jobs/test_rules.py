from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from fairlead.jobs.model import Failed, NewJob, Postpone
from fairlead.jobs.rules import LONGEST_DELAY, next_try, serving_order

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(("tries", "longest_s"), [(1, 5), (2, 10), (5, 80), (10, 2560), (11, 3600), (2_000, 3600)])
def test_the_delay_doubles_up_to_an_hour_and_its_second_half_is_chance(tries, longest_s):
    random = Random(1)
    delays = [(next_try(tries=tries, max_tries=9999, now=NOW, random=random) - NOW) for _ in range(300)]
    assert min(delays) >= timedelta(seconds=longest_s / 2)
    assert max(delays) <= timedelta(seconds=longest_s) <= LONGEST_DELAY
    assert len(set(delays)) > 250


def test_there_is_no_try_after_the_last():
    assert next_try(tries=3, max_tries=3, now=NOW, random=Random(1)) is None


def test_every_priority_is_first_in_its_share_of_the_claims():
    firsts = [serving_order(n / 1000)[0].name for n in range(1000)]
    assert [firsts.count(name) for name in ("URGENT", "NORMAL", "BULK")] == [625, 250, 125]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("", "ValueError"),
        ("first\nFailing row contains (secret).", "ValueError: first"),
        ("cannot reach postgresql://app:hunter2@db/x", "ValueError: cannot reach postgresql://app:***@db/x"),
        ("bad password=hunter2, user=ann", "ValueError: bad password=***, user=ann"),
        ('{"api_key": "abc def", "n": 1}', 'ValueError: {"api_key": ***, "n": 1}'),
        ("Authorization: Bearer abcdefgh.ijkl", "ValueError: Authorization: ***"),
        ("refused Basic dXNlcjpwYXNz", "ValueError: refused Basic ***"),
        ("key 0123456789abcdef0123456789abcdef refused", "ValueError: key *** refused"),
        ("a\x00b\ud800c", "ValueError: a?b?c"),
    ],
)
def test_what_is_kept_of_an_error_has_no_secret_in_it(message, kept):
    assert Failed.by(ValueError(message)).error == kept


def test_what_is_kept_of_an_error_is_short():
    assert len(Failed.by(ValueError("word " * 1000)).error) == 300


def test_due_times_without_a_zone_are_not_taken():
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        NewJob("work", {}, naive)
    with pytest.raises(ValueError, match="time zone"):
        Postpone(naive)
