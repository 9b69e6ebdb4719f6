"""Dovecot, from the system's packages, on a folder and ports of its own."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.sandbox.authority import Authority

ADDRESS = "127.64.61.1"
USER, PASSWORD = "ann", 'pass "wörd" \\ 1'
START_SECONDS = 20.0
NOBODY = 65534
CONFIG = """
protocols = imap
listen = {address}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/certificate.pem
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={folder}/mail/%u allow_all_users=yes
}}
first_valid_uid = 1
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "Gesendete Objekte" {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    address: str
    plain_port: int  # STARTTLS
    tls_port: int
    client_tls: ssl.SSLContext


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((ADDRESS, 0))
        return sock.getsockname()[1]


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if os.getuid() != 0 or not Path(program).exists():
        if os.environ.get("CI") and os.getuid() == 0:
            pytest.fail("dovecot-imapd is not installed")
        pytest.skip("dovecot-imapd and root are needed")
    with tempfile.TemporaryDirectory(prefix="fairlead-dovecot-", ignore_cleanup_errors=True) as name:
        folder, authority = Path(name), Authority()
        folder.chmod(0o755)
        mail = folder / "mail"
        mail.mkdir()
        os.chown(mail, NOBODY, NOBODY)
        (folder / "certificate.pem").write_bytes(authority._leaf_pem("imap.dovecot.example"))
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        plain, tls = free_port(), free_port()
        config = folder / "dovecot.conf"
        config.write_text(CONFIG.format(address=ADDRESS, folder=folder, nobody=NOBODY, plain=plain, tls=tls))
        process = subprocess.Popen([program, "-F", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _wait_for(plain, process, folder / "log")
            yield Dovecot(ADDRESS, plain, tls, authority.client_context())
        finally:
            process.terminate()
            process.wait(10)
            if process.stderr:
                process.stderr.close()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((ADDRESS, port), 1).close()
            return
        except OSError:
            told = log.read_text() if log.exists() else ""
            assert process.poll() is None, (process.stderr.read() if process.stderr else b"", told)
            assert time.monotonic() < deadline, told
            time.sleep(0.05)
