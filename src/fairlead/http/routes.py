"""From a path to what answers it: fixed paths by one lookup, paths with parts in braces by one pattern each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Target = TypeVar("Target")

_PART = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Found(Generic[Target]):
    target: Target
    parts: dict[str, str]


@dataclass(frozen=True)
class WrongMethod:
    allowed: tuple[str, ...]


class Routes(Generic[Target]):
    """Routes are (methods, path, target). A fixed path wins over one with parts."""

    def __init__(self, routes: Iterable[tuple[Iterable[str], str, Target]]) -> None:
        self._fixed: dict[str, dict[str, Target]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Target]]] = []
        patterns: dict[str, dict[str, Target]] = {}
        for methods, path, target in routes:
            table = patterns if "{" in path else self._fixed
            by_method = table.setdefault(path, {})
            for method in methods:
                by_method.setdefault(method, target)
        for path, by_method in patterns.items():
            self._patterns.append((re.compile(_PART.sub(r"(?P<\1>[^/]+)", path)), by_method))

    def find(self, method: str, path: str) -> Found[Target] | WrongMethod | None:
        """`path` is decoded, as ASGI gives it.

        A trailing slash means the same as none, and is answered directly: a redirect would lose a POST.
        """
        bare = path.rstrip("/") or "/"
        if (fixed := self._fixed.get(bare)) is not None:
            return self._choose(fixed, method, {})
        allowed: set[str] = set()
        for pattern, by_method in self._patterns:
            if match := pattern.fullmatch(bare):
                chosen = self._choose(by_method, method, match.groupdict())
                if isinstance(chosen, Found):
                    return chosen
                allowed |= set(chosen.allowed)
        return WrongMethod(tuple(sorted(allowed))) if allowed else None

    @staticmethod
    def _choose(
        by_method: dict[str, Target], method: str, parts: dict[str, str]
    ) -> "Found[Target] | WrongMethod":
        target = by_method.get(method)
        return WrongMethod(tuple(sorted(by_method))) if target is None else Found(target, parts)
