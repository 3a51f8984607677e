"""Fetch the facts that rules ask for: in parallel, whole, and never reading a failed look-up as `absent`."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import anyio

from ix_tools.api_client import protocol
from ix_tools.api_client.list_queries import every_state, issued
from ix_tools.api_client.reader import PAGE, AccountReader
from ix_tools.approvals.repository import Approvals
from ix_tools.domain.document_kinds import document_type
from ix_tools.domain.parsing import as_record, read_id, read_page, read_rows, require_content, unclear
from ix_tools.domain.records import Balance, CatalogueItem, Client, Document, Regularization, Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.errors import NotFound, Unavailable, Unreadable
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.notes import NOTES, owner_among
from ix_tools.idempotency.journal import Journal
from ix_tools.idempotency.last_written import sent_with
from ix_tools.operations.base import Operation
from ix_tools.operations.expectations import Subject
from ix_tools.pipeline.gathering import gather

Made = TypeVar("Made")
OWNERS = ("invoices", "invoice_receipts", "simplified_invoices", "vat_moss_invoices")
GUIDES = ("shippings", "transports", "devolutions")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What of an account was read for a question to a person: InvoiceXpress itself judges these again."""

    taxes: tuple[Tax, ...]
    sequences: tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class LookUps(AccountReader):
    """One account's look-ups."""

    approvals: Approvals
    journal: Journal | None = None
    remembered: "Remembered | None" = None
    """What was read when a person was asked about this very call, and is not read again for the same yes."""

    async def first(self, call: Operation[Any], wanted: frozenset[Want], now: datetime) -> Facts:
        """What can be known from the call alone."""
        facts: dict[str, Any] = {"now": now, "account": self.account.name}
        about = call.about()
        jobs: dict[str, Callable[[], Awaitable[Any]]] = {}
        if self.remembered is not None:
            facts |= {"taxes": self.remembered.taxes, "sequences": self.remembered.sequences}
        else:
            if Want.TAXES in wanted:
                jobs["taxes"] = self.taxes
            if Want.SEQUENCES in wanted:
                jobs["sequences"] = self.sequences
        if Want.DOCUMENT in wanted and about:
            jobs["document_raw"] = lambda: self.word_for_word(*about)
        if Want.RELATED in wanted and about:
            jobs["related"] = lambda: _if_found(self._related(about[1]))
        if Want.NEWEST in wanted:
            jobs["newest"] = lambda: self._newest(call)
        if Want.DIFFERENCES in wanted and about:
            jobs["differences"] = lambda: anyio.to_thread.run_sync(
                self.approvals.noted_differences, self.account.name, *about
            )
        if Want.UNRETURNED in wanted and about and (journal := self.journal) is not None:
            place = (self.account.name, f"{about[0]}/{about[1]}")
            jobs["written"] = lambda: anyio.to_thread.run_sync(journal.last_written, *place)
        if Want.CLIENT in wanted and (client := getattr(call, "client", None)) is not None:
            if client.id is not None:
                jobs["client_by_code"] = lambda: self._client(client.id)
            else:
                jobs["client_by_code"] = lambda: self.client_by_code(client.code)
                jobs["client_by_name"] = lambda: self.client_by_name(client.name)
        jobs |= self._of_the_subject(call, wanted)
        facts |= await gather(jobs)
        if facts.get("related", ()) is None:  # the document itself was found
            raise _untold("the related documents")
        if "subject" in facts:
            facts["subject"], facts["subject_raw"] = facts["subject"]
        if "document_raw" in facts and about:
            facts["document"] = _read(facts["document_raw"], about[0]).taxed(facts.get("taxes", ()))
        facts["unreturned"] = sent_with(facts.pop("written", None), facts.get("document"))
        return Facts(**facts)

    async def second(self, call: Operation[Any], wanted: frozenset[Want], facts: Facts) -> Facts:
        """What depends on the document, or on the call with everything filled in."""
        jobs: dict[str, Callable[[], Awaitable[Any]]] = {}
        document = facts.document
        if Want.DOCUMENT_CLIENT in wanted and document and document.client and document.client.id:
            number = document.client.id
            jobs["document_client_raw"] = lambda: self.client_word_for_word(number)
        if Want.LATER_IN_SERIES in wanted and document and getattr(call, "state", "") == "finalized":
            jobs["later"] = lambda: self._later(document)
            if self.remembered is None:  # for the eye only
                jobs["last_in_series"] = lambda: self._last(document)
        owner = getattr(call, "owner_invoice_id", None) or _owner_of(facts)
        if Want.OWNER in wanted and owner:
            kind = getattr(call, "document_type", "")
            jobs["owner"] = lambda: self._owner(owner, (*OWNERS, *GUIDES) if kind in OWNERS else OWNERS)
        if Want.OWNER_RELATED in wanted and owner and getattr(call, "document_type", "") in NOTES:
            jobs["owner_related"] = lambda: _if_found(self._related(owner))
        items = getattr(call, "items", None)
        if Want.ITEMS in wanted and items:
            jobs["catalogue"] = lambda: self._items({item.name for item in items})
        found = await gather(jobs)
        if "document_client_raw" in found:
            raw = found["document_client_raw"]
            found["document_client"] = as_record(Client, raw) if raw else None
        if found.get("owner_related", ()) is None:
            if found.get("owner") is not None:
                raise _untold("the documents related to the invoice")
            found["owner_related"] = ()
        if "catalogue" in found:
            found["items"], found["items_unchecked"] = found.pop("catalogue")
        return replace(facts, **found) if found else facts

    async def document(self, kind: str, number: int, taxes: tuple[Tax, ...] = ()) -> Document:
        """A document as it is now."""
        return _read(await self.word_for_word(kind, number), kind).taxed(taxes)

    async def clients(self) -> list[Client]:
        """The account's clients, as far as the setting lets pages be read."""
        rows, _ = await self.listed("/clients.json", "clients")
        return [as_record(Client, row) for row in rows]

    # --- what a call is about, besides documents ---

    async def regarded(self, call: Operation[Any], wanted: frozenset[Want], facts: Facts) -> Facts:
        """What depends on the client, item, tax or series that a name was found to mean."""
        found = await gather(self._of_the_subject(call, wanted))
        if "subject" in found:
            found["subject"], found["subject_raw"] = found["subject"]
        return replace(facts, **found)

    def _of_the_subject(
        self, call: Operation[Any], wanted: frozenset[Want]
    ) -> dict[str, Callable[[], Awaitable[Any]]]:
        jobs: dict[str, Callable[[], Awaitable[Any]]] = {}
        subject = call.regarding()
        if Want.SUBJECT in wanted and subject is not None:
            jobs["subject"] = lambda: self.subject(subject)
        number = getattr(call, "client_id", None)
        if number is not None:
            treasury = f"/api/v3/clients/{number}"
            if Want.CLIENT_DOCUMENTS in wanted:
                jobs["client_documents"] = lambda: self._documents_of(number)
            if Want.BALANCE in wanted:
                jobs["balance"] = lambda: self._balance(f"{treasury}/balance.json")
            if Want.REGULARIZATIONS in wanted:
                jobs["regularizations"] = lambda: self._regularizations(f"{treasury}/regularization.json")
        return jobs

    async def subject(self, subject: Subject) -> tuple[Record, Mapping[str, Any]]:
        """The thing a call is about as it is now, and word for word."""
        try:
            content = protocol.unwrapped(await self.get(subject.path), subject.name)
        except NotFound as miss:
            number = subject.path.split("/")[-1 if "/api/" not in subject.path else -2].removesuffix(".json")
            miss.message = f"There is no {subject.name} with the id {number}."
            miss.say_nothing_sent()
            raise
        if isinstance(content, list):  # the description writes `sequences` for one
            content = content[0] if content else {}
        found = require_content(content, subject.title)
        return subject.record.model_validate(found), found

    async def subject_word_for_word(self, subject: Subject) -> Mapping[str, Any]:
        """The thing a call is about as InvoiceXpress writes it."""
        return (await self.subject(subject))[1]

    async def balance_of(self, client: int) -> Mapping[str, Any]:
        """What a client owes, as approvals are bound to it."""
        balance = await self._balance(f"/api/v3/clients/{client}/balance.json")
        return balance.model_dump(mode="json")

    async def _documents_of(self, client: int) -> int:
        asked = {"filter": {"status": [], "by_type": [], "archived": ["non_archived", "archived"]}}
        body = json.dumps(asked).encode()
        request = protocol.Request(
            "POST", f"/clients/{client}/invoices.json", (("per_page", "1"),), body, asks=True
        )
        response = await self.account.send(request)
        if response.status >= 300:
            raise protocol.failure(request, response, "the client's documents")
        body = protocol.read_json(request, response)
        rows = read_rows(body, "invoices")
        page = read_page(body, rows, "invoices", counted=True)
        return max(page.total_entries if page else 0, len(rows))

    async def _balance(self, path: str) -> Balance:
        return as_record(Balance, require_content(await self.get(path), "the client's balance"))

    async def _regularizations(self, path: str) -> tuple[Regularization, ...]:
        return tuple(
            [
                Regularization.model_validate(row)
                async for rows, _ in self.pages(path, "regularization")
                for row in rows
            ]
        )

    # --- one look-up each ---

    async def taxes(self) -> tuple[Tax, ...]:
        """The account's taxes."""
        return tuple(as_record(Tax, one) for one in read_rows(await self.get("/taxes.json"), "taxes"))

    async def sequences(self) -> tuple[Sequence, ...]:
        """The account's series."""
        return tuple(
            as_record(Sequence, one) for one in read_rows(await self.get("/sequences.json"), "sequences")
        )

    async def sequence_of_id(self, number: int | None) -> Mapping[str, Any]:
        """A series as approvals are bound to it; empty where there is none of that id."""
        found = next((one for one in await self.sequences() if one.id == number), None)
        return found.model_dump(mode="json") if found is not None else {}

    async def word_for_word(self, kind: str, number: int) -> Mapping[str, Any]:
        """A document as InvoiceXpress writes it."""
        path = f"/{kind}/{number}.json"
        try:
            body = await self.get(path)
        except NotFound as miss:
            what = document_type(kind).en.lower()
            miss.message = f"There is no {what} with the id {number}."
            miss.say_nothing_sent()
            raise
        return require_content(protocol.unwrapped(body, document_type(kind).singular), f"{kind}/{number}")

    async def _related(self, number: int) -> tuple[Document, ...]:
        return tuple(as_record(Document, one) for one in await self.related(number))

    async def _owner(self, number: int, kinds: tuple[str, ...]) -> Document | None:
        for kind in kinds:
            try:
                return _read(await self.word_for_word(kind, number), kind)
            except NotFound:
                continue
        return None

    async def client_word_for_word(self, number: int) -> Mapping[str, Any]:
        """A client as InvoiceXpress writes it; empty where there is none of that id."""
        try:
            found = protocol.unwrapped(await self.get(f"/clients/{number}.json"), "client")
        except NotFound:
            return {}
        return require_content(found, f"clients/{number}")

    async def _client(self, number: int) -> Client | None:
        found = await self.client_word_for_word(number)
        return as_record(Client, found) if found else None

    async def client_by_code(self, code: str | None) -> Client | None:
        """The client that InvoiceXpress finds for a code."""
        found = await self.client_of_code(code) if code else None
        return None if found is None else as_record(Client, found)

    async def client_by_name(self, name: str | None) -> Client | None:
        """The client that InvoiceXpress finds for a name."""
        if not name:
            return None
        try:
            body = await self.get("/clients/find-by-name.json", ("client_name", name))
        except NotFound:
            return None
        except Unavailable:
            # A miss by name can be a 500. Only a list read to its end says that nobody has the name.
            return await self._client_in_list(name)
        return as_record(Client, require_content(protocol.unwrapped(body, "client"), "the client by name"))

    async def _client_in_list(self, name: str) -> Client | None:
        rows, unread = await self.listed("/clients.json", "clients")
        found = next((row for row in rows if row.get("name") == name), None)
        if found is None and unread:
            raise Unavailable(
                f"Whether a client called {name!r} exists cannot be told: InvoiceXpress failed to look it up.",
                sent="nothing",
                next="give client.code (find_client), or try again later",
                retryable=True,
            )
        return as_record(Client, found) if found is not None else None

    async def _items(self, names: set[str]) -> tuple[dict[str, CatalogueItem], int]:
        found: dict[str, CatalogueItem] = {}
        read = 0
        async for rows, page in self.pages("/items.json", "items"):
            read += 1
            for row in rows:
                if row.get("name") in names:
                    found[row["name"]] = as_record(CatalogueItem, row)
            if len(found) == len(names):
                return found, 0
            if read >= self.most_pages and read < page.total_pages:
                return found, page.total_entries - read * (page.per_page or PAGE)
        return found, 0

    async def _newest(self, call: Operation[Any]) -> tuple[Document, ...]:
        path, key, query = every_state(getattr(call, "document_type", ""))
        async for rows, _ in self.pages(path, key, *query):
            return tuple(as_record(Document, raw) for raw in rows)
        return ()

    async def newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Every document of a kind with a higher id, drafts and issued, word for word; the newest come first."""
        path, key, query = every_state(kind)
        if key != "guides":  # the list of guides knows no such filter
            query += [(f"date[{end}]", day.strftime("%d/%m/%Y")) for end in ("from", "to")]
        found: list[Mapping[str, Any]] = []
        read = 0
        async for rows, page in self.pages(path, key, *query):
            newer = [raw for raw in rows if read_id(raw, key) > after]
            found += newer
            read += 1
            if not newer:
                break
            if read >= self.most_pages and read < page.total_pages:
                raise Unavailable(
                    f"There are more than {read * PAGE} newer {kind}; not all of them were looked at.",
                    sent="nothing",
                    next="set catalogue_pages higher",
                )
        return found

    async def client_of_code(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code, word for word."""
        try:
            body = await self.get("/clients/find-by-code.json", ("client_code", code))
        except NotFound:
            return None
        return require_content(protocol.unwrapped(body, "client"), "the client by code")

    async def related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one, word for word.

        Raises: NotFound where InvoiceXpress knows no such document; of one that is there that says nothing.
        """
        return list(read_rows(await self.get(f"/document/{number}/related_documents.json"), "documents"))

    async def _last(self, document: Document) -> Document | None:
        # Lists are newest first, so the first page holds it; for the eye only, no rule leans on it.
        path, key, query = issued(document)
        async for rows, _ in self.pages(path, key, *query):
            return next(
                (one for row in rows if _same_series(one := as_record(Document, row), document)), None
            )
        return None

    async def _later(self, document: Document) -> tuple[Document, ...]:
        if document.date is None:
            return ()
        path, key, query = issued(document)
        if key != "guides":  # the list of guides knows no such filter
            query.append(("date[from]", (document.date + timedelta(days=1)).strftime("%d/%m/%Y")))
        found: list[Document] = []
        async for rows, _ in self.pages(path, key, *query):
            found += [one for row in rows if _same_series(one := as_record(Document, row), document)]
        return tuple(one for one in found if one.date and one.date > document.date)


def _untold(what: str) -> Unreadable:
    """Build the error of a 404 for what belongs to something that is there."""
    failure = unclear(what)
    failure.say_nothing_sent()
    return failure


async def _if_found(job: Awaitable[Made]) -> Made | None:
    """What a look-up brings; None where InvoiceXpress answers 404."""
    try:
        return await job
    except NotFound:
        return None


def _same_series(one: Document, other: Document) -> bool:
    return one.sequence_id == other.sequence_id if one.sequence_id and other.sequence_id else True


def _read(raw: Mapping[str, Any], kind: str) -> Document:
    return as_record(Document, {**raw, "document_type": kind})


def _owner_of(facts: Facts) -> int | None:
    """The id of what the document belongs to: some answers show it, the journal knows it, related documents have it."""
    document = facts.document
    if document is None:
        return None
    known = document.owner_invoice_id or (facts.unreturned or {}).get("owner_invoice_id")
    return int(known) if known else owner_among(facts.related, document.document_type)
