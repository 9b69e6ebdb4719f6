"""The parts of a name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """As written by its owner, in the letters of any script. Titles and suffixes are gone."""

    first: str  # may be two: "Jean-Pierre", "José Luis"
    last: str  # with particles: "van der Berg"; may be two: "Smith-Jones", "García López"
    middle: tuple[str, ...] = ()
    called: str | None = None  # a nickname that was written along: Robert "Bob" Smith

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.first, *self.middle, self.last) if part)
