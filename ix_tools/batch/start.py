"""Start of a batch: a file that passed every rule becomes a stored batch, once for each file and account."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio

from ix_tools.batch.documents import BatchDocument, DocumentTable, parse_documents, show_cells
from ix_tools.batch.faults import Fault
from ix_tools.batch.files import digest_file, read_table
from ix_tools.batch.judgement import Judged, Progress, judge
from ix_tools.batch.models import Batch, BatchRow
from ix_tools.batch.repository import BatchRepository
from ix_tools.domain.batch_states import RowState
from ix_tools.errors import IxError, NotPermitted
from ix_tools.i18n.messages import message
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.pipeline.context import CallContext
from ix_tools.text.sanitize import sanitize_line

MAX_NAME = 200
"""Characters of a file's name that are stored."""
LEFT_AS_DRAFT = frozenset({"drafted", "held", "left_out"})
"""States of a document whose draft may still exist."""


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts a batch, and how."""

    face: str = "library"
    credential: str = "local"
    """The credential of the requester, which a server checks again before it carries the batch on; see `ParkedDraft`."""


def create_repository(context: CallContext) -> BatchRepository:
    """Return the batches of the context's store."""
    return BatchRepository(context.store, is_owner_running)


async def start_batch(
    context: CallContext,
    content: bytes,
    name: str,
    sheet: str = "",
    starter: Starter = Starter(),
    progress: Progress | None = None,
) -> Batch:
    """Return the batch of a file: the existing one, or a new one if every row passes every rule.

    Raises:
        InvalidArguments: The file cannot be read, or rows are refused; nothing was written.
        NotPermitted: Another caller of the account began it.
    """
    digest, repository = digest_file(content + sheet.encode()), create_repository(context)
    await anyio.to_thread.run_sync(repository.forget)
    found = await anyio.to_thread.run_sync(repository.find_by_file, context.account.name, digest)
    if found is None:
        table = await anyio.to_thread.run_sync(lambda: parse_documents(read_table(content, name, sheet)))
        rows, faults = await anyio.to_thread.run_sync(_find_keys, context, repository, table, digest)
        fresh = [one for one in table.documents if one.row in rows and rows[one.row].state == "new"]
        passed = await judge(context, fresh, starter.face, progress, [*table.faults, *faults])
        judged = {one.document.row: one for one in passed}
        await anyio.to_thread.run_sync(
            _store, context, repository, table, (name, digest, starter), rows, judged
        )
        found = await anyio.to_thread.run_sync(repository.find_by_file, context.account.name, digest)
        assert found is not None
    if found.principal != context.settings.principal:
        raise NotPermitted(
            message("Another caller began the batch of this file: {id}.", id=found.id),
            code="batch_of_another",
            next=message("let them carry it on, or ask them for its report"),
        )
    return found


async def find_own_batch(context: CallContext, identifier: str) -> Batch:
    """Return a batch of this caller.

    Raises:
        IxError: There is none with that id.
    """
    found = await anyio.to_thread.run_sync(create_repository(context).find, identifier.upper())
    own = (context.account.name, context.settings.principal)
    if found is None or (found.account, found.principal) != own:
        raise IxError(
            message("No batch of this caller has the id {id}.", id=identifier),
            code="batch_unknown",
            next=message("list them with `ix-tools batch list`, or GET /batches"),
        )
    return found


async def reopen(context: CallContext, batch: Batch, credential: str) -> None:
    """Reopen a batch that was rejected, expired or stopped: a person is asked again, about its drafts as they are then.

    It goes on with the credential of whoever reopens it: it may have stopped because the earlier one ended.
    """
    if batch.state in {"rejected", "expired", "stopped"}:
        asker = {"credential": credential, "scopes": sorted(map(str, context.scopes))}
        values = {"state": "drafting", "reason": None, "retry_at": 0.0, "attempts": 0, **asker}
        repository = create_repository(context)
        await anyio.to_thread.run_sync(partial(repository.update, batch.id, **values))


async def turn_to_deletion(context: CallContext, identifier: str) -> None:
    """Start the deletion of the drafts of a batch, with one approval; do nothing if it has started.

    Raises:
        IxError: It is being issued, or has no draft.
    """
    repository = create_repository(context)
    batch = await find_own_batch(context, identifier)
    rows = await anyio.to_thread.run_sync(repository.list_rows, identifier)
    if batch.purpose == "delete":
        return
    has_drafts = any(map(is_left_as_draft, rows))
    goes_on = batch.state in {"drafting", "asking", "working"} or (
        batch.state == "asked" and not await anyio.to_thread.run_sync(_has_ended, context, batch.approval)
    )
    if goes_on or not has_drafts:
        raise IxError(
            message("The batch {id} goes on, or has no draft that could be deleted.", id=identifier),
            code="refused",
            next=message("reject its approval first; documents that are issued are cancelled one by one"),
        )
    values = {"purpose": "delete", "state": "asking", "reason": None, "finished_at": None}
    await anyio.to_thread.run_sync(partial(repository.update, identifier, **values))


def is_left_as_draft(row: BatchRow) -> bool:
    """Tell whether the draft of a document may still exist."""
    return row.document is not None and not row.number and row.state in LEFT_AS_DRAFT


def _has_ended(context: CallContext, approval: str) -> bool:
    found = context.approvals.find(approval)
    is_over = found.state == "pending" and found.expires_at <= context.approvals.clock()
    return is_over or found.state in {"rejected", "expired", "stale"}


# --- keys ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Key:
    """The idempotency key of a document, and what an earlier run made of it."""

    key: str
    state: RowState = "new"
    document: int | None = None
    number: str = ""
    total: str = ""


def _find_keys(
    context: CallContext, repository: BatchRepository, table: DocumentTable, digest: str
) -> tuple[dict[int, _Key], list[Fault]]:
    """Return the keys of documents by row, and the rows that have none.

    An unchanged row of a report has the report's key, any other a new one. A fault is a row that was changed although its document
    exists, or whose batch goes on or is another caller's.
    """
    found: dict[int, _Key] = {}
    faults: list[Fault] = []
    for document in table.documents:
        new, earlier = _Key(f"batch:{digest}:{document.row}"), document.earlier
        batch, known = (
            repository.find_earlier(context.account.name, earlier.key)
            if earlier is not None and earlier.key
            else (None, None)
        )
        if earlier is None or batch is None or known is None:
            found[document.row] = new
        elif batch.principal != context.settings.principal:
            # Keys are the caller's own: what became of a lost request of another one would not be found under them.
            faults.append(_build_foreign_fault(document.row))
        elif batch.state in {"drafting", "asking", "asked", "working"}:
            faults.append(_build_running_fault(document.row, batch.id))
        elif known.content == document.content_digest == earlier.content:
            found[document.row] = _resume(known, new)
        elif known.document is not None and known.state != "deleted":
            faults.append(_build_changed_fault(document.row, known))
        else:
            found[document.row] = new
    return found, faults


def _resume(known: BatchRow, new: _Key) -> _Key:
    if known.state in {"done", "issued", "skipped"}:
        return _Key(known.key, "skipped", known.document, known.number, known.total)
    if known.state in {"failed", "deleted"}:
        return new
    state: RowState = "new" if known.document is None else "drafted"
    return _Key(known.key, state, known.document, known.number, known.total)


def _build_foreign_fault(row: int) -> Fault:
    return Fault(
        str(row),
        message("belongs to a batch that another caller began"),
        message("let them run the report"),
    )


def _build_running_fault(row: int, batch: str) -> Fault:
    return Fault(
        str(row),
        message("belongs to the batch {id}, which goes on", id=batch),
        message("the report of a batch that has ended or stopped"),
    )


def _build_changed_fault(row: int, known: BatchRow) -> Fault:
    return Fault(
        str(row),
        message("was changed, and its document {id} exists", id=known.number or known.document),
        message(
            "the row as it was; or delete the document, then clear the columns of the report in this row"
        ),
    )


# --- storing -------------------------------------------------------------------------------------------


def _store(
    context: CallContext,
    repository: BatchRepository,
    table: DocumentTable,
    file: tuple[str, str, Starter],
    keys: Mapping[int, _Key],
    judged: Mapping[int, Judged],
) -> None:
    name, digest, starter = file
    identifier = "".join(secrets.choice("ABCDEFGHJKMNPQRSTUVWXYZ23456789") for _ in range(10))
    headings = [cell.show() for cell in table.table.rows[0].cells[: table.source_width]]
    batch = {
        "id": identifier,
        "account": context.account.name,
        "account_label": context.account_label,
        "principal": context.settings.principal,
        "credential": starter.credential,
        "scopes": sorted(map(str, context.scopes)),
        "face": starter.face,
        "name": sanitize_line(name)[-MAX_NAME:],
        "digest": digest,
        "headings": json.dumps(
            {"format": table.table.format, "separator": table.table.separator, "names": headings},
            ensure_ascii=False,
        ),
        "purpose": "issue",
        "state": "drafting",
        "round": 0,
        "approval": "",
        "valid_until": 0.0,
        "owner": "",
        "lease_until": 0.0,
        "retry_at": 0.0,
        "attempts": 0,
    }
    rows = [
        _build_row(identifier, place, document, keys[document.row], judged.get(document.row))
        for place, document in enumerate(table.documents, 1)
    ]
    repository.create(batch, rows)


def _build_row(
    batch: str, place: int, document: BatchDocument, key: _Key, judged: Judged | None
) -> dict[str, Any]:
    arguments = dict(judged.arguments if judged is not None else document.arguments)
    if judged is None:
        arguments.pop("items")  # its draft exists; only the e-mail is still of use
    kind = str(arguments.get("document_type", "invoices"))
    return {
        "batch": batch,
        "place": place,
        "row": document.row,
        "key": key.key,
        "cells": json.dumps([show_cells(row) for row in document.rows], ensure_ascii=False),
        "content": document.content_digest,
        "arguments": "" if key.state == "skipped" else json.dumps(arguments, ensure_ascii=False),
        "lane": f"{kind}/{arguments.get('series') or ''}",
        "flags": {"new_client": judged.is_new_client} if judged is not None else {},
        "state": key.state,
        "document_type": kind,
        "document": key.document,
        "number": key.number,
        "total": key.total,
        "bindings": [],
    }
