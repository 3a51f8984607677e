"""Fact loader: reads the account for the facts that guards need, in parallel; a failed look-up never counts as absence."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import anyio

from ix_tools.api_client import protocol
from ix_tools.api_client.list_queries import query_every_state, query_issued
from ix_tools.api_client.reader import PAGE_SIZE, AccountReader
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.domain.document_kinds import GUIDES, NOTES, get_document_kind
from ix_tools.domain.parsing import (
    build_unclear_error,
    parse_record,
    read_id,
    read_page,
    read_rows,
    require_content,
)
from ix_tools.domain.records import Balance, CatalogueItem, Client, Document, Regularization, Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.errors import NotFound, Unavailable, Unreadable
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER, identify_number
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.notes import find_owner
from ix_tools.idempotency.journal import Journal
from ix_tools.idempotency.unreturned_fields import find_unreturned_fields
from ix_tools.operations.base import Operation
from ix_tools.operations.expectations import Subject
from ix_tools.operations.protocols import (
    HasClient,
    HasOwner,
    get_client_id,
    get_document_type,
    get_lines,
    get_new_tax_number,
    get_state,
)
from ix_tools.pipeline.parallel import gather

Found = TypeVar("Found")
Lookups = dict[str, Callable[[], Awaitable[Any]]]
"""Look-ups to make side by side, by the name of the fact."""
OWNER_TYPES = ("invoices", "invoice_receipts", "simplified_invoices", "vat_moss_invoices")


@dataclass(frozen=True, slots=True)
class RememberedLookups:
    """Look-ups made for an approval request and reused after the answer; InvoiceXpress checks them again itself."""

    taxes: tuple[Tax, ...]
    sequences: tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class FactLoader(AccountReader):
    """Reads the facts of one account."""

    approvals: ApprovalRepository
    journal: Journal | None = None
    remembered: "RememberedLookups | None" = None
    """Look-ups made when the approval of this call was requested, reused for the same approval."""

    async def load_from_call(self, call: Operation[Any], wanted: frozenset[Want], now: datetime) -> Facts:
        """Load the wanted facts that depend on the call alone."""
        facts: dict[str, Any] = {"now": now, "account": self.account.name}
        reference = call.document_ref()
        jobs: Lookups = {}
        if self.remembered is not None:
            facts |= {"taxes": self.remembered.taxes, "sequences": self.remembered.sequences}
        else:
            if Want.TAXES in wanted:
                jobs["taxes"] = self.list_taxes
            if Want.SEQUENCES in wanted:
                jobs["sequences"] = self.list_sequences
        if Want.NEWEST in wanted:
            jobs["newest"] = lambda: self._list_newest(call)
        if reference:
            jobs |= self._plan_document_lookups(*reference, wanted)
        if Want.CLIENT in wanted and isinstance(call, HasClient) and (client := call.client) is not None:
            if (number := client.id) is not None:
                jobs["client_by_code"] = lambda: self._get_client(number)
            else:
                jobs["client_by_code"] = lambda: self.find_client_by_code(client.code)
                jobs["client_by_name"] = lambda: self.find_client_by_name(client.name)
        jobs |= self._plan_subject_lookups(call, wanted)
        facts |= await gather(jobs)
        if facts.get("related", ()) is None:  # missing, although the document was found
            raise _build_unclear_error("the related documents")
        if "subject" in facts:
            facts["subject"], facts["subject_raw"] = facts["subject"]
        if "document_raw" in facts and reference:
            facts["document"] = _parse_document(facts["document_raw"], reference[0]).with_named_taxes(
                facts.get("taxes", ())
            )
        facts["unreturned"] = find_unreturned_fields(facts.pop("written", None), facts.get("document"))
        return Facts(**facts)

    def _plan_document_lookups(self, kind: str, number: int, wanted: frozenset[Want]) -> Lookups:
        jobs: Lookups = {}
        if Want.DOCUMENT in wanted:
            jobs["document_raw"] = lambda: self.get_raw_document(kind, number)
        if Want.RELATED in wanted:
            jobs["related"] = lambda: _none_if_missing(self._list_related(number))
        if Want.DIFFERENCES in wanted:
            jobs["differences"] = lambda: anyio.to_thread.run_sync(
                self.approvals.load_differences, self.account.name, kind, number
            )
        if Want.UNRETURNED in wanted and (journal := self.journal) is not None:
            place = (self.account.name, f"{kind}/{number}")
            jobs["written"] = lambda: anyio.to_thread.run_sync(journal.find_last_write, *place)
        return jobs

    async def load_dependent(self, call: Operation[Any], wanted: frozenset[Want], facts: Facts) -> Facts:
        """Load the wanted facts that depend on the document or on the completed call."""
        found = await gather(self._plan_dependent_lookups(call, wanted, facts))
        if "numbered" in found:
            found["same_number"], found["same_number_unread"] = found.pop("numbered")
        if "document_client_raw" in found:
            raw = found["document_client_raw"]
            found["document_client"] = parse_record(Client, raw) if raw else None
        if found.get("owner_related", ()) is None:
            if found.get("owner") is not None:
                raise _build_unclear_error("the documents related to the invoice")
            found["owner_related"] = ()
        if "catalogue" in found:
            found["items"], found["items_unchecked"] = found.pop("catalogue")
        return replace(facts, **found) if found else facts

    def _plan_dependent_lookups(self, call: Operation[Any], wanted: frozenset[Want], facts: Facts) -> Lookups:
        jobs: Lookups = {}
        document = facts.document
        if Want.DOCUMENT_CLIENT in wanted and document and document.client and document.client.id:
            number = document.client.id
            jobs["document_client_raw"] = lambda: self.get_raw_client(number)
        if Want.LATER_IN_SERIES in wanted and document and get_state(call) == "finalized":
            jobs["later"] = lambda: self._list_later_in_series(document)
            if self.remembered is None:  # shown to a person only
                jobs["last_in_series"] = lambda: self._find_last_in_series(document)
        owner = (call.owner_invoice_id if isinstance(call, HasOwner) else None) or _find_owner_id(facts)
        if Want.OWNER in wanted and owner:
            jobs["owner"] = lambda: self._find_owner(
                owner, (*OWNER_TYPES, *GUIDES) if get_document_type(call) in OWNER_TYPES else OWNER_TYPES
            )
        if Want.OWNER_RELATED in wanted and owner and get_document_type(call) in NOTES:
            jobs["owner_related"] = lambda: _none_if_missing(self._list_related(owner))
        items = get_lines(call)
        if Want.ITEMS in wanted and items:
            jobs["catalogue"] = lambda: self._load_items({item.name for item in items})
        if Want.SAME_NUMBER in wanted:
            jobs["numbered"] = lambda: self._find_clients_with_number(get_new_tax_number(call, facts))
        return jobs

    async def get_document(self, kind: str, number: int, taxes: tuple[Tax, ...] = ()) -> Document:
        """Return a document as it is now."""
        return _parse_document(await self.get_raw_document(kind, number), kind).with_named_taxes(taxes)

    async def list_clients(self) -> list[Client]:
        """Return the account's clients, up to the configured number of pages."""
        rows, _ = await self.read_list("/clients.json", "clients")
        return [parse_record(Client, row) for row in rows]

    # --- subjects: clients, items, taxes, series, accounts ---

    async def reload_subject(self, call: Operation[Any], wanted: frozenset[Want], facts: Facts) -> Facts:
        """Load the subject again after its name was resolved to an id."""
        found = await gather(self._plan_subject_lookups(call, wanted))
        if "subject" in found:
            found["subject"], found["subject_raw"] = found["subject"]
        return replace(facts, **found)

    def _plan_subject_lookups(self, call: Operation[Any], wanted: frozenset[Want]) -> Lookups:
        jobs: Lookups = {}
        subject = call.subject_ref()
        if Want.SUBJECT in wanted and subject is not None:
            jobs["subject"] = lambda: self.get_subject(subject)
        number = get_client_id(call)
        if number is not None:
            treasury = f"/api/v3/clients/{number}"
            if Want.CLIENT_DOCUMENTS in wanted:
                jobs["client_documents"] = lambda: self._count_client_documents(number)
            if Want.BALANCE in wanted:
                jobs["balance"] = lambda: self._get_balance(f"{treasury}/balance.json")
            if Want.REGULARIZATIONS in wanted:
                jobs["regularizations"] = lambda: self._list_regularizations(
                    f"{treasury}/regularization.json"
                )
        return jobs

    async def get_subject(self, subject: Subject) -> tuple[Record, Mapping[str, Any]]:
        """Return the subject of a call as it is now: the record and the raw response."""
        try:
            content = protocol.unwrap(await self.get(subject.path), subject.name)
        except NotFound as miss:
            number = subject.path.split("/")[-1 if "/api/" not in subject.path else -2].removesuffix(".json")
            miss.message = f"There is no {subject.name} with the id {number}."
            miss.sent = "nothing"
            raise
        if isinstance(content, list):  # the vendor's description returns `sequences` for a single one
            content = content[0] if content else {}
        found = require_content(content, subject.title)
        return subject.record.model_validate(found), found

    async def get_raw_subject(self, subject: Subject) -> Mapping[str, Any]:
        """Return the raw response for the subject of a call."""
        return (await self.get_subject(subject))[1]

    async def get_raw_balance(self, client: int) -> Mapping[str, Any]:
        """Return a client's balance in the form that approvals are bound to."""
        balance = await self._get_balance(f"/api/v3/clients/{client}/balance.json")
        return balance.model_dump(mode="json")

    async def _count_client_documents(self, client: int) -> int:
        asked = {"filter": {"status": [], "by_type": [], "archived": ["non_archived", "archived"]}}
        body = json.dumps(asked).encode()
        request = protocol.Request(
            "POST", f"/clients/{client}/invoices.json", (("per_page", "1"),), body, reads_by_post=True
        )
        response = await self.account.send(request)
        if response.status >= 300:
            raise protocol.build_error(request, response, "the client's documents")
        body = protocol.read_json(request, response)
        rows = read_rows(body, "invoices")
        page = read_page(body, rows, "invoices", counted=True)
        return max(page.total_entries if page else 0, len(rows))

    async def _get_balance(self, path: str) -> Balance:
        return parse_record(Balance, require_content(await self.get(path), "the client's balance"))

    async def _list_regularizations(self, path: str) -> tuple[Regularization, ...]:
        return tuple(
            [
                Regularization.model_validate(row)
                async for rows, _ in self.read_pages(path, "regularization")
                for row in rows
            ]
        )

    # --- one look-up each ---

    async def list_taxes(self) -> tuple[Tax, ...]:
        """Return the account's taxes."""
        return tuple(parse_record(Tax, one) for one in read_rows(await self.get("/taxes.json"), "taxes"))

    async def list_sequences(self) -> tuple[Sequence, ...]:
        """Return the account's series."""
        return tuple(
            parse_record(Sequence, one) for one in read_rows(await self.get("/sequences.json"), "sequences")
        )

    async def get_raw_sequence(self, number: int | None) -> Mapping[str, Any]:
        """Return a series in the form that approvals are bound to; empty if the id does not exist."""
        found = next((one for one in await self.list_sequences() if one.id == number), None)
        return found.model_dump(mode="json") if found is not None else {}

    async def get_raw_document(self, kind: str, number: int) -> Mapping[str, Any]:
        """Return the raw response for a document."""
        path = f"/{kind}/{number}.json"
        try:
            body = await self.get(path)
        except NotFound as miss:
            what = get_document_kind(kind).en.lower()
            miss.message = f"There is no {what} with the id {number}."
            miss.sent = "nothing"
            raise
        return require_content(protocol.unwrap(body, get_document_kind(kind).singular), f"{kind}/{number}")

    async def _list_related(self, number: int) -> tuple[Document, ...]:
        return tuple(parse_record(Document, one) for one in await self.list_raw_related(number))

    async def _find_owner(self, number: int, kinds: tuple[str, ...]) -> Document | None:
        for kind in kinds:
            try:
                return _parse_document(await self.get_raw_document(kind, number), kind)
            except NotFound:
                continue
        return None

    async def get_raw_client(self, number: int) -> Mapping[str, Any]:
        """Return the raw response for a client; empty if the id does not exist."""
        try:
            found = protocol.unwrap(await self.get(f"/clients/{number}.json"), "client")
        except NotFound:
            return {}
        return require_content(found, f"clients/{number}")

    async def _get_client(self, number: int) -> Client | None:
        found = await self.get_raw_client(number)
        return parse_record(Client, found) if found else None

    async def find_client_by_code(self, code: str | None) -> Client | None:
        """Return the client that InvoiceXpress finds for a code."""
        found = await self.find_raw_client_by_code(code) if code else None
        return None if found is None else parse_record(Client, found)

    async def find_client_by_name(self, name: str | None) -> Client | None:
        """Return the client that InvoiceXpress finds for a name."""
        if not name:
            return None
        try:
            body = await self.get("/clients/find-by-name.json", ("client_name", name))
        except NotFound:
            return None
        except Unavailable:
            # InvoiceXpress may answer 500 for an unknown name. Only a list read to its end proves that it is unknown.
            return await self._find_client_in_list(name)
        return parse_record(Client, require_content(protocol.unwrap(body, "client"), "the client by name"))

    async def _find_client_in_list(self, name: str) -> Client | None:
        rows, unread = await self.read_list("/clients.json", "clients")
        found = next((row for row in rows if row.get("name") == name), None)
        if found is None and unread:
            raise Unavailable(
                f"The client {name!r} could not be looked up: InvoiceXpress failed, so it is unknown whether the client exists.",
                sent="nothing",
                next="give client.code (find_client), or try again later",
                retryable=True,
            )
        return parse_record(Client, found) if found is not None else None

    async def _find_clients_with_number(
        self, given: tuple[str, str | None] | None
    ) -> tuple[tuple[Client, ...], int]:
        """Return the clients that have a number with its country, and how many clients were not read; nothing without one."""
        if given is None or given[0] == FINAL_CONSUMER:
            return (), 0
        wanted = identify_number(*given)
        rows, unread = await self.read_list("/clients.json", "clients")
        clients = [parse_record(Client, row) for row in rows]
        same = [
            one for one in clients if one.fiscal_id and identify_number(one.fiscal_id, one.country) == wanted
        ]
        return tuple(same), 0 if same else unread

    async def _load_items(self, names: set[str]) -> tuple[dict[str, CatalogueItem], int]:
        found: dict[str, CatalogueItem] = {}
        read = 0
        async for rows, page in self.read_pages("/items.json", "items"):
            read += 1
            for row in rows:
                if row.get("name") in names:
                    found[row["name"]] = parse_record(CatalogueItem, row)
            if len(found) == len(names):
                return found, 0
            if read >= self.max_pages and read < page.total_pages:
                return found, page.total_entries - read * (page.per_page or PAGE_SIZE)
        return found, 0

    async def _list_newest(self, call: Operation[Any]) -> tuple[Document, ...]:
        path, key, query = query_every_state(get_document_type(call) or "")
        async for rows, _ in self.read_pages(path, key, *query):
            return tuple(parse_record(Document, raw) for raw in rows)
        return ()

    async def list_raw_newer(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Return raw documents of a type with a higher id, drafts included, newest first."""
        path, key, query = query_every_state(kind)
        if key != "guides":  # the list of guides knows no such filter
            query += [(f"date[{end}]", day.strftime("%d/%m/%Y")) for end in ("from", "to")]
        found: list[Mapping[str, Any]] = []
        read = 0
        async for rows, page in self.read_pages(path, key, *query):
            newer = [raw for raw in rows if read_id(raw, key) > after]
            found += newer
            read += 1
            if not newer:
                break
            if read >= self.max_pages and read < page.total_pages:
                raise Unavailable(
                    f"There are more than {read * PAGE_SIZE} newer {kind}; not all of them were looked at.",
                    sent="nothing",
                    next="raise the setting catalogue_pages",
                )
        return found

    async def find_raw_client_by_code(self, code: str) -> Mapping[str, Any] | None:
        """Return the raw response for the client that InvoiceXpress finds for a code, or None."""
        try:
            body = await self.get("/clients/find-by-code.json", ("client_code", code))
        except NotFound:
            return None
        return require_content(protocol.unwrap(body, "client"), "the client by code")

    async def list_raw_related(self, number: int) -> list[Mapping[str, Any]]:
        """Return the raw documents related to a document.

        Raises:
            NotFound: InvoiceXpress answered 404, which it may do even for an existing document.
        """
        return list(read_rows(await self.get(f"/document/{number}/related_documents.json"), "documents"))

    async def _find_last_in_series(self, document: Document) -> Document | None:
        # Lists are newest first, so the first page holds it; shown to a person only, no guard relies on it.
        path, key, query = query_issued(document)
        async for rows, _ in self.read_pages(path, key, *query):
            return next(
                (one for row in rows if _is_same_series(one := parse_record(Document, row), document)), None
            )
        return None

    async def _list_later_in_series(self, document: Document) -> tuple[Document, ...]:
        if document.date is None:
            return ()
        path, key, query = query_issued(document)
        if key != "guides":  # the list of guides knows no such filter
            query.append(("date[from]", (document.date + timedelta(days=1)).strftime("%d/%m/%Y")))
        found: list[Document] = []
        async for rows, _ in self.read_pages(path, key, *query):
            found += [one for row in rows if _is_same_series(one := parse_record(Document, row), document)]
        return tuple(one for one in found if one.date and one.date > document.date)


def _build_unclear_error(what: str) -> Unreadable:
    """Build the error for a 404 about records of an existing document."""
    failure = build_unclear_error(what)
    failure.sent = "nothing"
    return failure


async def _none_if_missing(job: Awaitable[Found]) -> Found | None:
    """Return the result of a look-up, or None if InvoiceXpress answers 404."""
    try:
        return await job
    except NotFound:
        return None


def _is_same_series(one: Document, other: Document) -> bool:
    return one.sequence_id == other.sequence_id if one.sequence_id and other.sequence_id else True


def _parse_document(raw: Mapping[str, Any], kind: str) -> Document:
    return parse_record(Document, {**raw, "document_type": kind})


def _find_owner_id(facts: Facts) -> int | None:
    """Return the id of the owner invoice from the document, the journal or the related documents."""
    document = facts.document
    if document is None:
        return None
    known = document.owner_invoice_id or (facts.unreturned or {}).get("owner_invoice_id")
    return int(known) if known else find_owner(facts.related, document.document_type)
