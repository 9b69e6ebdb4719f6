"""Archives of real captures, which are no part of the repository: their pages belong to their authors."""

import hashlib
import json
import os
from pathlib import Path

import pytest

ANSWERS = Path(__file__).with_name("archive_answers.json")
"""By hand, from a slow full parse with another library and by reading: pages, and SHA-256 of each address."""


def folder() -> Path:
    """Where they lie. Skips the test where they do not, and fails it in CI."""
    named = os.environ.get("FAIRLEAD_SHARED")
    root = Path(__file__).parents[2]
    for place in [Path(named)] if named else [root.parent / "shared", root.parent.parent / "shared"]:
        if (place / "data" / "archives").is_dir():
            return place / "data" / "archives"
    if os.environ.get("CI") == "true":
        pytest.fail("The archives are missing: FAIRLEAD_SHARED names the folder that has data/archives.")
    pytest.skip("The archives of real captures are not here; FAIRLEAD_SHARED names the folder that has data/archives.")


def answers() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(ANSWERS.read_text())
    return found


def hashed(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
