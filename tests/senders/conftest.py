"""Own mail servers for tests of senders."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from consent_server import opened_consent_server
from post import Post, opened_post
from yard import Yard, opened_yard

from postgres import Server, run_on


@pytest.fixture
async def yard(tmp_path) -> AsyncIterator[Yard]:
    async with opened_yard(tmp_path) as yard:
        yield yard


@pytest.fixture(scope="session")
async def shared_post(server: Server, template: str) -> AsyncIterator[Post]:
    name = f"post_{uuid4().hex}"
    await run_on(server, f"create database {name} template {template}")
    with tempfile.TemporaryDirectory(prefix="fairlead-post-") as folder:
        async with opened_yard(Path(folder)) as yard, opened_consent_server() as consent:
            apps = {
                f"{provider}_{name}": value
                for provider in ("google", "microsoft")
                for name, value in (
                    ("client_id", "our-app"), ("client_secret", "app-secret"),
                    ("authorize_url", f"{consent.url}/authorize"), ("token_url", f"{consent.url}/token"),
                )
            }  # fmt: skip
            async with opened_post(yard, server.conninfo(name), Path(folder), **apps) as post:
                post.consent = consent
                yield post
    await run_on(server, f"drop database {name} with (force)")


@pytest.fixture
async def post(shared_post: Post) -> AsyncIterator[Post]:
    """A house whose mailboxes live in a yard, its front door open; shared, with servers that are as they were."""
    hosts = dict(shared_post.yard.net.smtp.hosts)
    yield shared_post
    shared_post.consent.reset()
    shared_post.yard.net.smtp.hosts.clear()
    shared_post.yard.net.smtp.hosts.update(hosts)
