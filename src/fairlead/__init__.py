"""Fairlead: a self-hosted sales-outreach platform."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.library import Verdict as Verdict
    from fairlead.library import verify as verify

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What `fairlead.library` has for programs. It brings the whole house along, so it is loaded when asked for."""
    if name in ("Verdict", "verify"):
        from fairlead import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
