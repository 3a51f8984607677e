"""An HTTP client that checks every response against the published OpenAPI description."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx2
from jsonschema import Draft202012Validator
from starlette.applications import Starlette

from ix_tools.auth.principals import Principal
from ix_tools.auth.tokens import Tokens
from ix_tools.config.settings import Settings
from ix_tools.interfaces.server.app import build_application
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.schemas import openapi
from tests.harness import Harness, Json

ADDRESS = "http://ix.test"
PROBLEM = {
    "type",
    "title",
    "status",
    "detail",
    "ok",
    "code",
    "message",
    "problems",
    "sent",
    "next",
    "retryable",
}


class SingleContextPool(ContextPool):
    """A pool that gives every caller the test's context, whose clock stands still, under the caller's name."""

    def __init__(self, settings: Settings, desk: CallContext) -> None:
        super().__init__(settings)
        self.store = desk.store
        self._desk = desk

    def for_principal(self, principal: Principal, account: str | None = None) -> CallContext:
        principal.choose_account(account)
        settings = self._desk.settings.model_copy(update={"principal": principal.name})
        return replace(self._desk, settings=settings, scopes=principal.scopes, can_read_files=False)


def build_served_app(harness: Harness, *, requires_authentication: bool = False) -> Starlette:
    """Build the whole HTTP server for a harness."""
    settings = harness.context.settings.model_copy(update={"calls_per_minute": 100_000})
    return build_application(
        settings,
        ADDRESS,
        requires_authentication=requires_authentication,
        create_pool=lambda given: SingleContextPool(given, harness.context),
    )


@cache
def _load_description() -> Json:
    return openapi.build_openapi(ADDRESS)


@cache
def _find_validator(path: str, method: str, status: int) -> Draft202012Validator | None:
    """Return the validator for a described response; an undescribed response is a fault."""
    for template, methods in _load_description()["paths"].items():
        # What reads is described once, as a POST, and can be asked with GET just the same.
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and methods.keys() & {method, "post"}:
            described = (methods.get(method) or methods["post"])["responses"]
            answer = _resolve(described["default" if status in openapi.FAILURES else str(status)])
            schema = next(iter(answer["content"].values()))["schema"]
            return Draft202012Validator({**schema, "components": _load_description()["components"]})
    return None


def _resolve(node: Json) -> Json:
    return (
        _load_description()["components"]["responses"][node["$ref"].rsplit("/", 1)[-1]]
        if "$ref" in node
        else node
    )


def check_response(answer: httpx2.Response) -> httpx2.Response:
    """Check what every response must satisfy, and return it."""
    request = answer.request
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind != "application/pdf" and request.url.path.startswith("/tools/"):
        assert len(answer.text) <= 100_000
    if answer.status_code >= 400:
        assert kind == "application/problem+json"
        if request.method == "HEAD":
            return answer
        body = answer.json()
        assert body.keys() >= PROBLEM
        assert body["status"] == answer.status_code
        assert body["detail"] == body["message"]
        assert body["ok"] is False
        assert body["type"] == f"/problems#{body['code']}"
    if kind.endswith("json") and request.method in ("GET", "POST") and answer.status_code != 405:
        validator = _find_validator(request.url.path, request.method.lower(), answer.status_code)
        if validator is not None:
            validator.validate(answer.json())
    return answer


@dataclass
class Caller:
    """One caller of the server."""

    harness: Harness
    client: httpx2.AsyncClient

    async def post(self, name: str, arguments: Any = None, **more: Any) -> httpx2.Response:
        """Return the response to a POST to a tool."""
        return check_response(await self.client.post(f"/tools/{name}", json=arguments or {}, **more))

    async def call(self, name: str, arguments: Any = None, **more: Any) -> Json:
        """Return the result of a call that must succeed; a requested approval is given at once."""
        answer = await self.post(name, arguments, **more)
        if answer.status_code == 202:
            self.decide(answer)
            answer = await self.post(name, arguments, **more)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        assert body["ok"] is True
        return body

    async def call_refused(
        self, status: int, code: str, name: str, arguments: Any = None, **more: Any
    ) -> Json:
        """Return the problem of a call that must fail."""
        answer = await self.post(name, arguments, **more)
        body: Json = answer.json()
        assert (answer.status_code, body.get("code")) == (status, code), body
        return body

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """Return the response to a GET."""
        return check_response(await self.client.get(path, **more))

    def decide(self, answer: httpx2.Response, *, approve: bool = True, reason: str = "") -> None:
        """Decide the approval that a response waits for."""
        approvals = self.harness.context.approvals
        found = approvals.find(answer.json()["approval"]["id"])
        approvals.decide(found.id, approve=approve, accept_differences=found.differs, reason=reason)


def create_token_header(harness: Harness, name: str, *scopes: Scope) -> dict[str, str]:
    """Create a token and return its header."""
    accounts = list(harness.context.settings.by_account())
    _, text = Tokens(harness.context.store).create(name, scopes or tuple(Scope), accounts, 1)
    return {"Authorization": f"Bearer {text}"}
