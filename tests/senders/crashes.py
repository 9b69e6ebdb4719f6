"""Workers that send, killed at chosen moments, and a database killed under them."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from far_end import FarEnd

from fairlead.sandbox.places import SUBMISSION, own_address
from fairlead.sandbox.smtp.model import Envelope
from postgres import Server

PROCESS = Path(__file__).with_name("sending_process.py")
START_SECONDS = 60.0


@dataclass(eq=False)
class Worker:
    name: str
    trap: Path
    process: subprocess.Popen[bytes]

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Crew:
    """Workers in processes of their own."""

    end: FarEnd
    environment: dict[str, str]
    folder: Path
    random: Random
    campaigns: bool = False
    workers: list[Worker] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    _number: int = 0
    _armed: bool = False

    def hire(self) -> Worker:
        self._number += 1
        name = f"w{self._number}"
        trap = self.folder / f"trap-{name}"
        environment = {
            **os.environ,
            **self.environment,
            "FAIRLEAD_PUBLIC_URL": f"https://{name}.workers.example",
            "FAIRLEAD_DATABASE_CONNECTIONS": "8",
            "PYTHONPATH": os.pathsep.join(
                [str(PROCESS.parent), str(PROCESS.parent.parent), os.environ.get("PYTHONPATH", "")]
            ),
        }
        with (self.folder / "workers.log").open("ab") as log:
            command = [sys.executable, PROCESS, name, trap, *(["campaigns"] if self.campaigns else [])]
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        worker = Worker(name, trap, process)
        self.workers.append(worker)
        return worker

    def keep_up(self, wanted: int) -> None:
        """Forgets the dead, hires until there are so many, and lets the rest go."""
        self.workers = [worker for worker in self.workers if worker.alive]
        while len(self.workers) < wanted:
            self.hire()
        for worker in self.workers[wanted:]:
            worker.process.terminate()

    def watch_servers(self) -> None:
        """Puts us between the taking of a message and the reply about it."""
        net = self.end.net
        for number, _ in enumerate(net.world.own_domains):
            for port in (25, 465, 587):
                where = own_address(number, SUBMISSION), net.port_map[port]
                host = net.smtp.hosts[where]
                net.smtp.put(*where, replace(host, deliver=self._taken(host.deliver)))

    def _taken(self, deliver):
        def take(envelope: Envelope) -> object:
            if self._armed:
                name = envelope.helo.partition(".")[0]
                worker = next((one for one in self.workers if one.name == name and one.alive), None)
                if worker is not None:
                    self._armed = False
                    os.kill(worker.process.pid, signal.SIGKILL)
                    self._count("between final dot and reply")
            return deliver(envelope)

        return take

    def _count(self, what: str) -> None:
        self.kills[what] = self.kills.get(what, 0) + 1

    async def kill_one(self, number: int, patience: float) -> None:
        """A third between the two marks, a third between final dot and reply, a third at random."""
        victims = [worker for worker in self.workers if worker.alive]
        if not victims:
            return
        victim = self.random.choice(victims)
        match number % 3:
            case 0:
                victim.trap.touch()
                if not await became(lambda: not victim.alive, patience):
                    victim.trap.unlink(missing_ok=True)
                    return
                self._count("between the marks")
            case 1:
                self._armed = True
                done = await became(lambda: not self._armed, patience)
                self._armed = False
                if not done:
                    return
            case _:
                victim.kill()
                self._count("at random")

    def dismiss(self) -> None:
        for worker in self.workers:
            if worker.alive:
                worker.kill()


async def became(condition, patience: float) -> bool:
    deadline = asyncio.get_running_loop().time() + patience
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.005)
    return True


async def kill_database(server: Server) -> None:
    """kill -9 of the postmaster; starts it again when what it left behind has gone."""
    pid = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    for _ in range(200):
        await asyncio.sleep(0.1)
        try:
            await asyncio.to_thread(server.start)
        except subprocess.SubprocessError:
            continue
        return
    raise AssertionError("the database did not start again")
