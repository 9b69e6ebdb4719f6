"""A small OAuth server: codes for tokens, refresh tokens for access tokens, and consents that are taken back."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

ADDRESS = "127.64.60.1"


@dataclass
class ConsentServer:
    """`access` is the access token it gives; `rotates` whether each answer holds another refresh token."""

    url: str = ""
    access: Callable[[], str] = lambda: "access"
    lives: Any = 3600
    rotates: bool = False
    answers: list[tuple[int, bytes]] = field(default_factory=list)  # said in place of its own, one for each request
    codes: dict[str, str] = field(default_factory=dict)  # code -> challenge it was asked for with
    valid: set[str] = field(default_factory=set)  # refresh tokens
    asked: list[dict[str, str]] = field(default_factory=list)
    given: int = 0

    def reset(self) -> None:
        self.lives, self.rotates = 3600, False
        for held in (self.answers, self.codes, self.valid, self.asked):
            held.clear()

    def consent(self, authorize_url: str) -> str:
        """What a browser comes back with when a person says yes: the query of the redirect."""
        words = {name: values[0] for name, values in parse_qs(authorize_url.partition("?")[2]).items()}
        assert words["response_type"] == "code"
        assert words["code_challenge_method"] == "S256"
        code = f"code{len(self.codes)}"
        self.codes[code] = words["code_challenge"]
        return f"{words['redirect_uri']}/?state={words['state']}&code={code}"

    def answer(self, words: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(words)
        if self.answers:
            return self.answers.pop(0)
        if words.get("client_id") != "our-app" or words.get("client_secret") != "app-secret":
            return 401, json.dumps({"error": "invalid_client"}).encode()
        if words["grant_type"] == "authorization_code":
            challenge = self.codes.pop(words["code"], None)
            digest = base64.urlsafe_b64encode(hashlib.sha256(words["code_verifier"].encode()).digest())
            if challenge != digest.rstrip(b"=").decode():
                return 400, json.dumps({"error": "invalid_grant"}).encode()
            return self._tokens(refreshed=True)
        if words["refresh_token"] not in self.valid:
            told = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            return 400, json.dumps(told).encode()
        if self.rotates:
            self.valid.discard(words["refresh_token"])
        return self._tokens(refreshed=self.rotates)

    def _tokens(self, *, refreshed: bool) -> tuple[int, bytes]:
        tokens = {"access_token": self.access(), "token_type": "Bearer", "expires_in": self.lives}
        if refreshed:
            self.given += 1
            self.valid.add(f"refresh{self.given}")
            tokens["refresh_token"] = f"refresh{self.given}"
        return 200, json.dumps(tokens).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length"))
        words = parse_qs((await reader.readexactly(length)).decode())
        status, body = self.answer({name: values[0] for name, values in words.items()})
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (status, len(body), body)
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def opened_consent_server() -> AsyncIterator[ConsentServer]:
    consent = ConsentServer()
    server = await asyncio.start_server(consent.serve, ADDRESS, 0)
    consent.url = f"http://{ADDRESS}:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield consent
