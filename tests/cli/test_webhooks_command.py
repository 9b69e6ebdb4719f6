"""`fairlead webhooks`, as an operator types it."""

import pytest

URL = "https://hooks.example.com/a"


class Commands:
    """`fairlead webhooks` in a workspace of its own."""

    def __init__(self, installation) -> None:
        self._installation = installation
        self._workspace = ["--workspace", installation.workspace()["workspace_id"]]

    def done(self, *arguments):
        return self._installation.done(*arguments, *self._workspace)

    def run(self, *arguments):
        return self._installation.run(*arguments, *self._workspace)


@pytest.fixture
def installation(running):
    return Commands(running)


def test_a_webhook_is_made_looked_at_and_given_a_new_secret(installation):
    made = installation.done("webhooks", "create", URL, "--event", "email_replied", "--json").json
    assert made["secret"].startswith("whsec_")
    assert made["event"] == "email_replied"
    listed = installation.done("webhooks", "list", "--json").json["webhooks"]
    assert [(hook["id"], hook["url"], hook["status"]) for hook in listed] == [(made["id"], URL, "active")]
    assert installation.done("webhooks", "secret", made["id"], "--json").json == {"secret": made["secret"]}
    fresh = installation.done("webhooks", "rotate", made["id"], "--json").json["secret"]
    assert fresh != made["secret"]
    assert installation.done("webhooks", "deactivate", made["id"], "--json").json["status"] == "deactivated"
    assert "activate it first" in installation.run("webhooks", "test", made["id"]).err
    assert installation.done("webhooks", "activate", made["id"], "--json").json["status"] == "active"
    assert "on its way" in installation.done("webhooks", "test", made["id"]).out
    assert {one["webhook"] for one in installation.done("webhooks", "log", "--json").json["deliveries"]} <= {made["id"]}
    assert installation.done("webhooks", "replay", "--failed", "--json").json == {"replayed": 0}
    assert installation.done("webhooks", "tail", "--once").out.count("\n") <= 1
    installation.done("webhooks", "delete", made["id"])
    assert installation.run("webhooks", "secret", made["id"]).code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("create", URL), 2, "Name either --event"),
        (("create", URL, "--event", "moon_landed"), 1, "event must be one of"),
        (("create", "ftp://x.example", "--event", "email_replied"), 1, "http or https"),
        (("secret", "999"), 1, "no such webhook"),
        (("show", "999"), 1, "no such delivery"),
        (("replay",), 1, "Name deliveries"),
        (("replay", "--since", "yesterday"), 2, "is not a time"),
    ],
)
def test_what_is_wrong_is_said(installation, arguments, code, said):
    result = installation.run("webhooks", *arguments)
    assert (result.code, said in result.err) == (code, True), result.err
