"""A cache of bounded size whose entries end at a stated moment."""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class TtlCache(Generic[Key, Value]):
    """Times are seconds of one monotonic clock. The entry that was used longest ago leaves first."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        # A dict keeps its order: the front is what was used longest ago.
        self._held: dict[Key, tuple[Value, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Key, now: float) -> tuple[Value, float] | None:
        """The value and the moment until which it holds."""
        held = self._held.pop(key, None)
        if held is None or held[1] <= now:
            return None
        self._held[key] = held
        return held

    def put(self, key: Key, value: Value, until: float) -> None:
        self._held.pop(key, None)
        self._held[key] = (value, until)
        if len(self._held) > self._entries:
            del self._held[next(iter(self._held))]
