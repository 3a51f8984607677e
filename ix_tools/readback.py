"""Read a written document again, compare it with what was asked, and hold what differs until a person has seen it."""

from typing import Any

import anyio

from ix_tools.desk import Desk
from ix_tools.errors import IxError, NotFound, Problem, StoredDifferently
from ix_tools.facts import Facts
from ix_tools.guards.readback import differences
from ix_tools.lookups import LookUps
from ix_tools.operation import Operation


async def read_back(
    looking: LookUps, call: Operation[Any], facts: Facts, result: Any
) -> tuple[Any, list[dict[str, str]] | None]:
    """Read a written document again and compare it; None where the operation expects nothing in particular."""
    expected = call.expected(facts) if call.spec.effect.writes else None
    document = getattr(result, "document", None)
    if expected is None or document is None:
        return result, None
    about = call.about() or (getattr(call, "document_type", document.document_type), document.id or 0)
    kind, number = about[0], document.id or about[1]
    if expected.values.get("status") == "deleted":
        return await _gone(looking, kind, number, result)
    try:
        stored = await looking.document(kind, number)
    except IxError as failure:
        return result, [
            {
                "field": "document",
                "asked": "to be read back",
                "stored": f"could not be read back: {failure.code}",
            }
        ]
    return result.model_copy(update={"document": stored}), differences(expected, stored)


async def _gone(looking: LookUps, kind: str, number: int, result: Any) -> tuple[Any, list[dict[str, str]]]:
    try:
        stored = await looking.document(kind, number)
    except NotFound:
        return result, []
    if stored.status in {"deleted", None}:
        return result.model_copy(update={"document": stored}), []
    return result, [{"field": "status", "asked": "deleted", "stored": stored.status or "(none)"}]


async def hold(desk: Desk, call: Operation[Any], result: Any, found: list[dict[str, str]]) -> None:
    """Remember differences (or that there are none) for the gate; a document we cannot remember is reported all the same."""
    document = result.document
    kind = getattr(call, "document_type", document.document_type)
    if document.id is not None:
        await anyio.to_thread.run_sync(
            desk.approvals.note_differences, desk.account.name, kind, document.id, found
        )


def stored_differently(call: Operation[Any], result: Any, found: list[dict[str, str]]) -> StoredDifferently:
    """The error that shows every difference; the document exists all the same."""
    document = result.document
    kind = getattr(call, "document_type", document.document_type)
    return StoredDifferently(
        f"InvoiceXpress stored {kind} {document.id} differently from what was asked ({len(found)} fields). "
        "It was stored; do not create it again.",
        problems=[
            Problem(one["field"], f"stored as {one['stored']}", f"asked: {one['asked']}") for one in found
        ],
        next=(
            f"show this to the person; correct it with an update, or delete the draft ({kind} {document.id}); "
            "finalizing it asks the person to accept the differences"
        ),
        details={"document": document.model_dump(mode="json", exclude_none=True)},
    )
