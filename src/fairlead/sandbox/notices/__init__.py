"""What mail systems write by themselves: delivery notices, complaints by feedback loop, and automatic answers.

The forms are those of the real systems, so that whoever reads them cannot tell the difference by structure:
headers, parts, field names and the lines that mark where things stand. The sentences between are our own.
"""

from fairlead.sandbox.notices.automatic import Robot, automatic_answer
from fairlead.sandbox.notices.delivery import Failure, Notice, Vendor, delivery_notice
from fairlead.sandbox.notices.feedback import feedback_report

__all__ = ["Failure", "Notice", "Robot", "Vendor", "automatic_answer", "delivery_notice", "feedback_report"]
