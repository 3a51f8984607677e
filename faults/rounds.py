"""Run a round: another caller writes while an approved call is executed, and the issued document must equal the approved one.

arrange ─▶ request approval ─▶ snapshot ─▶ approve ∥ second call ─▶ snapshot ─▶ judge
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio

from faults.hosts import CallResult, Host, Json
from faults.sandbox_account import ACME, OTHER, DocumentSnapshot, SandboxAccount
from ix_tools.sandbox.ledger import totals

LIMIT = 200
"""Limit in euros up to which the policy approves calls automatically; a round's document is of 123.00."""
POLICY = f"""
[[rules]]
name = "flow"
decision = "unattended"
who = ["local"]
operations = ["change_state", "generate_payment", "send_email"]
states = ["finalized", "settled", "canceled", "deleted"]
recipients = ["client"]
up_to = {LIMIT}
daily = 100000000
with_warnings = true
"""
REASON = "O cliente desistiu da compra."
LINE = {"name": "Consulta", "description": "Uma", "unit_price": 100, "quantity": 1, "tax": "IVA23"}
LOUD_LINE = {"name": "Consulta", "description": "Uma", "unit_price": 9999, "quantity": 1, "tax": "IVA23"}
QUIET_LINE = {"name": "Outro serviço", "unit_price": 100, "quantity": 1, "tax": "IVA23"}
ACCEPTED = ["drop_lines", "overwrite_items", "unreturned"]
NEW_NIF, NEW_STREET = "501964843", "Travessa do Engano, 13"
OPEN, PART = "123.00", "60.00"
FAULTS = ("differs", "nobody", "lone busy", "internal", "told wrong")
"""Possible faults of a round: an issued document that was not shown, a round without success, `busy` without reason, ..."""


@dataclass(frozen=True)
class Cell:
    """A kind of round."""

    way: str
    first: str
    second: str
    delay: float
    """Response time of InvoiceXpress in seconds."""

    @property
    def attended(self) -> bool:
        """Whether a person approves."""
        return self.way != "unattended"


@dataclass
class Round:
    """Result of a round."""

    cell: Cell
    faults: list[str] = field(default_factory=list)
    """Faults of the round, each once."""
    results: list[str] = field(default_factory=list)
    """Details of the faults."""
    codes: tuple[str, str] = ("", "")
    """Codes of the two callers' results."""
    issued: bool = False
    beside: float = 0.0
    """Seconds until both callers had their result."""
    alone: float = 0.0
    """Seconds of the same call's look-ups without a concurrent caller; 0 when it had none."""

    def add_fault(self, fault: str, what: str) -> None:
        """Note a fault."""
        if fault not in self.faults:
            self.faults.append(fault)
        self.results.append(what)


Call = tuple[str, Json]


@dataclass
class Subject:
    """Document and approval of a round."""

    number: int
    first: Call
    question: CallResult | None
    seen: DocumentSnapshot


async def run_round(books: SandboxAccount, one: Host, two: Host, cell: Cell, number: int) -> Round:
    """Run a round in its own account with two callers."""
    chance = random.Random(f"{cell} {number}")
    books.restore()
    done = Round(cell)
    subject = await ARRANGEMENTS[cell.first](
        books, one, cell, f"RACE {number} {chance.getrandbits(40):x}", done
    )
    second = SECONDS[cell.second](books, subject, chance)
    asked = await _request_question(two, second, done) if cell.attended and second[0] in GATED else None
    # At once, or during the first call.
    later = chance.choice([0.0, chance.random() * 1.5 * (done.alone or 10 * cell.delay or 0.05)])
    told: dict[str, CallResult] = {}

    async def call(name: str, host: Host, what: Call, question: CallResult | None, wait: float) -> None:
        await anyio.sleep(wait)
        told[name] = await host.call(*what, question)

    begun = anyio.current_time()
    async with anyio.create_task_group() as both:
        both.start_soon(call, "first", one, subject.first, subject.question, 0.0)
        both.start_soon(call, "second", two, second, asked, later)
    done.beside = anyio.current_time() - begun
    judge_round(done, books, subject, told["first"], told["second"])
    if cell.second == "update_client":
        # By the same caller: a round has two writers, and none changes the client behind their back for the next one.
        await _call_alone(two, ("update_client", {"client_id": 501, **ACME}), done)
    if number % 5 == 0 or "busy" in done.codes:
        await _call_alone(one, ("update_client", {"client_id": 501, "phone": f"22{number:07}"}), done)
    return done


async def _call_alone(host: Host, call: Call, done: Round) -> CallResult:
    """Send a call without a concurrent one."""
    told = await host.call(*call)
    if told.code == "busy":
        done.add_fault("lone busy", f"{call[0]} was alone and told busy")
    elif told.code in {"internal_error", "protocol_error"}:
        done.add_fault("internal", f"{call[0]}: {told.body}")
    return told


async def _request_question(host: Host, call: Call, done: Round) -> CallResult:
    """Send a gated call and return its approval request."""
    told = await _call_alone(host, call, done)
    done.alone = told.seconds
    if not told.handle:
        raise RuntimeError(f"{call[0]} did not ask: {told.body}")
    return told


# --- what is approved -----------------------------------------------------------------------------------


async def _arrange_finalize(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """Create a draft and request its finalization."""
    return await _prepare_question(
        books, host, cell, books.create_draft(reference=reference), "finalized", done
    )


async def _arrange_settle(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """Create an invoice and request its settlement."""
    return await _prepare_question(
        books, host, cell, books.create_issued(reference=reference), "settled", done
    )


async def _arrange_cancel(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """Create an invoice and request its cancellation."""
    return await _prepare_question(
        books, host, cell, books.create_issued(reference=reference), "canceled", done
    )


async def _prepare_question(
    books: SandboxAccount, host: Host, cell: Cell, number: int, state: str, done: Round
) -> Subject:
    arguments: Json = {"document_type": "invoices", "document_id": number, "state": state}
    if state == "canceled":
        arguments["message"] = REASON
    call = ("change_state", arguments)
    question = await _request_question(host, call, done) if cell.attended else None
    return Subject(number, call, question, books.take_snapshot(number))


async def _arrange_issue(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """Start a workflow up to its approval; without an approver, create its draft with the same first step."""
    draft: Json = {
        "date": books.get_day(),
        "due_date": "+30d",
        "client": {"code": "ACME"},
        "items": [LINE],
        "reference": reference,
        "accept": ["overwrite_items"],
    }
    call = ("issue_invoice", {**draft, "delivery": "link"})
    question = await _request_question(host, call, done) if cell.attended else None
    if not cell.attended:
        made = await _call_alone(host, ("create_invoice", draft), done)
        if not made.ok:
            raise RuntimeError(f"no draft: {made.body}")
        done.alone = made.seconds
    (row,) = books.find_by_reference(reference)
    return Subject(row.id, call, question, books.take_snapshot(row.id))


ARRANGEMENTS: dict[str, Callable[[SandboxAccount, Host, Cell, str, Round], Awaitable[Subject]]] = {
    "change_state": _arrange_finalize,
    "issue_invoice": _arrange_issue,
    "settle": _arrange_settle,
    "cancel": _arrange_cancel,
}

# --- what comes beside it -------------------------------------------------------------------------------

GATED = frozenset({"change_state", "generate_payment", "send_email"})


def _build_reference(of: Subject, **more: Any) -> Json:
    return {"document_type": "invoices", "document_id": of.number, **more}


def _build_update(books: SandboxAccount, subject: Subject, chance: random.Random) -> Call:
    """Change a draft to a hundred times the amount, or to another client."""
    if chance.random() < 0.5:
        return "update_invoice", _build_reference(subject, items=[LOUD_LINE], accept=ACCEPTED)
    return "update_invoice", _build_reference(
        subject, client={"code": OTHER["code"]}, items=[QUIET_LINE], accept=ACCEPTED
    )


def _build_payment(books: SandboxAccount, subject: Subject, chance: random.Random) -> Call:
    paid = {"amount": PART, "payment_mechanism": "TB", "payment_date": books.get_day()}
    return "generate_payment", {"document_id": subject.number, **paid}


SECONDS: dict[str, Callable[[SandboxAccount, Subject, random.Random], Call]] = {
    "update_invoice": _build_update,
    "delete": lambda books, subject, chance: ("change_state", _build_reference(subject, state="deleted")),
    "update_client": lambda books, subject, chance: (
        "update_client",
        {"client_id": 501, "fiscal_id": NEW_NIF, "address": NEW_STREET},
    ),
    "update_item": lambda books, subject, chance: (
        "update_item",
        {"item_id": 402321, "unit_price": 10 + chance.randrange(90)},
    ),
    "set_default_sequence": lambda books, subject, chance: ("set_default_sequence", {"sequence_id": 70020}),
    "generate_payment": _build_payment,
    "send_email": lambda books, subject, chance: (
        "send_email",
        _build_reference(subject, email="compras@acme.example", subject="A sua fatura", body="Em anexo."),
    ),
}

# --- the judgement --------------------------------------------------------------------------------------


def judge_round(
    done: Round, books: SandboxAccount, subject: Subject, first: CallResult, second: CallResult
) -> None:
    """Compare the sandbox with what was shown, and with the callers' results."""
    done.codes = (first.code, second.code)
    for told in (first, second):
        if told.code in {"internal_error", "protocol_error", "?"}:
            done.add_fault("internal", str(told.body))
    if not (first.ok or second.ok):
        done.add_fault("nobody", f"{_shorten(first)} beside {_shorten(second)}")
    {"settle": _judge_receipts, "cancel": _judge_mail}.get(done.cell.first, _judge_document)(
        done, books, subject, first
    )


def _shorten(told: CallResult) -> str:
    return f"{told.code} ({str(told.body.get('message', ''))[:160]})"


def _judge_report(done: Round, first: CallResult, happened: bool, what: str) -> None:
    """Check that the first caller's result is true; an unknown outcome is not wrong."""
    definite = first.body.get("sent") not in {"unknown", "stored"}
    if first.ok and not happened:
        done.add_fault("told wrong", f"{what} did not happen, and the caller was told ok")
    if happened and not first.ok and first.code != "asked" and definite:
        done.add_fault("told wrong", f"{what} happened, and the caller was told {_shorten(first)}")


def _judge_document(done: Round, books: SandboxAccount, subject: Subject, first: CallResult) -> None:
    """Check that every field of an issued document, and its client, are as shown."""
    # A workflow whose draft was deleted creates another one: the document in its result counts.
    told_of = (first.body.get("document") or {}).get("id") if first.ok else None
    number = int(told_of or subject.number)
    done.issued = books.get_row(number).number is not None
    _judge_report(done, first, done.issued, "finalizing")
    if not done.issued:
        return
    now = books.take_snapshot(number)
    differing = subject.seen.find_differences(now)
    # The result reports the stored difference, so the caller knows that the policy judged another document.
    judged_so = (
        not done.cell.attended
        and first.code != "stored_differently"
        and _matches_second_write(done.cell.second, now)
    )
    if differing and not judged_so:
        told = "told ok" if first.ok else f"told {first.code}"
        done.add_fault("differs", f"{number} ({told}): {'; '.join(differing)}")


def _matches_second_write(second: str, now: DocumentSnapshot) -> bool:
    """Tell whether the policy may have approved the document as the second call left it, since it decides later."""
    if second == "update_invoice":
        lines = {(line["name"], line["unit_price"]) for line in now.document["lines"]}
        return now.client["code"] == OTHER["code"] and lines == {(QUIET_LINE["name"], "100")}
    if second == "update_client":
        return (now.client["fiscal_id"], now.client["address"]) == (NEW_NIF, NEW_STREET)
    return False


def _judge_receipts(done: Round, books: SandboxAccount, subject: Subject, first: CallResult) -> None:
    """Check that a receipt has the amount shown: all that was open, or the part that was paid."""
    amounts = [
        f"{float(totals.compute_document(row).total):.2f}" for row in books.list_receipts(subject.number)
    ]
    done.issued = bool(amounts)
    _judge_report(done, first, OPEN in amounts or len(amounts) > 1, "settling")
    if done.cell.attended and amounts not in ([], [OPEN], [PART]):
        done.add_fault("differs", f"receipts of {', '.join(amounts)} for {subject.number}")


def _judge_mail(done: Round, books: SandboxAccount, subject: Subject, first: CallResult) -> None:
    """Check that an invoice shown as final is not sent after it was cancelled."""
    here = f"/invoices/{subject.number}"
    cancelled = books.find_position(f"{here}/change-state.json") if _is_cancelled(books, subject) else -1
    mailed = books.find_position(f"{here}/email-document.json")
    done.issued = mailed >= 0
    _judge_report(done, first, cancelled >= 0, "cancelling")
    if 0 <= cancelled < mailed:
        done.add_fault("differs", f"{subject.number} was e-mailed after it was cancelled")


def _is_cancelled(books: SandboxAccount, subject: Subject) -> bool:
    return books.get_row(subject.number).status == "canceled"
