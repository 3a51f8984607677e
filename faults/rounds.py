"""One round: a person approves a call, and at that moment somebody else writes; was what was issued what the person saw?

arrange ─▶ ask ─▶ look into the books ─▶ answer ∥ the second call ─▶ look into the books again ─▶ judge
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio

from faults.hosts import CallResult, Host, Json
from faults.sandbox_account import OTHER, DocumentSnapshot, SandboxAccount
from ix_tools.sandbox.ledger import totals

LIMIT = 200
"""Up to so many euros the owner's policy lets calls out without a person; a round's document is of 123.00."""
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
"""What may never be: a document that is not what was shown; a round without success; `busy` for who is alone; and more."""


@dataclass(frozen=True)
class Cell:
    """One kind of round."""

    way: str
    first: str
    second: str
    delay: float
    """Seconds that InvoiceXpress takes for each answer."""

    @property
    def attended(self) -> bool:
        """Whether a person is asked."""
        return self.way != "unattended"


@dataclass
class Round:
    """What came of one."""

    cell: Cell
    faults: list[str] = field(default_factory=list)
    """Words of FAULTS, each once."""
    results: list[str] = field(default_factory=list)
    """What exactly."""
    codes: tuple[str, str] = ("", "")
    """What the two callers were told, in a word each."""
    issued: bool = False
    beside: float = 0.0
    """Seconds until both callers had their answer."""
    alone: float = 0.0
    """Seconds of the same call's look-ups when nobody was beside it; 0 where there were none before."""

    def add_fault(self, fault: str, what: str) -> None:
        """Note what may not be."""
        if fault not in self.faults:
            self.faults.append(fault)
        self.results.append(what)


Call = tuple[str, Json]


@dataclass
class Subject:
    """What a round is about."""

    number: int
    first: Call
    question: CallResult | None
    seen: DocumentSnapshot


async def run_round(books: SandboxAccount, one: Host, two: Host, cell: Cell, number: int) -> Round:
    """A round in an account of its own, with a caller on each side."""
    chance = random.Random(f"{cell} {number}")
    books.restore()
    done = Round(cell)
    subject = await ARRANGEMENTS[cell.first](
        books, one, cell, f"RACE {number} {chance.getrandbits(40):x}", done
    )
    second = SECONDS[cell.second](books, subject, chance)
    asked = await _request_question(two, second, done) if cell.attended and second[0] in GATED else None
    # At once, or somewhere within the time that the first call takes.
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
    if number % 5 == 0 or "busy" in done.codes:
        await _call_alone(one, ("update_client", {"client_id": 501, "phone": f"22{number:07}"}), done)
    return done


async def _call_alone(host: Host, call: Call, done: Round) -> CallResult:
    """A call beside which nothing is going on."""
    told = await host.call(*call)
    if told.code == "busy":
        done.add_fault("lone busy", f"{call[0]} was alone and told busy")
    elif told.code in {"internal_error", "protocol_error"}:
        done.add_fault("internal", f"{call[0]}: {told.body}")
    return told


async def _request_question(host: Host, call: Call, done: Round) -> CallResult:
    """The question that a gated call ends in."""
    told = await _call_alone(host, call, done)
    done.alone = told.seconds
    if not told.handle:
        raise RuntimeError(f"{call[0]} did not ask: {told.body}")
    return told


# --- what is approved -----------------------------------------------------------------------------------


async def _arrange_finalize(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """A draft that was made before, to be finalized."""
    return await _prepare_question(
        books, host, cell, books.create_draft(reference=reference), "finalized", done
    )


async def _arrange_settle(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """An issued invoice, to be marked as paid."""
    return await _prepare_question(
        books, host, cell, books.create_issued(reference=reference), "settled", done
    )


async def _arrange_cancel(
    books: SandboxAccount, host: Host, cell: Cell, reference: str, done: Round
) -> Subject:
    """An issued invoice, to be cancelled."""
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
    """A workflow: its draft is there when the person is asked; without a person it is made by the same first step."""
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
    """A hundred times the money; or the same money for another company."""
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
    """Compare what is in the books with what was shown, and with what the callers were told."""
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
    """Whether the first caller was told what happened; an outcome that nobody knows yet is no lie."""
    definite = first.body.get("sent") not in {"unknown", "stored"}
    if first.ok and not happened:
        done.add_fault("told wrong", f"{what} did not happen, and the caller was told ok")
    if happened and not first.ok and first.code != "asked" and definite:
        done.add_fault("told wrong", f"{what} happened, and the caller was told {_shorten(first)}")


def _judge_document(done: Round, books: SandboxAccount, subject: Subject, first: CallResult) -> None:
    """An issued document is in every field what was shown, and the client that of the record that was shown."""
    # A workflow whose draft was deleted meanwhile drafts anew: what counts is the document that its caller was told of.
    told_of = (first.body.get("document") or {}).get("id") if first.ok else None
    number = int(told_of or subject.number)
    done.issued = books.get_row(number).number is not None
    _judge_report(done, first, done.issued, "finalizing")
    if not done.issued:
        return
    now = books.take_snapshot(number)
    differing = subject.seen.find_differences(now)
    # Told that it was stored differently, the caller hears that the policy judged another one.
    judged_so = (
        not done.cell.attended
        and first.code != "stored_differently"
        and _matches_second_write(done.cell.second, now)
    )
    if differing and not judged_so:
        told = "told ok" if first.ok else f"told {first.code}"
        done.add_fault("differs", f"{number} ({told}): {'; '.join(differing)}")


def _matches_second_write(second: str, now: DocumentSnapshot) -> bool:
    """Whether a policy, which looks when its turn comes, may have let out the document as the second call left it."""
    if second == "update_invoice":
        lines = {(line["name"], line["unit_price"]) for line in now.document["lines"]}
        return now.client["code"] == OTHER["code"] and lines == {(QUIET_LINE["name"], "100")}
    if second == "update_client":
        return (now.client["fiscal_id"], now.client["address"]) == (NEW_NIF, NEW_STREET)
    return False


def _judge_receipts(done: Round, books: SandboxAccount, subject: Subject, first: CallResult) -> None:
    """A receipt is for the amount that was shown: all that was open, or the part that was paid."""
    amounts = [
        f"{float(totals.compute_document(row).total):.2f}" for row in books.list_receipts(subject.number)
    ]
    done.issued = bool(amounts)
    _judge_report(done, first, OPEN in amounts or len(amounts) > 1, "settling")
    if done.cell.attended and amounts not in ([], [OPEN], [PART]):
        done.add_fault("differs", f"receipts of {', '.join(amounts)} for {subject.number}")


def _judge_mail(done: Round, books: SandboxAccount, subject: Subject, first: CallResult) -> None:
    """An invoice that was shown as final is not sent once it is cancelled."""
    here = f"/invoices/{subject.number}"
    cancelled = books.find_position(f"{here}/change-state.json") if _is_cancelled(books, subject) else -1
    mailed = books.find_position(f"{here}/email-document.json")
    done.issued = mailed >= 0
    _judge_report(done, first, cancelled >= 0, "cancelling")
    if 0 <= cancelled < mailed:
        done.add_fault("differs", f"{subject.number} was e-mailed after it was cancelled")


def _is_cancelled(books: SandboxAccount, subject: Subject) -> bool:
    return books.get_row(subject.number).status == "canceled"
