"""Which company a name means."""

import pytest

from fairlead.corpus.model import KnownCompany
from fairlead.finder.companies import LEAST_LIKENESS, likeness, ranked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Example Inc", "Example, Inc."),
        ("Example", "Example GmbH & Co. KG"),
        ("The Example Group", "Example"),
        ("Müller & Söhne GmbH", "Muller und Sohne"),
        ("Zinnia Robotics", "Zinia Robotics"),
        ("Robotics Zinnia", "Zinnia Robotics Ltd"),
        ("Société Générale", "Societe Generale SA"),
    ],
)
def test_names_of_one_company_are_near(one, other):
    assert likeness(one, other) >= LEAST_LIKENESS
    assert likeness(one, other) == likeness(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zinnia Robotics", "Zinnia Foods"),
        ("Zinnia", "Zinnia Robotics"),
        ("Acme", "Acne"),
        ("ABC Ltd", "ABD Ltd"),
        ("Example", "Sample"),
        ("", "Example"),
        ("Inc", "Ltd"),
    ],
)
def test_names_of_two_companies_are_not(one, other):
    assert likeness(one, other) < LEAST_LIKENESS


def test_the_nearest_name_comes_first_and_a_far_one_not_at_all():
    known = [
        KnownCompany("a.example", name="Zinia Robotics"),
        KnownCompany("b.example", name="Zinnia Robotics GmbH"),
        KnownCompany("c.example", name="Zinnia Foods"),
        KnownCompany("d.example"),
    ]
    assert [match.domain for match in ranked("zinnia robotics", known)] == ["b.example", "a.example"]
