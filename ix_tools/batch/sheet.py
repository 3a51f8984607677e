"""Sheet of a batch: every draft examined as it is now, those that differ taken out, and one question about all others."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

import anyio

from ix_tools.approvals.joint_preview import DocumentEntry, JointPreview, Mark, sum_amount
from ix_tools.approvals.links import LinkDelivery
from ix_tools.approvals.models import Approval
from ix_tools.approvals.preview import DetailView
from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.drafting import is_passing
from ix_tools.batch.models import Batch, BatchRow
from ix_tools.batch.workflow import IssueBatch
from ix_tools.errors import IxError, Problem, Refused
from ix_tools.i18n.messages import message
from ix_tools.operations.files import SendEmail
from ix_tools.pipeline.execute import execute
from ix_tools.pipeline.joint_approval import Examined, evaluate_sum, examine, request_joint_approval
from ix_tools.pipeline.outcomes import Completed

AT_ONCE = 8
OUTLIER_FACTOR = 3
"""Times the median of a client's earlier documents above which a document stands among the first."""
EARLIER_DOCUMENTS = 3
"""Documents that a client needs for a median that says something."""
MAIL_FIELDS = ("email", "subject", "body")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may be in the common approval."""

    row: BatchRow
    examined: Examined


def build_workflow(batch: Batch) -> IssueBatch:
    """Return what the approval of the batch's present round is requested for."""
    return IssueBatch(batch=batch.id, round=batch.round, purpose=batch.purpose)


def build_call(batch: Batch, row: BatchRow) -> dict[str, Any]:
    """Return the arguments of change_state for a document."""
    state = "finalized" if batch.purpose == "issue" else "deleted"
    return {"document_type": row.document_type, "document_id": row.document, "state": state}


def build_mail(row: BatchRow) -> dict[str, Any]:
    """Return the arguments of send_email for a document; empty if nobody gets it."""
    words = {name: row.arguments[name] for name in MAIL_FIELDS if row.arguments.get(name)}
    if "email" not in words:
        return {}
    return {"document_type": row.document_type, "document_id": row.document, **words}


async def prepare(run: BatchRun) -> list[Prepared]:
    """Examine every draft, record the bindings of those that can be approved together, and hold the others.

    Raises:
        IxError: A passing trouble.
    """
    rows = await run.load_rows()
    # A draft that was left out, held or refused can still be deleted with the others.
    wanted = (
        {"drafted", "trying"} if run.batch.purpose == "issue" else {"drafted", "held", "left_out", "removing"}
    )
    open_rows = [one for one in rows if one.state in wanted and one.document is not None]
    found: dict[int, Prepared] = {}
    failures: list[IxError] = []
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def work(row: BatchRow) -> None:
        async with limit:
            if failures:
                return
            try:
                prepared = await _examine(run, row)
            except IxError as failure:
                failures.append(failure)
                return
            if prepared is not None:
                found[row.place] = prepared
            await run.progress("sheet", len(found), len(open_rows))

    async with anyio.create_task_group() as group:
        for row in open_rows:
            group.start_soon(work, row)
    if failures:
        raise failures[0]
    ordered = [found[place] for place in sorted(found)]
    changes: dict[int, dict[str, Any]] = {
        one.row.place: {
            "state": "drafted",
            "bindings": [[each.operation, each.arguments, each.snapshot] for each in one.examined.bindings],
            "total": str(_get_total(one)),
        }
        for one in ordered
    }
    others: dict[int, dict[str, Any]] = {
        one.place: {"bindings": []} for one in rows if one.place not in changes and one.bindings
    }
    await run.in_store(run.repository.update_rows, run.batch.id, {**others, **changes})
    run.keep_shown({one.row.place: one.examined.facts for one in ordered})
    return ordered


def _get_total(one: Prepared) -> Decimal:
    paper = one.examined.preview.paper
    assert paper is not None
    return paper.total or Decimal(0)


async def _examine(run: BatchRun, row: BatchRow) -> Prepared | None:
    """Return a document that may be approved with the others; None if it was held, or is issued already."""
    batch, mail = run.batch, build_mail(row)
    followers = (SendEmail(**mail),) if mail and batch.purpose == "issue" else ()
    try:
        examined = await examine(
            run.context, build_workflow(batch), "change_state", build_call(batch, row), followers, run.origin
        )
    except IxError as failure:
        if is_passing(failure):
            raise
        if await _settle_from_account(run, row):
            return None
        await run.update_row(row.place, state="held", problem=failure.dump(), bindings=[])
        return None
    paper = examined.preview.paper
    if batch.purpose == "issue" and (
        examined.preview.differences or paper is None or paper.total is None or paper.currency
    ):
        await run.update_row(
            row.place, state="held", problem=_build_held_refusal(examined).dump(), bindings=[]
        )
        return None
    return Prepared(row, examined)


async def _settle_from_account(run: BatchRun, row: BatchRow) -> bool:
    """Record a document that was issued or deleted meanwhile; return False if it is still a draft."""
    about = {"document_type": row.document_type, "document_id": row.document}
    try:
        outcome = await execute(run.context, "get_document", about, origin=run.origin)
    except IxError as failure:
        if failure.code != "not_found":
            return False
        await run.update_row(row.place, state="deleted", bindings=[])
        return True
    assert isinstance(outcome, Completed)
    return await record_state(run, row, outcome.body["document"])


async def record_state(run: BatchRun, row: BatchRow, document: Mapping[str, Any]) -> bool:
    """Record what became of a document, if it is a draft no more; return False if it is one."""
    status = document.get("status")
    if status == "draft":
        return False
    if status in {"final", "settled", "second_copy"}:
        state = "issued" if build_mail(row) else "done"
        await run.update_row(
            row.place,
            state=state,
            number=str(document.get("number") or ""),
            total=str(document.get("total")),
            problem=None,
        )
        return True
    await run.update_row(row.place, state="deleted", bindings=[])
    return True


def _build_held_refusal(examined: Examined) -> Refused:
    return Refused(
        message("The draft is not what the file asked for, so it is not approved with the others."),
        problems=[
            Problem(one.field, message("asked {asked}, stored {stored}", asked=one.asked, stored=one.stored))
            for one in examined.preview.differences
        ],
        next=message("correct or delete the draft, or finalize it by itself with change_state"),
    )


# --- the question --------------------------------------------------------------------------------------


async def request(run: BatchRun, prepared: Sequence[Prepared]) -> tuple[Approval, LinkDelivery | None]:
    """Ask a person about all documents.

    Raises:
        IxError: Nobody may approve it, or there is no place to ask.
    """
    usual = await _find_usual_totals(run, prepared) if run.batch.purpose == "issue" else {}
    entries = tuple(_build_entry(one, usual.get(_get_client_id(one))) for one in prepared)
    total = sum_amount(entries, "total")
    sums = [one.examined for one in prepared]
    requirement = await evaluate_sum(run.context, sums, total, run.origin)
    first = prepared[0].examined.preview
    preview = JointPreview(
        action="finalized_batch" if run.batch.purpose == "issue" else "deleted_batch",
        amount=DetailView(label="total", kind="money", lines=(str(total),), decides=True),
        entries=(DetailView(label="documents", lines=(str(len(entries)),), decides=True),),
        account=first.account,
        company=first.company,
        company_nif=first.company_nif,
        several_accounts=first.several_accounts,
        sandbox=first.sandbox,
        file=run.batch.name,
        documents=entries,
    )
    examined = {one.row.place: one.examined for one in prepared}
    return await request_joint_approval(
        run.context, build_workflow(run.batch), preview, examined, requirement, run.origin
    )


def _build_entry(one: Prepared, usual: Decimal | None) -> DocumentEntry:
    preview = one.examined.preview
    assert preview.paper is not None
    marks: list[Mark] = ["new_client"] if one.row.flags.get("new_client") else []
    total = preview.paper.total or Decimal(0)
    is_outlier = usual is not None and total > OUTLIER_FACTOR * usual
    if is_outlier:
        marks.append("outlier")
    return DocumentEntry(
        place=one.row.place,
        row=one.row.row,
        paper=preview.paper,
        recipient=next((then.recipient for then in preview.then if then.recipient), ""),
        warnings=preview.warnings,
        marks=tuple(marks),
        usual=usual if is_outlier else None,
    )


def _get_client_id(one: Prepared) -> int | None:
    document = one.examined.facts.document
    return document.client.id if document is not None and document.client is not None else None


async def _find_usual_totals(run: BatchRun, prepared: Sequence[Prepared]) -> dict[int | None, Decimal]:
    """Return the median of the last documents of each client that has several; one request for each."""
    clients = {
        number for one in prepared if (number := _get_client_id(one)) and not one.row.flags.get("new_client")
    }
    found: dict[int | None, Decimal] = {}
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def look(number: int) -> None:
        async with limit:
            given = {"client_id": number, "states": ["final", "settled"], "per_page": 30}
            try:
                outcome = await execute(run.context, "list_client_invoices", given, origin=run.origin)
            except IxError:
                return  # it only orders the list; nothing relies on it
            body = json.loads(json.dumps(outcome.body, default=str))
            totals = [
                Decimal(str(row["total"])) for row in body.get("invoices", []) if row.get("total") is not None
            ]
            if len(totals) >= EARLIER_DOCUMENTS:
                found[number] = median(totals)

    async with anyio.create_task_group() as group:
        for number in clients:
            group.start_soon(look, number)
    return found
