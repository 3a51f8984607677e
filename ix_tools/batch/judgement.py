"""Judgement of a whole file before anything is written: every document by every rule, and each after those above it.

    documents ─▶ names of taxes for rates ─▶ dry run of create_invoice ─▶ again with what the rows above create ─▶ dates in order

A row is judged by the account as it would be after the rows above it: the clients that they create and the catalogue items that they
write count, so that the second row of a new client contradicts nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from ix_tools.batch.columns import list_columns
from ix_tools.batch.documents import BatchDocument, Rate
from ix_tools.batch.faults import Fault, refuse_if_faulty
from ix_tools.domain.records import CatalogueItem, Client, Tax
from ix_tools.errors import IxError, NotPermitted, Refused, SettingsError
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.messages import Message, message
from ix_tools.operations.drafts import ClientDetails, LineItem
from ix_tools.operations.invoices import CreateInvoice
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.dry_run import DryRun, dry_run
from ix_tools.pipeline.execute import execute
from ix_tools.pipeline.parallel import gather

Progress = Callable[[int, int], Awaitable[None]]
"""Reports the documents that are done, of how many."""
AT_ONCE = 8
"""Documents that are judged side by side."""
DRAFT_FIELDS = frozenset(CreateInvoice.model_fields)


@dataclass(frozen=True, slots=True)
class Judged:
    """A document that passed every rule."""

    document: BatchDocument
    arguments: dict[str, Any]
    """Arguments of issue_invoice with the names of taxes."""
    total: Decimal | None
    """The expected total with VAT."""
    is_new_client: bool
    warnings: tuple[Finding, ...]


async def judge(
    context: CallContext,
    documents: Sequence[BatchDocument],
    face: str = "library",
    progress: Progress | None = None,
    known: Iterable[Fault] = (),
) -> list[Judged]:
    """Judge the documents of a file.

    Args:
        known: faults of the rest of the file, which is refused with them and what the rules find.

    Raises:
        InvalidArguments: Some are refused; all problems are listed.
        IxError: The account cannot be read, or the caller may not create and issue invoices.
    """
    faults = list(known)
    try:
        judged = await _judge(context, documents, face, progress, faults)
    except IxError:
        refuse_if_faulty(faults)  # they need no account
        raise
    refuse_if_faulty(faults)
    return judged


async def _judge(
    context: CallContext,
    documents: Sequence[BatchDocument],
    face: str,
    progress: Progress | None,
    faults: list[Fault],
) -> list[Judged]:
    taxes = await _load_taxes(context, face) if any(map(_has_rates, documents)) else ()
    # The whole file is judged by one reading of the account, so that rows with one client or item cost one look-up.
    context = replace(context, account=context.account.share_reads())
    state, judged = _Accumulated(), list[Judged]()
    for start in range(0, len(documents), AT_ONCE):
        some = documents[start : start + AT_ONCE]
        for document, found in zip(some, await _try_out(context, some, taxes, face), strict=True):
            if isinstance(found, _Tried):
                problems = [
                    *state.find_conflicts(document, found.run),
                    *state.find_date_fault(document, found.run),
                ]
                faults += problems
                if not problems:
                    judged.append(_build_judged(document, found.arguments, found.run))
                state.add(found.run)
            else:
                faults += found
        if progress is not None:
            await progress(start + len(some), len(documents))
    return judged


@dataclass(frozen=True, slots=True)
class _Tried:
    """A document that passed every rule by itself."""

    arguments: dict[str, Any]
    run: DryRun


async def _try_out(
    context: CallContext, documents: Sequence[BatchDocument], taxes: Sequence[Tax], face: str
) -> list[_Tried | list[Fault]]:
    """Judge documents side by side, each by itself; return each with its arguments, or its faults."""

    async def judge_one(document: BatchDocument) -> _Tried | list[Fault]:
        given, unresolved = _name_taxes(document, taxes)
        if unresolved:
            return unresolved
        try:
            return _Tried(
                given, await dry_run(context, "create_invoice", select_draft_arguments(given), face)
            )
        except (NotPermitted, SettingsError):
            raise
        except Refused as refusal:
            return list(_place_problems(document, refusal))

    jobs = {str(at): partial(judge_one, document) for at, document in enumerate(documents)}
    found = await gather(jobs)
    return [found[str(at)] for at in range(len(documents))]


def select_draft_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of create_invoice among those of issue_invoice."""
    return {name: value for name, value in arguments.items() if name in DRAFT_FIELDS}


def _build_judged(document: BatchDocument, arguments: dict[str, Any], found: DryRun) -> Judged:
    expected = found.call.predict_state(found.facts)
    client = found.call.client if isinstance(found.call, CreateInvoice) else None
    is_new = (
        client is not None
        and client.id is None
        and not (found.facts.client_by_code or found.facts.client_by_name)
    )
    return Judged(
        document, arguments, expected.values.get("total") if expected else None, is_new, found.warnings
    )


def _place_problems(document: BatchDocument, refusal: Refused) -> Iterator[Fault]:
    words = refusal.details.get("accept")
    column = next(one.heading for one in list_columns() if one.field == "accept")
    for one in refusal.problems:
        right: Message = one.allowed
        if words:
            said = ", ".join(words)
            right = message(
                "{others} (in a file: {words} in the column {column})",
                others=right,
                words=said,
                column=column,
            )
        yield Fault(document.locate(one.field), one.problem, right)
    if not refusal.problems:
        yield Fault(str(document.row), refusal.message, refusal.next)


# --- taxes ---------------------------------------------------------------------------------------------


async def _load_taxes(context: CallContext, face: str) -> tuple[Tax, ...]:
    from ix_tools.approvals.models import CallOrigin

    outcome = await execute(context, "list_taxes", {}, origin=CallOrigin(face))
    return tuple(Tax.model_validate(one) for one in outcome.body["taxes"])


def _has_rates(document: BatchDocument) -> bool:
    return any(isinstance(one.get("tax"), Rate) for one in document.arguments["items"])


def _name_taxes(document: BatchDocument, taxes: Sequence[Tax]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the arguments with the tax names of the account instead of rates, and the rates that no tax or several taxes have."""
    faults: list[Fault] = []
    lines = []
    for at, line in enumerate(document.arguments["items"]):
        rate = line.get("tax")
        if not isinstance(rate, Rate):
            lines.append(line)
            continue
        fitting = [one.name for one in taxes if one.value == rate.percent and one.name]
        if len(fitting) != 1:
            names = ", ".join(fitting or [one.name for one in taxes if one.name])
            faults.append(
                Fault(
                    document.locate(f"items.{at}.tax"),
                    message("several taxes of the account have the rate {rate}", rate=rate.percent)
                    if fitting
                    else message("no tax of the account has the rate {rate}", rate=rate.percent),
                    message("the name of a tax: {names}", names=names),
                )
            )
            continue
        lines.append({**line, "tax": fitting[0]})
    return {**document.arguments, "items": lines}, faults


# --- rows above ----------------------------------------------------------------------------------------


@dataclass
class _Accumulated:
    """The state of the account after the rows above."""

    items: dict[str, CatalogueItem] = field(default_factory=dict)
    by_code: dict[str, Client] = field(default_factory=dict)
    by_name: dict[str, Client] = field(default_factory=dict)
    dates: dict[tuple[str, Any], tuple[Any, int]] = field(default_factory=dict)
    """Newest date and its row, by type and series."""

    def find_conflicts(self, document: BatchDocument, found: DryRun) -> Iterator[Fault]:
        """Yield what rules refuse once the rows above are created."""
        call = found.call
        assert isinstance(call, CreateInvoice)
        facts = self._overlay(call, found.facts)
        if facts is found.facts:
            return
        for guard in call.spec.guards:
            for one in guard(call, facts):
                if one.kind != "warn":
                    yield Fault(
                        document.locate(one.problem.field),
                        message("after the rows above: {problem}", problem=one.problem.problem),
                        one.problem.allowed,
                    )

    def _overlay(self, call: CreateInvoice, facts: Facts) -> Facts:
        changed: dict[str, Any] = {}
        items = {line.name: self.items[line.name] for line in call.items if line.name in self.items}
        if items:
            changed["items"] = {**facts.items, **items}
        client = call.client
        if client is not None and client.id is None and not (facts.client_by_code or facts.client_by_name):
            code, name = self.by_code.get(client.code or ""), self.by_name.get(client.name or "")
            if code or name:
                changed |= {"client_by_code": code, "client_by_name": name}
        return replace(facts, **changed) if changed else facts

    def find_date_fault(self, document: BatchDocument, found: DryRun) -> Iterator[Fault]:
        """Yield a date before that of a row above in the same series: numbers follow dates, and are given in the file's order."""
        call = found.call
        assert isinstance(call, CreateInvoice)
        key = (call.document_type, call.sequence_id)
        newest, row = self.dates.get(key, (call.date, document.row))
        if call.date < newest:
            yield Fault(
                document.locate("date"),
                message(
                    "{date} is before {newest} in row {row} of the same series",
                    date=call.date,
                    newest=newest,
                    row=row,
                ),
                message("the documents of a series in the order of their dates"),
            )
        else:
            self.dates[key] = (call.date, document.row)

    def add(self, found: DryRun) -> None:
        """Add the changes that a row would make."""
        call = found.call
        assert isinstance(call, CreateInvoice)
        for line in call.items:
            self.items[line.name] = _build_item(line)
        client = call.client
        if client is not None and client.id is None:
            record = _build_client(client)
            if client.code:
                self.by_code.setdefault(client.code, record)
            if client.name:
                self.by_name.setdefault(client.name, record)


def _build_item(line: LineItem) -> CatalogueItem:
    return CatalogueItem(
        name=line.name, description=line.description, unit_price=line.unit_price, unit=line.unit, tax=line.tax
    )


def _build_client(client: ClientDetails) -> Client:
    return Client.model_validate(client.model_dump(mode="json", exclude_none=True))
