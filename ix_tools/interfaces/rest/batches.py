"""Batches over REST: a file in, its state, its report, and the deletion of its drafts.

POST /batches?name=members.csv      the file as the body: 202 once every row passed every rule, or 422 with all faults
GET  /batches                       the caller's newest batches
GET  /batches/{id}                  how far it is
GET  /batches/{id}/report           the rows with status, number, total and problem, as CSV
POST /batches/{id}/discard          delete the drafts of a batch that was not issued, with one approval
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ix_tools.batch.models import ENDED_BATCH, Batch, BatchRow
from ix_tools.batch.report import describe_batch, write_report
from ix_tools.batch.start import (
    Starter,
    create_repository,
    find_own_batch,
    reopen,
    start_batch,
    turn_to_deletion,
)
from ix_tools.batch.workflow import IssueBatch
from ix_tools.errors import DEFAULT_RETRY_SECONDS, InvalidArguments, Problem
from ix_tools.http_statuses import DONE, WAITING
from ix_tools.i18n.formats import format_rfc3339
from ix_tools.i18n.messages import message, verbatim
from ix_tools.interfaces.rest.endpoint import READ_METHODS, Endpoint
from ix_tools.interfaces.rest.requests import read_bytes
from ix_tools.interfaces.rest.responses import HEADERS, build_json_response
from ix_tools.operations.documents import GetDocument
from ix_tools.pipeline.approval_gate import require_scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account

PATH = "/batches"
PARAMETERS = ("name", "sheet")

Answer = Callable[[Request, CallContext, dict[str, Any]], Awaitable[Response]]


def build_routes(server_context: ServerContext) -> list[Route]:
    """Build the routes of batches."""

    def build(path: str, answer: Answer, *methods: str) -> Route:
        async def respond(request: Request) -> Response:
            account, given = extract_account(request.query_params, request.headers.get(ACCOUNT_HEADER))
            return await answer(request, await server_context.open_context(request, account), given)

        return Route(path, Endpoint(respond, partial(_list_methods, methods=methods)))

    return [
        build(PATH, partial(_start_or_list, server_context), "POST", *READ_METHODS),
        build(f"{PATH}/{{id}}", _show, *READ_METHODS),
        build(f"{PATH}/{{id}}/report", _report, *READ_METHODS),
        build(f"{PATH}/{{id}}/discard", partial(_discard, server_context), "POST"),
    ]


def _list_methods(request: Request, methods: Sequence[str]) -> Sequence[str]:
    return methods


async def _start_or_list(
    server_context: ServerContext, request: Request, context: CallContext, given: dict[str, Any]
) -> Response:
    if request.method in READ_METHODS:
        return await _list(context)
    unknown = sorted(set(given) - set(PARAMETERS))
    if unknown:
        raise InvalidArguments(
            message("{path} cannot be read with these parameters.", path="/batches"),
            problems=[Problem(unknown[0], message("unknown field"), verbatim(", ".join(PARAMETERS)))],
            next=message("correct it and ask again; the file is the body"),
        )
    await require_scope(context, IssueBatch.spec)
    content = await read_bytes(request)
    starter = Starter("rest", server_context.get_principal(request).credential)
    name = str(given.get("name") or "batch")
    found = await start_batch(context, content, name, str(given.get("sheet") or ""), starter)
    await reopen(context, found, starter.credential)
    return await _build_response(server_context, context, found.id)


async def _list(context: CallContext) -> Response:
    await require_scope(context, _READING)
    repository, account = create_repository(context), context.account.name
    found = await anyio.to_thread.run_sync(repository.list_batches, account, context.settings.principal)
    shown = [
        {"id": one.id, "file": one.name, "state": one.state, "created_at": format_rfc3339(one.created_at)}
        for one in found
    ]
    return build_json_response({"ok": True, "batches": shown})


async def _show(request: Request, context: CallContext, given: dict[str, Any]) -> Response:
    batch, rows = await _load(request, context)
    return _describe(context, batch, rows)


async def _report(request: Request, context: CallContext, given: dict[str, Any]) -> Response:
    batch, rows = await _load(request, context)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{batch.id}.report.csv"'}
    content = await anyio.to_thread.run_sync(write_report, batch, rows, context.settings.language)
    return Response(content, DONE, headers, "text/csv; charset=utf-8")


async def _discard(
    server_context: ServerContext, request: Request, context: CallContext, given: dict[str, Any]
) -> Response:
    await require_scope(context, IssueBatch.spec)
    batch, _ = await _load(request, context)
    await turn_to_deletion(context, batch.id)
    return await _build_response(server_context, context, batch.id)


async def _load(request: Request, context: CallContext) -> tuple[Batch, list[BatchRow]]:
    await require_scope(context, _READING)
    found = await find_own_batch(context, request.path_params["id"])
    return found, await anyio.to_thread.run_sync(create_repository(context).list_rows, found.id)


async def _build_response(server_context: ServerContext, context: CallContext, identifier: str) -> Response:
    repository = create_repository(context)
    batch = await anyio.to_thread.run_sync(repository.find, identifier)
    rows = await anyio.to_thread.run_sync(repository.list_rows, identifier)
    assert batch is not None
    poll = f"{server_context.address}/batches/{identifier}"
    status = DONE if batch.state in ENDED_BATCH else WAITING
    return _describe(context, batch, rows, status, {"Location": poll})


def _describe(
    context: CallContext,
    batch: Batch,
    rows: Sequence[BatchRow],
    status: int = DONE,
    headers: dict[str, str] | None = None,
) -> Response:
    shown = {"ok": True, **describe_batch(batch, rows, context.settings.language)}
    waits = {} if batch.state in ENDED_BATCH else {"Retry-After": str(DEFAULT_RETRY_SECONDS)}
    return build_json_response(shown, status, {**(headers or {}), **waits})


_READING = GetDocument.spec
"""An operation that needs the scope read."""
