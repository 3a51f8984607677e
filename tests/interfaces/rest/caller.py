"""A program that calls over HTTP, and checks everything it is answered against the published description."""

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
from ix_tools.interfaces.server.app import application
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.context_pool import Desks
from ix_tools.schemas import openapi
from tests.sandboxed import Json, Office

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


class OneDesk(Desks):
    """Every caller's desk is that of the test, whose clock stands still, under the caller's name."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        super().__init__(settings)
        self.store = desk.store
        self._desk = desk

    def of(self, principal: Principal, account: str | None = None) -> Desk:
        principal.account(account)
        settings = self._desk.settings.model_copy(update={"principal": principal.name})
        return replace(self._desk, settings=settings, scopes=principal.scopes, reads_files=False)


def served(office: Office, *, needed: bool = False) -> Starlette:
    """The whole HTTP server before an office."""
    settings = office.desk.settings.model_copy(update={"calls_per_minute": 100_000})
    return application(settings, ADDRESS, needed=needed, desks=lambda given: OneDesk(given, office.desk))


@cache
def _document() -> Json:
    return openapi.document(ADDRESS)


@cache
def _validator(path: str, method: str, status: int) -> Draft202012Validator | None:
    """What the description says of an answer; every answer it does not speak of is a fault."""
    for template, methods in _document()["paths"].items():
        # What reads is described once, as a POST, and can be asked with GET just the same.
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and methods.keys() & {method, "post"}:
            answer = (methods.get(method) or methods["post"])["responses"][str(status)]
            answer = _found(answer)
            schema = next(iter(answer["content"].values()))["schema"]
            return Draft202012Validator({**schema, "components": _document()["components"]})
    return None


def _found(node: Json) -> Json:
    return _document()["components"]["responses"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node


def checked(answer: httpx2.Response) -> httpx2.Response:
    """An answer as it came; whatever every answer must be is checked."""
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
        validator = _validator(request.url.path, request.method.lower(), answer.status_code)
        if validator is not None:
            validator.validate(answer.json())
    return answer


@dataclass
class Caller:
    """One caller of the server."""

    office: Office
    client: httpx2.AsyncClient

    async def answer(self, name: str, arguments: Any = None, **more: Any) -> httpx2.Response:
        """What a POST to a tool is answered."""
        return checked(await self.client.post(f"/tools/{name}", json=arguments or {}, **more))

    async def call(self, name: str, arguments: Any = None, **more: Any) -> Json:
        """The result of a call that works; whatever a person is asked is approved at once."""
        answer = await self.answer(name, arguments, **more)
        if answer.status_code == 202:
            self.decide(answer)
            answer = await self.answer(name, arguments, **more)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        assert body["ok"] is True
        return body

    async def problem(self, status: int, code: str, name: str, arguments: Any = None, **more: Any) -> Json:
        """The problem that a call ends in."""
        answer = await self.answer(name, arguments, **more)
        body: Json = answer.json()
        assert (answer.status_code, body.get("code")) == (status, code), body
        return body

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """What a GET is answered."""
        return checked(await self.client.get(path, **more))

    def decide(self, answer: httpx2.Response, *, approve: bool = True, reason: str = "") -> None:
        """A person decides what an answer waits for."""
        approvals = self.office.desk.approvals
        found = approvals.find(answer.json()["approval"]["id"])
        approvals.decide(found.id, approve=approve, accept_differences=found.differs, reason=reason)


def token(office: Office, name: str, *scopes: Scope) -> dict[str, str]:
    """The header of a caller with a token of their own."""
    accounts = list(office.desk.settings.by_account())
    _, text = Tokens(office.desk.store).create(name, scopes or tuple(Scope), accounts, 1)
    return {"Authorization": f"Bearer {text}"}
