"""What may be asked of enrollments."""

from fairlead.campaigns.enrollments.permitting import PURPOSES
from fairlead.campaigns.enrollments.stopping import note_signal, stop

__all__ = ["PURPOSES", "note_signal", "stop"]
