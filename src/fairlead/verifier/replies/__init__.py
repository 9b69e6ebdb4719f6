"""What a mail server's reply means: about the mailbox, about us, about the sender, or about the server itself."""

from fairlead.verifier.replies.classifying import classify
from fairlead.verifier.replies.model import ReplyMeaning, Stage

__all__ = ["ReplyMeaning", "Stage", "classify"]
