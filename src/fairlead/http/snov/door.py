"""The way in for the Snov.io dialect: route, parameters, caller, answer, and every error in its envelope."""

from dataclasses import replace
from typing import Any

from fairlead.http import params as parameters
from fairlead.http.faults import Away, fault_kind, log_fault
from fairlead.http.request import (
    Answer,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    Receive,
    Request,
    Scope,
    Send,
    client_address,
    read_body,
    send_answer,
)
from fairlead.http.routes import Found, Routes, WrongMethod
from fairlead.http.snov import authentication, refusals
from fairlead.http.snov.dialect import Ask, is_given_a_connection, routing
from fairlead.http.snov.endpoints import ENDPOINTS, Answerer, Token
from fairlead.kit.public_ids import PublicIds
from fairlead.kit.refusals import Refusal
from fairlead.world import World

UNAUTHORIZED = routing(401, "Unauthorized")
UNKNOWN = routing(404, refusals.NOT_FOUND)
WRONG_METHOD = "Method not allowed"
TOO_LARGE = routing(413, "The request body is too large")
TOO_SLOW = Answer(408, routing(408, "The request body came too slowly").body, ((b"connection", b"close"),))
SERVER_FAULT = routing(500, "Something went wrong on the server")
AWAY = Answer(503, routing(503, "The database is away; try again").body, ((b"retry-after", b"1"),))


class SnovDoor:
    def __init__(self, world: World) -> None:
        self._world = world
        self._prospect_ids = PublicIds(world.installation, "prospect")
        self._routes: Routes[Answerer] = Routes(
            (endpoint.methods, endpoint.path, endpoint.handler)
            for endpoint in ENDPOINTS
            if endpoint.handler is not None
        )

    def knows(self, path: str) -> bool:
        return path.startswith(("/v1/", "/v2/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answers, and gives the status answered. Raises `ClientGone`."""
        answer = await self._answer(scope, receive)
        await send_answer(send, answer)
        return answer.status

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        match self._routes.find(scope["method"], scope["path"]):
            case Found(target, parts):
                try:
                    return await self._ask(target, parts, scope, receive)
                except Refusal as refusal:
                    return refusals.answer(refusal)
                except BodyTooLarge:
                    return TOO_LARGE
                except BodyTooSlow:
                    return TOO_SLOW
                except ClientGone:
                    raise
                except Exception as error:
                    log_fault(error, scope["method"], scope["path"])
                    return AWAY if fault_kind(error) is Away else SERVER_FAULT
            case WrongMethod(allowed):
                refused = routing(405, WRONG_METHOD)
                return Answer(405, refused.body, ((b"allow", ", ".join(allowed).encode()),))
            case None:
                return UNKNOWN

    async def _ask(self, target: Answerer, parts: dict[str, str], scope: Scope, receive: Receive) -> Answer:
        settings = self._world.settings
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"],
            headers=dict(scope["headers"]),
            body=await read_body(scope, receive, settings.max_body_bytes),
            address=client_address(scope, settings.trusted_proxies),
        )
        if isinstance(target, Token):
            return await authentication.access_token(self._world, request, self._params(request))
        token = authentication.header_token(request)
        # A token in the header is looked at first, so that a request that cannot be read is counted too.
        params = None if token is not None else self._params(request)
        if params is not None and (token := params.take(parameters.TOKEN)) is None:
            return UNAUTHORIZED
        async with self._world.db.statement() as conn:
            caller = await authentication.caller(self._world, conn, token)
            if caller is None:
                return UNAUTHORIZED
            if params is None:
                params = self._params(request)
                params.take(parameters.TOKEN)
            ask = Ask(self._world, conn, caller, params, parts, self._prospect_ids)
            if is_given_a_connection(target):
                return _whole(await target(ask))
        return _whole(await target(replace(ask, connection=None)))

    def _params(self, request: Request) -> parameters.Params:
        return parameters.read(request, most=self._world.settings.max_parameters)


def _whole(answer: Any) -> Answer:
    return answer if isinstance(answer, Answer) else Answer(200, answer)
