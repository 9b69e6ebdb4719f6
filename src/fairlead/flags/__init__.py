"""What an address tells before anybody is asked: its form, and whose it seems to be."""

from fairlead.flags.flagging import flags, flags_of
from fairlead.flags.model import Flags

__all__ = ["Flags", "flags", "flags_of"]
