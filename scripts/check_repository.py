"""Rules of the repository that no linter knows: lock files without addresses, migrations numbered without gaps."""

import re
import subprocess
import sys
from pathlib import Path

LOCK_FILES = re.compile(r"(^|/)(constraints.*\.txt|requirements.*\.txt|uv\.lock|package-lock\.json|.*\.lock)$")
ADDRESS = re.compile(r"https?://|\b(?:pypi|pythonhosted|npmjs|registry)\.[a-z]", re.IGNORECASE)
MIGRATIONS = Path("src/fairlead/db/migrations")


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S607


def findings() -> list[str]:
    found = []
    for name in tracked():
        if LOCK_FILES.search(name) and Path(name).exists():
            for number, line in enumerate(Path(name).read_text().splitlines(), 1):
                if ADDRESS.search(line):
                    found.append(f"{name}:{number}: a lock file must not name a host")
    numbers = sorted(int(path.name[:4]) for path in MIGRATIONS.glob("*.sql"))
    if numbers != list(range(1, len(numbers) + 1)):
        found.append(f"{MIGRATIONS}: numbers must run from 1 without gaps, these are {numbers}")
    return found


if __name__ == "__main__":
    problems = findings()
    print("\n".join(problems) or "The repository keeps its rules.")
    sys.exit(bool(problems))
