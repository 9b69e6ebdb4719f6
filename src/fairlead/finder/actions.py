"""What may be asked of the finder."""

from fairlead.finder.kinds import work_on_task
from fairlead.finder.tasks import WORK, find, forget_mentioning, forget_old, latest, start

__all__ = ["WORK", "find", "forget_mentioning", "forget_old", "latest", "start", "work_on_task"]
