"""The mail servers of Debian, each unpacked with all it needs into a folder of its own. Nothing is installed.

Debian allows one mail server on a machine, so they are unpacked beside each other: `python tests/peers/packages.py`
fetches what is missing, with apt-get and its checks of signatures. Run by `.ci/run`; the tests only look.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

# What the server's own scripts need besides; apt takes the essential packages of a system for granted.
SHELL: Final = ("dash", "coreutils", "diffutils", "findutils", "grep", "mawk", "sed", "util-linux")
WANTED: Final = {
    "postfix": ("postfix", *SHELL),
    "exim": ("exim4-daemon-light", *SHELL),
    "opensmtpd": ("opensmtpd",),
    "postgrey": ("postgrey",),
}
# Nobody reads them here, and they are most of the files.
NOT_NEEDED: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info")
FETCH_SECONDS: Final = 300


def folder() -> Path:
    """Where the servers lie unpacked: PEERS_DIR, or a folder in the user's cache."""
    named = os.environ.get("PEERS_DIR")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(cache) / "fairlead" / "peers"


def unpacked(server: str) -> Path | None:
    """The file tree of `server`, or None where it has not been fetched."""
    tree = folder() / server
    return tree if (tree / "versions").exists() else None


def versions(server: str) -> dict[str, str]:
    """Package -> version of what lies in the tree of `server`."""
    lines = (folder() / server / "versions").read_text().splitlines()
    return dict(line.split("_")[:2] for line in lines)


def unpack(server: str) -> None:
    """Fetches and unpacks `server`. Raises `CalledProcessError` where apt-get cannot."""
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=f"{server}-") as name:
        work = Path(name)
        archives = _fetched(server, work)
        tree = work / "tree"
        for archive in archives:
            subprocess.run(["dpkg", "-x", archive, tree], check=True, timeout=FETCH_SECONDS)
        for part in NOT_NEEDED:
            shutil.rmtree(tree / part, ignore_errors=True)
        (tree / "versions").write_text("".join(f"{_plain(archive.stem)}\n" for archive in archives))
        tree.chmod(0o755)
        tree.rename(home / server)


def _fetched(server: str, work: Path) -> list[Path]:
    """The packages of `server` and all that they depend on, as files."""
    archives = work / "archives"
    (archives / "partial").mkdir(parents=True)
    # apt-get is told that nothing is installed yet, so that it fetches the C library and all else as well.
    nothing = work / "status"
    nothing.touch()
    options = {
        "Dir::State::status": nothing,
        "Dir::Cache::archives": archives,
        "Debug::NoLocking": "true",  # nothing shared is written
        "APT::Sandbox::User": "root",  # or apt says that its own user cannot write here
    }
    subprocess.run(
        [
            "apt-get", "--quiet", "--quiet", "--yes", "--download-only", "--no-install-recommends",
            *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
            "install", *WANTED[server],
        ],
        check=True,
        timeout=FETCH_SECONDS,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return sorted(archives.glob("*.deb"))


def _plain(stem: str) -> str:
    """`stem` with an epoch's colon, which apt spells %3a in names of files."""
    return re.sub("%3a", ":", stem, flags=re.IGNORECASE)


if __name__ == "__main__":
    for server in WANTED:
        if unpacked(server) is None:
            unpack(server)
        print(server, versions(server)[WANTED[server][0]])
