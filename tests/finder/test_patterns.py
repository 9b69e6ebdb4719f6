"""Patterns of addresses: what is learned of a domain, what is guessed, and how often that is right."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.finder.names import from_parts, parse
from fairlead.finder.patterns import PATTERNS, Known, Size, candidates, learned, size_of
from fairlead.finder.patterns.calibration import GROUPS, calibrated
from fairlead.finder.patterns.isotonic import at, fitted
from fairlead.finder.patterns.priors import OTHER_PERCENT, prior


def knows(*pairs: tuple[str, str]) -> list[Known]:
    return [Known(local, parse(name)) for local, name in pairs]


def first_guess(name: str, *known: tuple[str, str], domain: str = "x.example", **about) -> str:
    return candidates(learned(knows(*known), domain=domain, **about), parse(name))[0].local


def test_there_are_more_than_the_eighteen_usual_patterns():
    names = {pattern.name for pattern in PATTERNS}
    usual = {
        "first", "last", "first.last", "firstlast", "first_last", "first-last", "flast", "f.last", "f_last", "firstl",
        "first.l", "last.first", "lastfirst", "last_first", "lastf", "last.f", "fl", "first.m.last",
    }  # fmt: skip
    assert usual <= names
    assert len(names) == len(PATTERNS) > 30


@pytest.mark.parametrize("size", list(Size))
def test_before_anything_is_known_the_shares_are_those_of_the_tables(size):
    assert sum(prior(size).values()) == pytest.approx(1 - OTHER_PERCENT / 100)
    assert sum(learned([], size=size).shares.values()) == pytest.approx(1 - OTHER_PERCENT / 100, abs=0.1)


def test_small_companies_call_people_by_their_first_names():
    assert first_guess("Ann Lee", size=Size.UP_TO_50) == "ann"
    assert first_guess("Ann Lee", size=Size.MORE) == "ann.lee"


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("11-50", Size.UP_TO_50),
        ("51-200", Size.UP_TO_200),
        ("about 120 employees", Size.UP_TO_200),
        ("201-500", Size.UP_TO_500),
        ("1,000", Size.MORE),
        ("10001+", Size.MORE),
        (None, Size.UNKNOWN),
        ("many", Size.UNKNOWN),
    ],
)
def test_a_size_is_read_from_what_sources_say(said, size):
    assert size_of(said) is size


@pytest.mark.parametrize(
    ("local", "guess"),
    [
        ("bob.stone", "ann.lee"), ("bstone", "alee"), ("bob", "ann"), ("stone", "lee"), ("bob_stone", "ann_lee"),
        ("b.stone", "a.lee"), ("stone.bob", "lee.ann"), ("bobs", "annl"), ("stoneb", "leea"), ("bs", "al"),
        ("bob-stone", "ann-lee"), ("stonebob", "leeann"), ("bob.s", "ann.l"), ("bob.stone2", "ann.lee"),
    ],
)  # fmt: skip
def test_two_colleagues_teach_their_pattern(local, guess):
    assert first_guess("Ann Lee", (local, "Bob Stone"), (local, "Bob Stone")) == guess


def test_umlauts_follow_the_country_and_then_the_domain():
    assert first_guess("Max Müller", ("a.b", "x"), domain="x.de") == "max.mueller"
    assert first_guess("Max Müller", ("bob.stone", "Bob Stone"), domain="x.tr") == "max.muller"
    plain = [("eva.kruger", "Eva Krüger"), ("udo.buhler", "Udo Bühler")]
    assert first_guess("Max Müller", *plain, domain="x.de") == "max.muller"


def test_particles_and_double_names_follow_the_domain():
    joined = [("jan.devries", "Jan de Vries")]
    assert first_guess("Eva van den Berg", *joined) == "eva.vandenberg"
    dropped = [("jan.vries", "Jan de Vries"), ("piet.horst", "Piet ter Horst")]
    assert first_guess("Eva van den Berg", *dropped) == "eva.berg"
    first = [("ann.smith", "Ann Smith-Jones"), ("eve.woods", "Eve Woods-Hall")]
    assert first_guess("Bob Miller-Stone", *first) == "bob.miller"


def test_a_nickname_is_explained_and_not_taken_for_the_rule():
    habit = learned(knows(("bob.stone", "Robert Stone")))
    assert candidates(habit, parse("William Lee"))[0].local == "william.lee"
    assert "bill.lee" in [one.local for one in candidates(habit, parse("William Lee"), most=8)]


def test_addresses_without_names_tell_their_shape():
    dotted = learned([Known("ann.lee"), Known("bob.stone"), Known("eve.woods")])
    short = learned([Known("ann"), Known("bob"), Known("eve")])
    ann = parse("Max Miller")
    assert candidates(dotted, ann)[0].local == "max.miller"
    assert candidates(dotted, ann)[0].raw > candidates(short, ann)[0].raw


def test_what_is_somebody_elses_is_not_guessed():
    known = knows(("alee", "Aron Lee"), ("bstone", "Bob Stone"))
    guesses = candidates(learned(known), parse("Ann Lee"), taken={"alee"})
    assert "alee" not in [one.local for one in guesses]


def test_purity_is_the_share_of_the_house_pattern():
    assert learned([]).purity is None
    assert learned(knows(("bob.stone", "Bob Stone"), ("ewoods", "Eve Woods"))).purity == pytest.approx(0.5, abs=0.02)


def test_a_name_that_cannot_be_read_has_no_candidates():
    assert candidates(learned([]), parse("محمد علي")) == []


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}([._-][a-z]{1,8})?", fullmatch=True), st.booleans()), max_size=6))
def test_candidates_come_best_first_and_are_no_more_than_certain(known):
    habit = learned([Known(local, from_parts("Bob", "Stone") if named else None) for local, named in known])
    guesses = candidates(habit, from_parts("Ann-Marie", "van der Müller"))
    assert guesses == sorted(guesses, key=lambda one: (-one.raw, one.local))
    assert sum(one.raw for one in guesses) <= 1 + 1e-9
    assert all(0 <= one.probability <= 1 for one in guesses)


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1))
def test_isotonic_regression_never_falls_and_keeps_the_mean(pairs):
    points = fitted(pairs)
    assert [y for _, y in points] == sorted(y for _, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert 0 <= at(points, random.Random(1).random()) <= 1


def test_the_shipped_calibration_covers_every_number_of_known_people():
    for people in (*GROUPS, 4, 1_000):
        curve = [calibrated(step / 20, people=people) for step in range(21)]
        assert curve == sorted(curve)
        assert 0 <= curve[0] < 0.1 < curve[-1] <= 1
