"""A process of its own that uses the embedded server: told what to do by arguments, ended by the end of its input.

    python embedded_process.py serve|choose JSON

JSON is a dictionary: root, binaries, user (name or null), drop (name of the user to become, or null), home. What
it has to say, it says as one line of JSON.
"""

import json
import os
import pwd
import sys
from pathlib import Path

from fairlead.db.binaries import binaries_version
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place, choose_place
from fairlead.db.system_user import find_system_user
from fairlead.kit.refusals import CannotStart


def become(name: str) -> None:
    """Gives up all rights of root; everything that root alone may read is loaded by now."""
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def main(what: str, told: dict[str, str | None]) -> None:
    binaries_version()
    if told.get("drop"):
        become(str(told["drop"]))
    if told.get("home"):
        os.environ["HOME"] = str(told["home"])
    try:
        if what == "choose":
            chosen = choose_place(Path(told["root"]) if told.get("root") else None)
            say(root=str(chosen.root), user=chosen.user.name if chosen.user else None)
            return
        user = find_system_user(str(told["user"])) if told.get("user") else None
        place = Place(Path(str(told["root"])), user, Path(str(told["binaries"])))
        with EmbeddedServer.start(place, say=lambda line: None) as server:
            say(owner=server.owner, conninfo=server.conninfo)
            sys.stdin.read()
    except CannotStart as error:
        say(refused=str(error))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
