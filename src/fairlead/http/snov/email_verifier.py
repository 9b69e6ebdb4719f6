"""Endpoints 26 and 27, 81 and 82: is this address alive. Contract sections 8 and 18."""

import json
from typing import Any

from fairlead.accounts import actions as accounts
from fairlead.http.request import Answer
from fairlead.http.snov import callbacks
from fairlead.http.snov.dialect import Ask, connects_by_itself, message
from fairlead.kit.refusals import Invalid, LimitReached
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import AddressStatus, BatchKind, BatchState, Progress, SmtpStatus, TaskResult, Verdict
from fairlead.world import World

MOST_EMAILS = 10
MOST_EMAILS_SHOWN = 100
DESCRIPTIONS = {
    Progress.COMPLETE: "Email verification is completed",
    Progress.IN_PROGRESS: "Email verification is in progress",
    Progress.NOT_VERIFIED: "Email is not verified, try to send it for verification",
}


@connects_by_itself
async def start_verification(ask: Ask) -> dict[str, Any]:
    emails = _emails(ask, most=MOST_EMAILS)
    callback = callbacks.asked_for(ask.params.text("webhook_url"), now=ask.world.clock.now())
    await _count_against_the_hour(ask, emails)
    batch = await verifier.start_verification(
        ask.world,
        ask.workspace_id,
        emails,
        kind=BatchKind.TASK,
        # The dialect shows the request again; the room itself keeps each address once.
        name=json.dumps(emails),
        when_done=callback,
    )
    if callback is not None and batch.state is BatchState.NOT_ENOUGH_CREDITS:
        async with ask.world.db.statement() as conn:
            await callbacks.call_soon(conn, callback, ask.workspace_id, batch.token)
    return {"data": {"task_hash": batch.token}, "meta": {"emails": emails, "task_hash": batch.token}}


@connects_by_itself
async def verification_result(ask: Ask) -> dict[str, Any]:
    token = ask.path.get("task_hash") or ask.params.required_text("task_hash")
    return task_body(await verifier.task_result(ask.world, ask.workspace_id, token))


def task_body(result: TaskResult) -> dict[str, Any]:
    """The answer of 27, which is also what a `webhook_url` is sent."""
    batch = result.batch
    running = batch.state is BatchState.RUNNING
    return {
        "status": "in_progress" if running else batch.state.value,
        "data": [] if running else [_verified(verdict) for verdict in result.verdicts],
        "meta": {"emails": json.loads(batch.name or "[]"), "task_hash": batch.token},
    }


async def callback_body(world: World, workspace_id: int, token: str) -> dict[str, Any]:
    return task_body(await verifier.task_result(world, workspace_id, token))


def _verified(verdict: Verdict) -> dict[str, Any]:
    result: dict[str, Any] = {
        "smtp_status": verdict.smtp_status.value,
        "is_valid_format": verdict.flags.is_valid_format,
        "is_disposable": verdict.flags.is_disposable,
        "is_webmail": verdict.flags.is_webmail,
        "is_gibberish": verdict.flags.is_gibberish,
    }
    if verdict.unknown_reason is not None:
        result["unknown_status_reason"] = verdict.unknown_reason.value
    return {"email": verdict.address, "result": result}


@connects_by_itself
async def add_emails_to_verification(ask: Ask) -> dict[str, Any] | Answer:
    emails = _emails(ask, most=MOST_EMAILS)
    await _count_against_the_hour(ask, emails)
    try:
        await verifier.start_verification(ask.world, ask.workspace_id, emails, kind=BatchKind.LEGACY)
    except LimitReached as refusal:
        return message(400, refusal.sentence)
    return {"success": True} | {email: {"sent": True} for email in emails}


@connects_by_itself
async def emails_verification_status(ask: Ask) -> dict[str, Any]:
    emails = _emails(ask, most=MOST_EMAILS_SHOWN)
    await _count_against_the_hour(ask, emails)
    async with ask.world.db.statement() as conn:
        statuses = await verifier.address_statuses(conn, ask.workspace_id, emails)
    return {"success": True} | {email: _status(email, statuses[email]) for email in emails}


def _status(email: str, status: AddressStatus) -> dict[str, Any]:
    verdict = status.verdict
    done = status.progress is Progress.COMPLETE and verdict is not None
    return {
        "status": {"identifier": status.progress.value, "description": DESCRIPTIONS[status.progress]},
        "data": _legacy(email, verdict) if done and verdict is not None else [],
    }


def _legacy(email: str, verdict: Verdict) -> dict[str, Any]:
    put_off = verdict.smtp_status is SmtpStatus.UNKNOWN and verdict.is_greylist and not verdict.settled
    return {
        "email": email,
        "isValidFormat": verdict.flags.is_valid_format,
        "isDisposable": verdict.flags.is_disposable,
        "isWebmail": verdict.flags.is_webmail,
        "isGibberish": verdict.flags.is_gibberish,
        "smtpStatus": "greylisted" if put_off else verdict.smtp_status.value,
        "isCatchall": verdict.is_catchall,
        "isGreylist": verdict.is_greylist,
        "isBannedError": verdict.is_banned_error,
        "isConnectionError": verdict.is_connection_error,
    }


def _emails(ask: Ask, *, most: int) -> list[str]:
    emails = ask.params.texts("emails")
    if not emails:
        raise Invalid("missing", "The emails field is required.", field="emails")
    if len(emails) > most:
        raise Invalid("too_many_emails", f"The emails may not have more than {most} items.", field="emails")
    return emails


async def _count_against_the_hour(ask: Ask, emails: list[str]) -> None:
    if ask.caller.account.plan.verified_emails_per_hour is None:
        return
    async with ask.world.db.transaction() as conn:
        await accounts.use_hourly(
            conn, ask.workspace_id, plan=ask.caller.account.plan, what="verifier", by=len(emails)
        )
