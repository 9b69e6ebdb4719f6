"""How fast a content and a recipient become a letter, on one core.

    python benchmarks/contents.py [--scale 0.1]

A content as sequences have it: variables with fallbacks, a condition, spintax, 2 kB of HTML, a footer; HTML, text part
and subject are made. Beside it the library alone, without limits, filling in the same HTML from a template read once
(the limit: it makes no text part, no spintax and no footer), and the same read anew for each recipient. At a scale of
1, 20,000 letters are made.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from liquid import Environment

from fairlead.campaigns.contents.rendering import Footer, check_text, render
from fairlead.campaigns.model import Usage, Variant, VariantId

LETTERS = 20_000
OF_PEERS = 4_000
NEEDED_PER_SECOND = 1_500
NOW = datetime(2026, 3, 4, tzinfo=UTC)
SUBJECT = "{{first_name | default: 'Hello'}}, a question"
GREETING = "<p>Hi {{first_name | default: 'there'}},</p>\n"
PARAGRAPH = (
    '<p style="margin:0 0 12px">Teams like yours at {{company_name}} tell us that hiring takes longer than planned – '
    '{% if country == "Norway" %}in Norway too{% else %}everywhere{% endif %} – and that most of the time goes into '
    '<a href="https://here.example">finding</a> people. We would like to show you how others go about it.</p>\n'
)
SPUN = "<p>{Would you have time|Do you have a moment} {this|next} week?</p>\n"
HTML = GREETING + PARAGRAPH * 5
VARIANT = Variant(VariantId(1), "1", 10, SUBJECT, HTML + SPUN, False, Usage.ACTIVE, 1, True)
FOOTER = Footer("<a href='{{unsubscribe_link}}'>No more of this?</a>", "Here Ltd.\nStreet 1")


def fields(number: int) -> dict[str, str]:
    country = "Norway" if number % 2 else "Peru"
    return {"first_name": f"Bob{number}", "company_name": f"Company {number}", "country": country}


def ours(number: int) -> None:
    render(
        VARIANT,
        fields(number),
        seed=number,
        now=NOW,
        footer=FOOTER,
        unsubscribe_link=f"https://here.example/u/{number}",
        one_click=True,
    )


PLAIN = Environment(autoescape=True)
READ = PLAIN.from_string(HTML)


def library_alone(number: int) -> None:
    READ.render(**fields(number))


def library_reading_anew(number: int) -> None:
    PLAIN.from_string(HTML).render(**fields(number))


def rate(make: Callable[[int], None], count: int) -> tuple[float, float]:
    """(per second of wall time, per second of processor time)."""
    make(0)
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(count):
        make(number)
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    check_text(VARIANT.subject, VARIANT.body, place="The content")
    wall, cpu = rate(ours, max(int(LETTERS * scale), 1))
    print(f"letters                    {wall:10,.0f}/s wall  {cpu:10,.0f}/s processor")
    for name, make in (("library alone (limit)", library_alone), ("library, read anew", library_reading_anew)):
        peer_wall, peer_cpu = rate(make, max(int(OF_PEERS * scale), 1))
        print(f"{name:<26} {peer_wall:10,.0f}/s wall  {peer_cpu:10,.0f}/s processor  ratio {cpu / peer_cpu:.2f}")
    print(f"needed by the sender: {NEEDED_PER_SECOND:,}/s; one core makes {cpu / NEEDED_PER_SECOND:.1f} times that")
    if cpu < NEEDED_PER_SECOND:
        sys.exit("Too slow.")


if __name__ == "__main__":
    main()
