"""`--resume`: tests that passed before on exactly this code are not run again. For `make bars`, which takes long."""

import hashlib
from pathlib import Path

import pytest

FOLDER = Path(".bars")


def fingerprint(root: Path) -> str:
    """Of everything the outcome of a test depends on in this repository."""
    digest = hashlib.sha256()
    names = [root / "pyproject.toml", root / "constraints.txt"]
    for folder in ("src", "tests"):
        names += [path for path in (root / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for path in sorted(names):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


class Resuming:
    def __init__(self, root: Path) -> None:
        self._file = root / FOLDER / fingerprint(root)
        self._passed = set(self._file.read_text().splitlines()) if self._file.exists() else set()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        again = [item for item in items if item.nodeid not in self._passed]
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in self._passed])
        items[:] = again

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._file.parent.mkdir(exist_ok=True)
            with self._file.open("a") as file:
                file.write(report.nodeid + "\n")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        # Nothing left to run is the best outcome, not the lack of tests.
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._passed:
            session.exitstatus = pytest.ExitCode.OK


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--resume", action="store_true", help="skip what passed before on exactly this code")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--resume"):
        config.pluginmanager.register(Resuming(config.rootpath))
