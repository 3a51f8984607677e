"""A missing scope: an OAuth caller learns which scope to request, and its client steps up by itself."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sql
from mcp.client import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.auth.utils import (
    extract_field_from_www_auth,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
)
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp.shared.exceptions import MCPError
from pydantic import AnyUrl
from starlette.requests import Request

from ix_tools.auth.principals import OAUTH_PREFIX, get_required_scope, list_required_scopes
from ix_tools.errors import NotPermitted
from ix_tools.i18n.messages import verbatim
from ix_tools.interfaces.mcp import scope_challenge
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from ix_tools.operations.spec import Effect
from ix_tools.storage.schema import audit
from tests.harness import Harness, document_arguments, invoice
from tests.interfaces.mcp.host import ERAS, Host
from tests.interfaces.server.in_process_server import (
    ADDRESS,
    ENVELOPE,
    Served,
    build_call_headers,
    serve_in_process,
)
from tests.interfaces.server.issuer import TestIssuer, sign_claims

Json = dict[str, Any]
BACK = AnyUrl("http://127.0.0.1:1/back")
METADATA = f"{ADDRESS}/.well-known/oauth-protected-resource/mcp"


@pytest.fixture
async def trusting(harness: Harness, issuer: TestIssuer) -> AsyncIterator[Served]:
    """A server that takes the issuer's tokens."""
    async with serve_in_process(
        harness, oauth_issuer=issuer.url, oauth_keys_url=f"{issuer.url}/keys"
    ) as served:
        yield served


def token(issuer: TestIssuer, scope: str) -> str:
    return sign_claims(issuer.build_claims(f"{ADDRESS}/mcp", scope=scope, ix_accounts=["sandbox"]))


def refusals(served: Served) -> list[tuple[str, str, str]]:
    """What the audit trail says of refused calls."""
    with served.harness.context.store.reading() as connection:
        rows = connection.execute(sql.select(audit).where(audit.c.event == "call refused")).all()
    return [(row.operation, row.principal, row.outcome) for row in rows]


# --- what is said ---


@pytest.mark.parametrize("progress", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("inside", [False, True], ids=["itself", "run_operation"])
@pytest.mark.parametrize("modern", [True, False], ids=["2026-07-28", "2025-11-25"])
async def test_a_scope_that_is_missing_is_named_in_the_head_of_the_answer(
    trusting: Served, issuer: TestIssuer, modern: bool, inside: bool, progress: bool
) -> None:
    """MCP authorization, "Runtime Insufficient Scope Errors"; RFC 6750, section 3.1."""
    arguments = document_arguments(await trusting.harness.create_draft(), state="finalized")
    before = len(trusting.harness.sandbox.requests())
    name = "change_state"
    if inside:
        name, arguments = "run_operation", {"operation": name, "arguments": arguments}
    meta = {**(ENVELOPE if modern else {}), **({"progressToken": 1} if progress else {})}
    headers = build_call_headers(name, token(issuer, "read draft"))
    if not modern:
        headers["mcp-protocol-version"] = "2025-11-25"
    answer = await trusting.client.post(
        "/mcp",
        json={
            "jsonrpc": "2.0",
            "id": "seven",
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments, "_meta": meta},
        },
        headers=headers,
    )
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert extract_field_from_www_auth(answer, "error") == "insufficient_scope"
    assert extract_scope_from_www_auth(answer) == "read draft issue"
    assert extract_resource_metadata_from_www_auth(answer) == METADATA
    said = extract_field_from_www_auth(answer, "error_description")
    error = answer.json()["error"]
    assert answer.json()["id"] == "seven"
    assert said == error["message"] == error["data"]["message"]
    assert (error["data"]["code"], error["data"]["scope"]) == ("scope_missing", "issue")
    assert error["data"]["sent"] == "nothing"
    assert refusals(trusting) == [("change_state", f"{OAUTH_PREFIX}ana", "scope issue is missing")]
    assert len(trusting.harness.sandbox.requests()) == before


async def test_a_resource_is_refused_in_the_same_way(trusting: Served, issuer: TestIssuer) -> None:
    answer = await trusting.client.post(
        "/mcp",
        json={
            "jsonrpc": "2.0",
            "id": 1,
            "method": "resources/read",
            "params": {"uri": "ix://documents/1001/pdf", "_meta": ENVELOPE},
        },
        headers={
            **build_call_headers("ix://documents/1001/pdf", token(issuer, "draft")),
            "mcp-method": "resources/read",
        },
    )
    assert answer.status_code == 403
    assert extract_scope_from_www_auth(answer) == "read draft"


async def test_whoever_cannot_step_up_is_told_in_a_way_that_a_model_reads(
    trusting: Served, mode: str
) -> None:
    arguments = document_arguments(await trusting.harness.create_draft(), state="finalized")
    async with trusting.host(trusting.create_token("n8n", [Scope.READ]), mode) as host:
        refusal = await host.call_refused("change_state", **arguments)
    assert (refusal["code"], refusal["scope"]) == ("scope_missing", "issue")
    assert refusals(trusting) == [("change_state", "n8n", "scope issue is missing")]


async def test_a_token_that_reaches_is_answered_as_ever(trusting: Served, issuer: TestIssuer) -> None:
    good = token(issuer, "read")
    answer = await trusting.call("list_taxes", {}, good)
    assert (answer.status_code, answer.json()["result"]["structuredContent"]["ok"]) == (200, True)
    answer = await trusting.call("get_document", {"document_type": "invoices", "document_id": 1}, good)
    assert (answer.status_code, answer.json()["result"]["isError"]) == (200, True)


async def test_an_errand_whose_last_step_is_out_of_reach_does_not_begin(
    trusting: Served, issuer: TestIssuer
) -> None:
    """Otherwise the invoice would be issued, and nobody could send it."""
    errand = {**invoice(), "email": "contas@acme.example.pt"}
    answer = await trusting.call("issue_invoice", errand, token(issuer, "read draft issue"))
    assert answer.status_code == 403
    assert extract_scope_from_www_auth(answer) == "read draft issue email"
    assert refusals(trusting) == [("send_email", f"{OAUTH_PREFIX}ana", "scope email is missing")]
    assert trusting.harness.sandbox.requests() == []
    without = await trusting.call("issue_invoice", invoice(), token(issuer, "read draft issue"))
    assert without.json()["result"]["structuredContent"]["status"] == "approval_required"


@pytest.mark.parametrize(("sent", "noted"), [("nothing", True), ("stored", False), ("unknown", False)])
def test_what_was_sent_before_a_scope_was_missing_is_told_and_not_repeated_unread(
    sent: Any, noted: bool
) -> None:
    request = Request({"type": "http"})
    scope_challenge.remember_missing_scope(
        request, NotPermitted(verbatim("No."), code="scope_missing", sent=sent)
    )
    assert hasattr(request.state, "scope_missing") is noted


@pytest.mark.parametrize(
    ("changes", "scope"),
    [
        ({}, "read draft issue email"),
        ({"read_only": True}, "read"),
        ({"toolsets": ("payments",)}, "pay"),
        ({"toolsets": ("all",)}, "read draft issue email pay admin"),
    ],
)
async def test_a_client_without_a_token_hears_which_scopes_the_listed_tools_need(
    harness: Harness, issuer: TestIssuer, changes: Json, scope: str
) -> None:
    settings = {"oauth_issuer": issuer.url, "oauth_keys_url": f"{issuer.url}/keys", **changes}
    async with serve_in_process(harness, **settings) as served:
        refused = await served.client.post("/mcp", json={})
    assert refused.status_code == 401
    assert extract_scope_from_www_auth(refused) == scope
    assert extract_resource_metadata_from_www_auth(refused) == METADATA


def test_the_steps_of_a_workflow_need_only_the_scopes_that_it_names() -> None:
    """Read from the source: every operation that a workflow runs is within its scopes."""
    workflows = [one for one in catalogue().values() if ".workflows." in one.__module__]
    assert workflows
    assert all(one in workflows for one in catalogue().values() if one.spec.step_scopes)
    for one in workflows:
        source = inspect.getsource(sys.modules[one.__module__])
        steps = re.findall(r'(?:run_operation|iterate_rows)\((?:context,)?\s*"(\w+)"', source)
        steps += one.model_validate(one.spec.example).list_required_operations()
        assert steps or one.spec.effect is Effect.LOCAL, one.spec.name
        assert {get_required_scope(catalogue()[step].spec) for step in steps} <= list_required_scopes(
            one.spec
        ), one.spec.name


# --- a client that steps up ---


@dataclass
class Authority(httpx2.AsyncBaseTransport):
    """The authorization server's other half, and the way to the server of ours: it gives whatever is asked for, and remembers."""

    issuer: TestIssuer
    beyond: httpx2.AsyncBaseTransport
    asked: list[str] = field(default_factory=list)
    state: str = ""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not str(request.url).startswith(self.issuer.url):
            return await self.beyond.handle_async_request(request)
        if request.url.path == "/token":
            access = token(self.issuer, self.asked[-1])
            given = {"access_token": access, "token_type": "Bearer", "scope": self.asked[-1]}
            return httpx2.Response(200, json=given, request=request)
        described = {
            "issuer": self.issuer.url,
            "authorization_endpoint": f"{self.issuer.url}/authorize",
            "token_endpoint": f"{self.issuer.url}/token",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
        return httpx2.Response(200, json=described, request=request)

    async def sent_to(self, url: str) -> None:
        """A person is sent to the page on which they allow it."""
        query = parse_qs(urlsplit(url).query)
        self.asked.append(query["scope"][0])
        self.state = query["state"][0]

    async def came_back(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code="code", state=self.state)


class Kept:
    """What a client keeps."""

    def __init__(self, tokens: OAuthToken | None, issuer: str) -> None:
        self.tokens = tokens
        self.info = OAuthClientInformationFull(client_id="tests", redirect_uris=[BACK], issuer=issuer)

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.info

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.info = client_info


async def test_the_sdks_client_steps_up_and_the_call_goes_on(
    trusting: Served, issuer: TestIssuer, mode: str
) -> None:
    """A token that reads; the call then waits for a person, as every call with the scope does."""
    arguments = document_arguments(await trusting.harness.create_draft(), state="finalized")
    authority = Authority(issuer, httpx2.ASGITransport(trusting.app))
    kept = Kept(OAuthToken(access_token=token(issuer, "read"), token_type="Bearer", scope="read"), issuer.url)
    provider = OAuthClientProvider(
        f"{ADDRESS}/mcp",
        OAuthClientMetadata(redirect_uris=[BACK]),
        kept,
        authority.sent_to,
        authority.came_back,
    )
    async with httpx2.AsyncClient(transport=authority, auth=provider) as http:
        wire: Any = streamable_http_client(f"{ADDRESS}/mcp", http_client=http)
        async with Client(wire, mode=mode) as client:
            assert client.protocol_version == ERAS[mode]
            host = Host(client, None)
            assert (await host.call("list_taxes"))["taxes"]
            assert authority.asked == []
            waits = (
                await host.call_unchecked("run_operation", operation="change_state", arguments=arguments)
            ).structured_content
    assert authority.asked == ["read issue"]
    assert waits is not None
    assert waits["status"] == "approval_required"
    assert refusals(trusting) == [("change_state", f"{OAUTH_PREFIX}ana", "scope issue is missing")]


async def test_a_client_that_does_not_step_up_still_hears_why(
    trusting: Served, issuer: TestIssuer, mode: str
) -> None:
    async with trusting.host(token(issuer, "read"), mode) as host:
        with pytest.raises(MCPError, match="change_state needs the scope issue") as refused:
            await host.client.call_tool(
                "change_state", document_arguments({"id": 1, "document_type": "invoices"})
            )
    assert refused.value.error.data["scope"] == "issue"
