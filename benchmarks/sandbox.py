"""The ceilings of the sandbox internet on one core, so that one knows when it, not the house, is the bottleneck.

The server is one process and the clients are another. A rate is what was answered per second of CPU time of the
server, which is what one core can do; the rate per second on the wall is shown beside it.

    python benchmarks/sandbox.py [--scale 0.1]
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LIMITS = {"RCPT, pipelined": 60_000, "messages discarded": 15_000, "DNS answers": 30_000}
SINK = "127.64.200.1"
COMPANIES = 50
CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")
BODY = b"Subject: A question\r\nFrom: Ann <ann@brightdesk.example>\r\n\r\n" + b"Lorem ipsum dolor sit amet.\r\n" * 33
READ = 1 << 18


def serve(pipe: Any) -> None:
    """A sandbox as it always is, and one server more that takes everything and keeps nothing."""
    import uvloop

    from fairlead.sandbox.clock import MovableClock
    from fairlead.sandbox.internet import Internet
    from fairlead.sandbox.making.world import World
    from fairlead.sandbox.smtp.behavior import behavior_named
    from fairlead.sandbox.smtp.model import Known
    from fairlead.sandbox.smtp.receiving import Receiving
    from fairlead.sandbox.smtp.steps import MailHost

    class Everyone:
        def knows(self, address: str) -> Known:
            return Known.MAILBOX

    class Machine:
        monotonic = staticmethod(time.monotonic)
        sleep = staticmethod(asyncio.sleep)

    async def within() -> None:
        timer = Machine()
        wanted = ["reject_unknown:postfix"] * 5
        net = Internet(World(seed=1, companies=COMPANIES, behaviors=wanted), MovableClock(timer, speed=0), timer)
        await net.start()
        behavior = behavior_named("reject_unknown")
        host = MailHost("sink.sandbox.example", behavior, Receiving(behavior, Everyone()), lambda envelope: None)
        sink = await net.smtp.listen(SINK, 0, host)
        own, company = net.world.own_mailboxes[0], net.world.company(0)
        mailbox = net.mailboxes.mailbox(own.email)
        for _ in range(1_000):
            mailbox.append(BODY, net.clock.now())
        site = next(
            one.site for one in net.world if one.site and one.site.scheme == "http" and one.site.quirk == "none"
        )
        pipe.send(
            json.dumps(
                {
                    "sink": [SINK, sink],
                    "mx": [company.mail.hosts[0].addresses[0], net.port_map[25]],
                    "known": sorted(company.known_addresses),
                    "domain": company.domain,
                    "domains": [one.domain for one in net.world],
                    "dns": net.name_server.split(":"),
                    "web": [site.address, net.port_map[80], site.host],
                    "imap": list(net.listeners[own.imap_host, 993]),
                    "login": [own.email, own.password],
                }
            )
        )
        await asyncio.to_thread(pipe.recv)
        await net.close()

    uvloop.run(within())


@dataclass
class Server:
    pid: int
    places: dict[str, Any]

    def cpu_seconds(self) -> float:
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def measured(self, name: str, work: Callable[[], int]) -> tuple[str, float, float]:
        """Rates per second of the server's CPU time and per second on the wall."""
        cpu, wall = self.cpu_seconds(), time.perf_counter()
        count = work()
        cpu, wall = self.cpu_seconds() - cpu, time.perf_counter() - wall
        return name, count / max(cpu, 1 / TICKS), count / wall


# Clients: all that may be sent is sent, then as many lines as must come are read.


def lines(connection: socket.socket, count: int) -> bytes:
    found, said = 0, b""
    while found < count:
        piece = connection.recv(READ)
        if not piece:
            raise ConnectionError("the server hung up: " + said[-200:].decode("utf-8", "replace"))
        found += piece.count(b"\n")
        said = piece
    return said


def mail_clients(where: list[Any], count: int = CONNECTIONS) -> list[socket.socket]:
    clients = []
    for _ in range(count):
        client = socket.create_connection(tuple(where), timeout=30)
        lines(client, 1)
        client.sendall(b"HELO bench.example\r\n")
        lines(client, 1)
        clients.append(client)
    return clients


def recipients(server: Server, amount: int) -> int:
    """Known and unknown ones in turns, at a server of the world with its own directory."""
    known = server.places["known"]
    batch = 200
    names = [known[n % len(known)] if n % 2 else f"nobody{n}@{server.places['domain']}" for n in range(batch)]
    asked = "".join(f"RCPT TO:<{name}>\r\n" for name in names).encode()
    block = b"RSET\r\nMAIL FROM:<ann@brightdesk.example>\r\n" + asked
    clients = mail_clients(server.places["mx"], 4)
    rounds = max(1, amount // (batch * len(clients)))
    for _ in range(rounds):
        for client in clients:
            client.sendall(block)
        for client in clients:
            lines(client, batch + 2)
    for client in clients:
        client.close()
    return rounds * batch * len(clients)


def messages(where: list[Any], to: str, amount: int) -> int:
    """As a good client pipelines: the next envelope travels with this body."""
    envelope = f"MAIL FROM:<ann@brightdesk.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode()
    clients = mail_clients(where)
    rounds = max(1, amount // len(clients))
    for client in clients:
        client.sendall(envelope)
    for number in range(rounds):
        last = number == rounds - 1
        for client in clients:
            lines(client, 3 if number == 0 else 4)
        for client in clients:
            client.sendall(BODY + (b".\r\n" if last else b".\r\n" + envelope))
    for client in clients:
        lines(client, 1)
        client.close()
    return rounds * len(clients)


def names(server: Server, amount: int) -> int:
    """MX queries for every domain of the world, 64 in the air."""
    host, port = server.places["dns"]
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(5)
    client.connect((host, int(port)))
    questions = [
        b"".join(bytes([len(label)]) + label.encode() for label in domain.split(".")) + b"\0\0\x0f\0\1"
        for domain in server.places["domains"]
    ]
    queries = [b"\0\1\1\0\0\1\0\0\0\0\0\0" + question for question in questions]
    air = 64
    rounds = max(1, amount // air)
    for number in range(rounds):
        for n in range(air):
            client.send(queries[(number + n) % len(queries)])
        for _ in range(air):
            client.recv(4096)
    client.close()
    return rounds * air


def fetched(server: Server, amount: int) -> int:
    """A folder of a thousand messages read whole, over TLS as mail programs do."""
    context = ssl._create_unverified_context()
    with (
        socket.create_connection(tuple(server.places["imap"]), timeout=30) as plain,
        context.wrap_socket(plain) as client,
    ):
        user, password = server.places["login"]
        login = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        for command in (f"a AUTHENTICATE PLAIN {login}", "b SELECT INBOX"):
            client.sendall(command.encode() + b"\r\n")
            until(client, command[0])
        rounds = max(1, amount // 1_000)
        for _ in range(rounds):
            client.sendall(b"c UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n")
            until(client, "c")
    return rounds * 1_000


def until(client: ssl.SSLSocket, tag: str) -> None:
    tail = b""
    while f"\n{tag} OK".encode() not in tail:
        piece = client.recv(READ)
        if not piece or f"\n{tag} NO".encode() in tail:
            raise ConnectionError(tail.decode("utf-8", "replace"))
        tail = tail[-200:] + piece


def pages(server: Server, amount: int) -> int:
    """A company's home page over and over, sixteen requests in the air on each of four connections."""
    address, port, host = server.places["web"]
    clients = [socket.create_connection((address, port), timeout=30) for _ in range(4)]
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench\r\n\r\n".encode()
    batch = 16
    rounds = max(1, amount // (batch * len(clients)))
    for _ in range(rounds):
        for client in clients:
            client.sendall(request * batch)
        for client in clients:
            answers(client, batch)
    for client in clients:
        client.close()
    return rounds * batch * len(clients)


def answers(client: socket.socket, count: int) -> None:
    found, tail = 0, b""
    while found < count:
        piece = client.recv(READ)
        if not piece:
            raise ConnectionError("the web server hung up")
        found += (tail + piece).count(b"</html>") - tail.count(b"</html>")
        tail = piece[-6:]


def figures(server: Server, scale: float) -> Iterator[tuple[str, float, float]]:
    def amount(full: int) -> int:
        return int(full * scale)

    places = server.places
    yield server.measured("RCPT, pipelined", lambda: recipients(server, amount(600_000)))
    yield server.measured("messages discarded", lambda: messages(places["sink"], "anybody@x.example", amount(150_000)))
    yield server.measured("messages stored", lambda: messages(places["mx"], places["known"][0], amount(20_000)))
    yield server.measured("DNS answers", lambda: names(server, amount(400_000)))
    yield server.measured("IMAP messages fetched", lambda: fetched(server, amount(60_000)))
    yield server.measured("web pages", lambda: pages(server, amount(60_000)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    missed = []
    try:
        if not ours.poll(60):
            raise TimeoutError("the sandbox did not start")
        server = Server(process.pid or 0, json.loads(ours.recv()))
        print(f"{'':24}{'on one core':>14}{'on the wall':>14}{'limit':>10}")
        for name, of_cpu, on_wall in figures(server, options.scale):
            limit = LIMITS.get(name)
            print(f"{name:24}{of_cpu:>12,.0f}/s{on_wall:>12,.0f}/s{f'{limit:,}' if limit else '':>10}", flush=True)
            if limit is not None and of_cpu < limit:
                missed.append(name)
        ours.send("end")
        process.join(10)
    finally:
        if process.is_alive():
            process.kill()
    if missed:
        print(f"Below the limit: {', '.join(missed)}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
