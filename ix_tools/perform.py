"""THE ROAD: every call of every face comes along here, and nothing reaches InvoiceXpress by another way.

    parse ─▶ look up ─▶ complete ─▶ look up ─▶ guards ─▶ approval ─▶ send ─▶ read back ─▶ compare ─▶ result
             (facts)    (updates)   (the rest)  (may      (bound to     │
                                                only      call, account │ shielded: a cancelled caller
                                                refuse)   and document) │ does not leave half a write

Only errors travel back, and each says what was sent.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
from pydantic import BaseModel, ValidationError

from ix_tools import render, wire
from ix_tools.account import Account
from ix_tools.approvals import Approval, Approvals, Asked, Binding, Reply, digest
from ix_tools.errors import InvalidArguments, IxError, NotAccepted, NotFound, Problem, Refused, SettingsError, StoredDifferently
from ix_tools.facts import Facts, Want, wanted_by
from ix_tools.guards.readback import differences
from ix_tools.lookups import LookUps
from ix_tools.operation import Finding, Operation
from ix_tools.operations.catalogue import catalogue
from ix_tools.operations.files import GetPdf
from ix_tools.settings import SANDBOX_NOTICE, Settings, data_folder
from ix_tools.store import Store
from ix_tools.vocabulary import lisbon_now

Progress = Callable[[float, float, str], Awaitable[None]]


class ApprovalNeeded(Exception):  # noqa: N818 - not an error: the face now asks a person and calls again with the reply
    """A person must answer first; the face that can ask puts the question and performs the call again with the reply."""

    def __init__(self, approval: Approval) -> None:
        """What to ask."""
        super().__init__(approval.summary)
        self.approval = approval


@dataclass
class Desk:
    """Everything a call needs besides itself: settings, the account, the approvals, the clock."""

    settings: Settings
    account: Account
    approvals: Approvals
    now: Callable[[], datetime] = lisbon_now

    @classmethod
    def open(cls, settings: Settings) -> "Desk":
        """A desk for these settings; nothing is contacted or opened until a call needs it."""
        store = Store(settings.store_file)
        return cls(settings, Account(settings), Approvals(store, settings.approval_minutes))

    async def close(self) -> None:
        """Close connections."""
        await self.account.close()


async def perform(
    desk: Desk,
    name: str,
    arguments: Mapping[str, Any] | None,
    *,
    can_ask: bool = False,
    reply: Reply | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Carry out one call; a result, or an IxError, or ApprovalNeeded for a face that can ask a person."""
    call = parse(name, arguments or {})
    spec = call.spec
    if spec.route is None:
        sending = _Sending(desk, Facts(now=desk.now()), progress)
        return _result(desk, call, await call.carried_out(sending), ())
    looking = LookUps(desk.account, desk.approvals, desk.settings.catalogue_pages)
    wanted = spec.needs.union(*(wanted_by(guard) for guard in spec.guards))
    facts = await looking.first(call, wanted, desk.now())
    if Want.DOCUMENT_CLIENT in wanted:
        facts = await looking.second(call, frozenset({Want.DOCUMENT_CLIENT}), facts)
    call = call.completed(facts)
    facts = await looking.second(call, wanted - {Want.DOCUMENT_CLIENT}, facts)
    warnings = _judge(call, facts)
    if spec.effect.gated:
        pending = await _approved(desk, call, facts, warnings, can_ask, reply)
        if pending is not None:
            return pending
    sending = _Sending(desk, facts, progress)
    # A caller that goes away must not leave a write half done and its outcome unread.
    with anyio.CancelScope(shield=spec.effect.writes):
        result = await call.carried_out(sending)
        result, differing = await _read_back(looking, call, facts, result)
        if differing is not None:
            await _hold(desk, call, result, differing)
    if differing:
        raise _stored_differently(call, result, differing)
    return _result(desk, call, result, warnings)


async def pdf_content(desk: Desk, document_id: int, *, second_copy: bool = False) -> bytes:
    """The PDF itself, for faces that hand it on instead of saving it."""
    call = GetPdf(document_id=document_id, second_copy=second_copy)
    sending = _Sending(desk, Facts(now=desk.now()))
    url = await call.address(sending)
    content = await sending.download(url) if url else None
    if content is None:
        raise IxError(
            "The PDF is still being made." if url is None else "The PDF lies on a host from which nothing is downloaded.",
            code="pdf_not_ready" if url is None else "pdf_elsewhere",
            sent="refused",
            next="ask again in a few seconds" if url is None else "get_pdf with delivery: link gives its address",
            retryable=url is None,
        )
    return content


# --- parse ---------------------------------------------------------------------------------------------


def parse(name: str, arguments: Mapping[str, Any]) -> Operation[Any]:
    """The call, strictly; every fault at once."""
    operation = catalogue().get(name)
    if operation is None:
        raise InvalidArguments(f"There is no tool called {name!r}.", code="unknown_tool", next="list the tools")
    try:
        return operation.model_validate(dict(arguments))
    except ValidationError as faults:
        problems = [_problem(operation, fault) for fault in faults.errors(include_url=False, include_context=False)]
    shown = problems[:20]
    more = f" ({len(problems) - len(shown)} more not shown)" if len(problems) > len(shown) else ""
    raise InvalidArguments(
        f"{name} cannot be called with these arguments{more}.",
        problems=shown,
        next="correct the fields named and call again",
        retryable=False,
    )


def _problem(operation: type[Operation[Any]], fault: Mapping[str, Any]) -> Problem:
    loc = ".".join(str(part) for part in fault["loc"])
    kind, message = fault["type"], str(fault["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        top = operation.model_fields
        allowed = ", ".join(top) if len(fault["loc"]) == 1 else ""
        return Problem(loc, "unknown field: InvoiceXpress would drop it in silence", allowed)
    if kind == "missing":
        return Problem(loc, "is required")
    if kind == "value_error":
        return Problem(loc, "is not usable", message)
    return Problem(loc, "is not usable", message[:1].lower() + message[1:])


# --- guards --------------------------------------------------------------------------------------------


def _judge(call: Operation[Any], facts: Facts) -> tuple[Finding, ...]:
    """Run every guard; refusals and questions stop the call, all of them at once; warnings go on."""
    findings = [finding for guard in call.spec.guards for finding in guard(call, facts)]
    refusals = [finding for finding in findings if finding.kind == "refuse"]
    questions = [finding for finding in findings if finding.kind == "accept"]
    if refusals:
        raise Refused(
            _sentence(refusals),
            problems=[finding.problem for finding in (*refusals, *questions)],
            next=_steps(refusals) or "correct the fields named and call again",
        )
    if questions:
        words = sorted({finding.accept for finding in questions})
        raise NotAccepted(
            _sentence(questions),
            problems=[finding.problem for finding in questions],
            next=f"ask the person; if it is meant, repeat the call with accept: {json.dumps(words)}",
            details={"accept": words},
        )
    return tuple(finding for finding in findings if finding.kind == "warn")


def _sentence(findings: list[Finding]) -> str:
    first = findings[0].problem
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"Refused: {first.field}: {first.problem}{more}."


def _steps(findings: list[Finding]) -> str:
    return "; ".join(dict.fromkeys(finding.next for finding in findings if finding.next))


# --- approval ------------------------------------------------------------------------------------------


async def _approved(
    desk: Desk, call: Operation[Any], facts: Facts, warnings: tuple[Finding, ...], can_ask: bool, reply: Reply | None
) -> dict[str, Any] | None:
    """Return None once a valid approval was used up; otherwise ask. There is no way around this."""
    settings = desk.settings
    binding = Binding(
        principal=settings.principal,
        account=desk.account.name,
        operation=call.spec.name,
        arguments=digest(call.model_dump(mode="json")),
        snapshot=digest(_snapshot(call, facts)),
    )
    if reply is not None:
        await anyio.to_thread.run_sync(desk.approvals.use_reply, binding, reply)
        return None
    by_form = can_ask and settings.approval_channel != "terminal"
    if not by_form and settings.approval_channel == "form":
        raise SettingsError(
            "This host cannot ask a person, and the setting approval_channel allows only its form.",
            code="approval_impossible",
            next="use a host with forms (elicitation), or set approval_channel to auto or terminal",
        )
    if not by_form and await anyio.to_thread.run_sync(desk.approvals.use_approved, binding):
        return None
    preview = call.preview(facts)
    text = render.approval(preview, facts, [one.problem for one in warnings], settings)
    asked = Asked(text, render.summary(preview, facts, settings), bool(preview.differences))
    approval = await anyio.to_thread.run_sync(desk.approvals.ask, binding, asked, "form" if by_form else "terminal")
    if by_form:
        raise ApprovalNeeded(approval)
    return approval_required(approval, settings)


def approval_required(approval: Approval, settings: Settings) -> dict[str, Any]:
    """What a call returns while a person has not decided yet."""
    return {
        "ok": False,
        "status": "approval_required",
        "approval": {
            "id": approval.id,
            "expires_at": render.moment(approval.expires_at),
            "summary": approval.summary,
            "command": f"ix-tools approvals approve {approval.id}",
        },
        "preview": approval.text,
        "sent": "nothing",
        "next": [
            {
                "tool": approval.operation,
                "why": f"A person runs `ix-tools approvals approve {approval.id}` in a terminal; then repeat this same call. Nothing was sent.",
            }
        ],
        **({"sandbox": SANDBOX_NOTICE} if settings.sandbox else {}),
    }


def _snapshot(call: Operation[Any], facts: Facts) -> dict[str, Any]:
    """What the person saw, so that a change in it is noticed."""
    number = getattr(call, "sequence_id", None)
    return {
        "document": facts.document_raw,
        "client": facts.document_client.model_dump(mode="json") if facts.document_client else None,
        "related": [one.model_dump(mode="json") for one in facts.related],
        "series": [one.model_dump(mode="json") for one in facts.sequences if one.id == number] if number else [],
        "differences": [dict(one) for one in facts.differences],
    }


# --- reading back --------------------------------------------------------------------------------------


async def _read_back(
    looking: LookUps, call: Operation[Any], facts: Facts, result: Any
) -> tuple[Any, list[dict[str, str]] | None]:
    """Read a written document again and compare it; None where the operation expects nothing in particular."""
    expected = call.expected(facts) if call.spec.effect.writes else None
    document = getattr(result, "document", None)
    if expected is None or document is None:
        return result, None
    kind = call.about()[0] if (about := call.about()) else getattr(call, "document_type", document.document_type)
    number = document.id or (about[1] if about else 0)
    if expected.values.get("status") == "deleted":
        return await _gone(looking, kind, number, result)
    try:
        stored, _ = await looking.document(kind, number)
    except IxError as failure:
        return result, [{"field": "document", "asked": "to be read back", "stored": f"could not be read back: {failure.code}"}]
    return result.model_copy(update={"document": stored}), differences(expected, stored)


async def _gone(looking: LookUps, kind: str, number: int, result: Any) -> tuple[Any, list[dict[str, str]]]:
    try:
        stored, _ = await looking.document(kind, number)
    except NotFound:
        return result, []
    if stored.status in {"deleted", None}:
        return result.model_copy(update={"document": stored}), []
    return result, [{"field": "status", "asked": "deleted", "stored": stored.status or "(none)"}]


async def _hold(desk: Desk, call: Operation[Any], result: Any, found: list[dict[str, str]]) -> None:
    """Remember differences (or that there are none) for the gate; a document we cannot remember is reported all the same."""
    document = result.document
    kind = getattr(call, "document_type", document.document_type)
    if document.id is not None:
        await anyio.to_thread.run_sync(desk.approvals.note_differences, desk.account.name, kind, document.id, found)


def _stored_differently(call: Operation[Any], result: Any, found: list[dict[str, str]]) -> StoredDifferently:
    document = result.document
    kind = getattr(call, "document_type", document.document_type)
    return StoredDifferently(
        f"InvoiceXpress stored {kind} {document.id} differently from what was asked ({len(found)} fields). It was stored; do not create it again.",
        problems=[Problem(one["field"], f"stored as {one['stored']}", f"asked: {one['asked']}") for one in found],
        next=(
            f"show this to the person; correct it with an update, or delete the draft ({kind} {document.id}); "
            "finalizing it asks the person to accept the differences"
        ),
        details={"document": document.model_dump(mode="json", exclude_none=True)},
    )


# --- results -------------------------------------------------------------------------------------------


def _result(desk: Desk, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...]) -> dict[str, Any]:
    """The same shape for every operation: ok, the record, warnings, next steps, and that it is a sandbox if it is."""
    shown = {"ok": True, **result.model_dump(mode="json", exclude_none=True)}
    if warnings:
        shown["warnings"] = [one.problem.as_dict() for one in warnings]
    steps = [step.as_dict() for step in call.next_steps(result)]
    if steps:
        shown["next"] = steps
    if desk.settings.sandbox:
        shown["sandbox"] = SANDBOX_NOTICE
    return shown


# --- what an operation may use while it is carried out --------------------------------------------------


@dataclass
class _Sending:
    desk: Desk
    facts: Facts
    _progress: Progress | None = None
    waits: list[float] = field(default_factory=list)

    async def send(self, call: Operation[Any]) -> Any:
        request = wire.request_for(call)
        return wire.content_of(call, request, await self.desk.account.send(request))

    async def download(self, url: str) -> bytes | None:
        return await self.desk.account.download(url)

    async def keep(self, content: bytes, name: str) -> str:
        folder = self.desk.settings.documents or data_folder() / "documents"
        return await anyio.to_thread.run_sync(_write, folder, name, content)

    async def progress(self, done: float, total: float, message: str) -> None:
        if self._progress is not None:
            await self._progress(done, total, message)

    async def pause(self, attempt: int) -> bool:
        if attempt >= self.desk.settings.pdf_patience:
            return False
        # Integrators poll every 2 seconds (trap 24); the first looks come sooner, since most PDFs are quick.
        await anyio.sleep(min(2.0, 0.25 * 2 ** (attempt - 1)))
        return True


def _write(folder: Path, name: str, content: bytes) -> str:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    half = folder / f".{name}.part"
    try:
        with os.fdopen(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        half.replace(path)
    except OSError as trouble:
        failure = IxError(f"The PDF could not be saved in {folder} ({trouble.strerror}).", code="file_not_saved", sent="refused", next="free space or set INVOICEXPRESS_DOCUMENTS", retryable=True)
    else:
        return str(path)
    raise failure


