"""A mail server in a file tree of its own: started behind chroot, stopped to the last process, gone afterwards.

The servers have paths and users compiled into them (spool, control socket, helper programs). Behind chroot these are
paths of a temporary folder and users of its own `/etc/passwd`, and nothing of the machine is touched. It takes root.
"""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.02
# Written by the server or by us; everything else is shared with the cache by hard links and only read.
OWN: Final = ("etc", "var")
# Ids that no package and no person of the machine has.
FIRST_SERVICE_ID: Final = 64_100
FIRST_USER_ID: Final = 64_200
# Of the package base-passwd, those which the servers ask for.
SYSTEM_USERS: Final = {"root": 0, "daemon": 1, "mail": 8, "uucp": 10, "nobody": 65534}
SYSTEM_GROUPS: Final = {"adm": 4, "nogroup": 65534}
DEVICES: Final = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}


@dataclass
class Tree:
    """`services` are users of the server's own, `mailboxes` people with an account on it."""

    root: Path
    services: dict[str, int] = field(default_factory=dict)
    mailboxes: dict[str, int] = field(default_factory=dict)
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def copied(
        cls, unpacked: Path, root: Path, *, services: tuple[str, ...], users: tuple[str, ...]
    ) -> Iterator["Tree"]:
        """A tree in the new folder `root` until the block ends; then all its processes end, and it is removed."""
        tree = cls(
            root,
            {name: FIRST_SERVICE_ID + at for at, name in enumerate(services)},
            {name: FIRST_USER_ID + at for at, name in enumerate(users)},
        )
        try:
            _copy(unpacked, root)
            tree._furnish()
            yield tree
        finally:
            tree.stop()
            shutil.rmtree(root, ignore_errors=True)

    def write(self, path: str, text: str, *, mode: int = 0o644) -> None:
        """`path` begins at the root of the tree, as all paths here."""
        target = self._at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Never through a hard link: the file behind it is the cache's.
        target.unlink(missing_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def read(self, path: str) -> str:
        try:
            return self._at(path).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def folder(self, path: str, *, owner: str = "root", group: str | None = None, mode: int = 0o755) -> None:
        target = self._at(path)
        target.mkdir(parents=True, exist_ok=True)
        ids = {"root": 0, **self.services}
        os.chown(target, ids[owner], ids[group or owner])
        target.chmod(mode)

    def run(self, *command: str) -> None:
        """Runs a program of the tree to its end. Raises `RuntimeError` with what it said when it failed."""
        done = subprocess.run(
            self._inside(*command),
            timeout=START_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command!r} ended with {done.returncode}: {done.stdout[-2000:]!r}")

    def start(self, *command: str, user: str | None = None) -> None:
        """Starts a program that stays in the foreground; its words go to `/var/log/NAME.said`."""
        said = self._at(f"/var/log/{Path(command[0]).name}.said")
        with said.open("ab") as output:
            self._running.append(
                subprocess.Popen(
                    self._inside(*command, user=user),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    env=_environment(),
                )
            )

    def check_running(self) -> None:
        """Raises `RuntimeError` with the last words of a program that has ended."""
        for process in self._running:
            if process.poll() is not None:
                said = "\n".join(path.read_text(errors="replace") for path in self._at("/var/log").glob("*.said"))
                raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {said[-2000:]}")

    def processes(self) -> list[int]:
        """The ids of all processes whose root is this tree or a folder in it."""
        for process in self._running:
            process.poll()  # or it stays, as a zombie
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):  # it ended meanwhile; a zombie has no root
                    if (entry / "root").readlink().is_relative_to(self.root):
                        found.append(int(entry.name))
        return found

    def stop(self) -> None:
        """Ends every process whose root is this tree: first with a request, then without asking."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + STOP_SECONDS
            # Asked each time anew: while some end, others may still start their helpers.
            while (running := self.processes()) and time.monotonic() < deadline:
                for pid in running:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, sign)
                time.sleep(POLL_SECONDS)
        self._running.clear()

    def _furnish(self) -> None:
        """Devices, users and names: what a system has before a package is installed."""
        self._at("/dev").mkdir(exist_ok=True)
        for name, (major, minor) in DEVICES.items():
            device = self._at(f"/dev/{name}")
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(major, minor))
            device.chmod(0o666)
        for path in ("/tmp", "/var/tmp", "/var/mail"):
            self.folder(path, mode=0o1777)
        for path in ("/var/log", "/run"):
            self.folder(path)
        run = self._at("/var/run")
        if not run.is_symlink():
            shutil.rmtree(run, ignore_errors=True)
            run.symlink_to("/run")
        ids = {**SYSTEM_USERS, **self.services, **self.mailboxes}
        users = [f"{name}:x:{number}:{number}::/home/{name}:/bin/sh\n" for name, number in ids.items()]
        groups = [f"{name}:x:{number}:\n" for name, number in {**ids, **SYSTEM_GROUPS}.items()]
        self.write("/etc/passwd", "".join(users))
        self.write("/etc/group", "".join(groups))
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        # As Debian writes it; without the name of the machine the servers would ask a name server for it.
        self.write("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 machine.example {socket.gethostname()}\n")

    def _inside(self, *command: str, user: str | None = None) -> list[str]:
        ids = [] if user is None else [f"--userspec={self.services[user]}:{self.services[user]}", "--groups="]
        return ["chroot", *ids, str(self.root), *command]

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")


def _copy(unpacked: Path, root: Path) -> None:
    for part in unpacked.iterdir():
        if part.is_symlink():
            (root / part.name).symlink_to(part.readlink())
        elif part.is_dir():
            copy = shutil.copy2 if part.name in OWN else _link
            shutil.copytree(part, root / part.name, symlinks=True, copy_function=copy)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or links to others' files are not allowed
        shutil.copy2(source, target)


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
