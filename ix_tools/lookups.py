"""Fetch the facts that rules ask for: in parallel, whole, and never reading a failed look-up as `absent`."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import anyio

from ix_tools import wire
from ix_tools.account import Account
from ix_tools.approvals import Approvals
from ix_tools.errors import NotFound, Unavailable
from ix_tools.facts import Facts, Want
from ix_tools.fiscal.document_types import document_type
from ix_tools.gathering import gather
from ix_tools.guards.notes import NOTES, owner_among
from ix_tools.journal import Journal
from ix_tools.last_written import sent_with
from ix_tools.operation import Operation, Subject
from ix_tools.reading import as_object, as_record, require_content, rows_of
from ix_tools.records import (
    Balance,
    CatalogueItem,
    Client,
    Document,
    Page,
    Regularization,
    Sequence,
    Tax,
)
from ix_tools.shelves import every_state, issued
from ix_tools.vocabulary import Record

OWNERS = ("invoices", "invoice_receipts", "simplified_invoices", "vat_moss_invoices")
GUIDES = ("shippings", "transports", "devolutions")
PAGE = 100


@dataclass(frozen=True, slots=True)
class Remembered:
    """What of an account was read for a question to a person: InvoiceXpress itself judges these again."""

    taxes: tuple[Tax, ...]
    sequences: tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class LookUps:
    """One account's look-ups."""

    account: Account
    approvals: Approvals
    most_pages: int
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
            jobs["related"] = lambda: self._related(about[1])
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
            jobs["owner_related"] = lambda: self._related(owner)
        items = getattr(call, "items", None)
        if Want.ITEMS in wanted and items:
            jobs["catalogue"] = lambda: self._items({item.name for item in items})
        found = await gather(jobs)
        if "document_client_raw" in found:
            raw = found["document_client_raw"]
            found["document_client"] = as_record(Client, raw) if raw else None
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

    async def listed(self, path: str, key: str) -> tuple[list[dict[str, Any]], int]:
        """Every row of a list, as far as the setting lets pages be read, and how many rows that leaves out."""
        found: list[dict[str, Any]] = []
        read = 0
        async for rows, page in self._pages(path, key):
            found += rows
            read += 1
            if read >= self.most_pages:
                # A list that does not count its pages may go on after any full one.
                more = read < page.total_pages or (not page.total_entries and len(rows) >= PAGE)
                return found, max(1, page.total_entries - len(found)) if more else 0
        return found, 0

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
            content = wire.unwrapped(await self._get(subject.path), subject.name)
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
        request = wire.Request(
            "POST", f"/clients/{client}/invoices.json", (("per_page", "1"),), body, asks=True
        )
        response = await self.account.send(request)
        if response.status == 404:
            return 0
        if response.status >= 300:
            raise wire.failure(request, response, "the client's documents")
        found = wire.read_json(request, response) or {}
        page = Page.model_validate(found.get("pagination") or {})
        return max(page.total_entries, len(found.get("invoices") or []))

    async def _balance(self, path: str) -> Balance:
        return Balance.model_validate(wire.unwrapped(await self._get(path), "") or {})

    async def _regularizations(self, path: str) -> tuple[Regularization, ...]:
        return tuple(
            [
                Regularization.model_validate(row)
                async for rows, _ in self._pages(path, "regularization")
                for row in rows
            ]
        )

    # --- one look-up each ---

    async def _get(self, path: str, *query: tuple[str, str]) -> Any:
        request = wire.get(path, query)
        response = await self.account.send(request)
        if response.status >= 300:
            raise wire.failure(request, response, f"GET {path}")
        return wire.read_json(request, response)

    async def _pages(
        self, path: str, key: str, *query: tuple[str, str]
    ) -> AsyncIterator[tuple[list[dict[str, Any]], Page]]:
        number = 1
        while True:
            body = as_object(await self._get(path, *query, ("page", str(number)), ("per_page", str(PAGE))))
            rows = rows_of(body, key)
            page = as_record(Page, body.get("pagination") or {})
            yield rows, page
            # A list that does not count its pages ends with the first page that is not full.
            last = number >= page.total_pages if body.get("pagination") else len(rows) < PAGE
            if last or not rows:
                return
            number += 1

    async def taxes(self) -> tuple[Tax, ...]:
        """The account's taxes."""
        return tuple(as_record(Tax, one) for one in rows_of(await self._get("/taxes.json"), "taxes"))

    async def sequences(self) -> tuple[Sequence, ...]:
        """The account's series."""
        return tuple(
            as_record(Sequence, one) for one in rows_of(await self._get("/sequences.json"), "sequences")
        )

    async def sequence_of_id(self, number: int | None) -> Mapping[str, Any]:
        """A series as approvals are bound to it; empty where there is none of that id."""
        found = next((one for one in await self.sequences() if one.id == number), None)
        return found.model_dump(mode="json") if found is not None else {}

    async def word_for_word(self, kind: str, number: int) -> Mapping[str, Any]:
        """A document as InvoiceXpress writes it."""
        path = f"/{kind}/{number}.json"
        try:
            body = await self._get(path)
        except NotFound as miss:
            what = document_type(kind).en.lower()
            miss.message = f"There is no {what} with the id {number}."
            miss.say_nothing_sent()
            raise
        return require_content(wire.unwrapped(body, document_type(kind).singular), f"{kind}/{number}")

    async def _related(self, number: int) -> tuple[Document, ...]:
        return tuple(as_record(Document, one) for one in await self.related(number))

    async def _owner(self, number: int, kinds: tuple[str, ...]) -> Document | None:
        for kind in kinds:
            try:
                return _read(
                    wire.unwrapped(await self._get(f"/{kind}/{number}.json"), document_type(kind).singular),
                    kind,
                )
            except NotFound:
                continue
        return None

    async def client_word_for_word(self, number: int) -> Mapping[str, Any]:
        """A client as InvoiceXpress writes it; empty where there is none of that id."""
        try:
            found = wire.unwrapped(await self._get(f"/clients/{number}.json"), "client")
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
            body = await self._get("/clients/find-by-name.json", ("client_name", name))
        except NotFound:
            return None
        except Unavailable:
            # A miss by name can be a 500. Only a list read to its end says that nobody has the name.
            return await self._client_in_list(name)
        return as_record(Client, wire.unwrapped(body, "client") or {})

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
        async for rows, page in self._pages("/items.json", "items"):
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
        async for rows, _ in self._pages(path, key, *query):
            return tuple(as_record(Document, raw) for raw in rows)
        return ()

    async def newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Every document of a kind with a higher id, drafts and issued, word for word; the newest come first."""
        path, key, query = every_state(kind)
        if key != "guides":  # the list of guides knows no such filter
            query += [(f"date[{end}]", day.strftime("%d/%m/%Y")) for end in ("from", "to")]
        found: list[Mapping[str, Any]] = []
        read = 0
        async for rows, page in self._pages(path, key, *query):
            newer = [raw for raw in rows if int(raw.get("id") or 0) > after]
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

    async def every(self, path: str, key: str, *query: tuple[str, str]) -> list[Mapping[str, Any]]:
        """Every row of a list over all its pages, word for word; refused when rows moved while it was read."""
        found: dict[int, Mapping[str, Any]] = {}
        counted = 0
        async for rows, page in self._pages(path, key, *query):
            known = len(found)
            found |= {int(row.get("id") or 0): row for row in rows}
            counted = page.total_entries
            if len(found) == known:  # a list without pages, which gives the same for each
                break
        if len(found) < counted:
            raise Unavailable(
                f"{path} changed while it was read: it counts {counted} rows, and {len(found)} came.",
                sent="nothing",
                next="repeat the same call",
                retryable=True,
            )
        return list(found.values())

    async def client_of_code(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code, word for word."""
        try:
            body = await self._get("/clients/find-by-code.json", ("client_code", code))
        except NotFound:
            return None
        return as_object(wire.unwrapped(body, "client"))

    async def related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one, word for word."""
        try:
            body = await self._get(f"/document/{number}/related_documents.json") or {}
        except NotFound:
            return []
        return list(body.get("documents") or [])

    async def _last(self, document: Document) -> Document | None:
        # Lists are newest first, so the first page holds it; for the eye only, no rule leans on it.
        path, key, query = issued(document)
        async for rows, _ in self._pages(path, key, *query):
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
        async for rows, _ in self._pages(path, key, *query):
            found += [one for row in rows if _same_series(one := as_record(Document, row), document)]
        return tuple(one for one in found if one.date and one.date > document.date)


def _same_series(one: Document, other: Document) -> bool:
    return one.sequence_id == other.sequence_id if one.sequence_id and other.sequence_id else True


def _read(raw: Any, kind: str) -> Document:
    content = as_object(raw)
    return as_record(Document, {**content, "document_type": kind})


def _owner_of(facts: Facts) -> int | None:
    """The id of what the document belongs to: some answers show it, the journal knows it, related documents have it."""
    document = facts.document
    if document is None:
        return None
    known = document.owner_invoice_id or (facts.unreturned or {}).get("owner_invoice_id")
    return int(known) if known else owner_among(facts.related, document.document_type)
