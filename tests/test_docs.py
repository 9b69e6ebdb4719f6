"""The generated pages say what the code says."""

from pathlib import Path

from fairlead import settings
from fairlead.http.snov.endpoints import ENDPOINTS, coverage_page

DOCS = Path(__file__).parents[1] / "docs"


def test_the_coverage_page_is_the_table():
    assert (DOCS / "coverage.md").read_text("utf-8") == coverage_page(), "run `make docs`"


def test_the_table_has_all_96_pairs_of_method_and_path():
    numbers = [str(n) for n in range(1, 83)] + [f"A{n}" for n in range(1, 15)]
    assert [endpoint.number for endpoint in ENDPOINTS] == numbers
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == 96
    assert sum(line.startswith(("| A", "| ")) and "`/v" in line for line in coverage_page().splitlines()) == 96


def test_the_page_of_settings_is_made_of_them():
    assert (DOCS / "settings.md").read_text("utf-8") == settings.page(), "run `make docs`"
