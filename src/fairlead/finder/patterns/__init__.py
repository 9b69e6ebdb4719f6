"""How a company makes addresses of names: patterns, what is learned of a domain, candidates with their probability."""

from fairlead.finder.patterns.candidates import Candidate, candidates
from fairlead.finder.patterns.habits import Habit, Known, learned
from fairlead.finder.patterns.model import PATTERNS, Pattern
from fairlead.finder.patterns.priors import Size, size_of

__all__ = ["PATTERNS", "Candidate", "Habit", "Known", "Pattern", "Size", "candidates", "learned", "size_of"]
