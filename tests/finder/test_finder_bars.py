"""What is promised of the finder, at full size, on people of the sandbox it has never seen."""

import random
from random import SystemRandom

import pytest

from fairlead.finder.patterns.isotonic import fitted
from finder.sandbox_trials import Sandbox, purity, score, shown

COMPANIES = 6_000
TOP_1, TOP_3 = 0.70, 0.85
# Of the curve, in all and in any tenth of it; below so many candidates chance alone bends a tenth. Those of one company
# stand and fall together.
CROOKED = 0.02
CROOKED_TENTH = 0.08
ENOUGH = 1_500


@pytest.fixture(scope="module")
def seeds() -> tuple[int, int]:
    fit, judge = random.Random(SystemRandom().random()).sample(range(10**6), 2)
    print(f"fitted on seed {fit}, judged on seed {judge}")
    return fit, judge


@pytest.mark.bars
def test_two_known_colleagues_are_enough_to_find_most_people(seeds):
    _, judge = seeds
    print(f"purity of house patterns: {purity(list(Sandbox(seed=judge, companies=500))):.2f}")
    judged = score(judge, COMPANIES)
    print(f"of {len(judged.trials)} people: top-1 {judged.top(1):.1%}, top-3 {judged.top(3):.1%} of pattern-shaped, "
          f"top-1 {judged.top(1, pattern_shaped=False):.1%} of all")  # fmt: skip
    print(f"as shipped, promised -> true: {shown(judged.curve())}")
    assert judged.top(1) >= TOP_1
    assert judged.top(3) >= TOP_3


@pytest.mark.bars
def test_a_calibration_fitted_on_other_companies_tells_the_truth_about_these(seeds):
    fit, judge = seeds
    calibration = fitted(((raw, float(right)) for raw, right in score(fit, COMPANIES).pairs()), fewest=250)
    curve = score(judge, COMPANIES).curve(calibration)
    print(f"fitted on seed {fit}, judged on seed {judge}, promised -> true: {shown(curve)}")
    everybody = sum(count for *_, count in curve)
    assert sum(abs(promised - true) * count for promised, true, count in curve) / everybody <= CROOKED
    for promised, true, count in curve:
        assert count < ENOUGH or abs(promised - true) <= CROOKED_TENTH
