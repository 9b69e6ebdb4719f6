"""Fairlead: a self-hosted sales-outreach platform."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.programs import Verdict as Verdict
    from fairlead.programs import verify as verify

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What `fairlead.programs` has for programs. It brings the whole house along, so it is loaded when asked for."""
    if name in ("Verdict", "verify"):
        from fairlead import programs

        return getattr(programs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
