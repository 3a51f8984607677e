"""Fact loader: reads the account for the facts that guards need, in parallel; a failed look-up never counts as absence."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self, TypeVar

import anyio

from ix_tools.api_client.list_queries import query_every_state
from ix_tools.domain.document_kinds import (
    GUIDES,
    ISSUED_STATES,
    NOTES,
)
from ix_tools.domain.parsing import (
    parse_record,
    read_rows,
)
from ix_tools.domain.records import Client, Document
from ix_tools.errors import NotFound
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.idempotency.journal import Journal
from ix_tools.idempotency.unreturned_fields import find_own_items, find_unreturned_fields
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import ClientDetails, DocumentDraft
from ix_tools.operations.protocols import (
    HasClient,
    HasOwner,
    get_client_id,
    get_document_type,
    get_lines,
    get_new_tax_number,
    get_state,
)
from ix_tools.operations.spec import find_name_fields
from ix_tools.pipeline.account_lists import ACCOUNT_LISTS, AccountList
from ix_tools.pipeline.catalogue_lookup import CatalogueLookup, FoundItems, Progress
from ix_tools.pipeline.client_reader import name_client_facts
from ix_tools.pipeline.document_facts import (
    build_lookup_error,
    find_owner_id,
    none_if_missing,
    parse_document,
)
from ix_tools.pipeline.lookup_memory import LookupMemory
from ix_tools.pipeline.parallel import gather
from ix_tools.pipeline.record_reader import RecordReader
from ix_tools.pipeline.series_lookup import SeriesLookup
from ix_tools.storage.lookups import Remembered
from ix_tools.verification.stored_differences import StoredDifferences

Found = TypeVar("Found")
Lookups = dict[str, Callable[[], Awaitable[Any]]]
"""Look-ups to make side by side, by the name of the fact."""
OWNER_TYPES = ("invoices", "invoice_receipts", "simplified_invoices", "vat_moss_invoices")
LATELY_SECONDS = 86400.0
"""Time within which a second document of the same content may be meant as the first."""
SEEN, SEEN_OWNER, SEEN_CLIENT = "seen", "seen owner", "seen client"
"""Names of records taken as they were seen, among the look-ups that were not made."""


@dataclass(frozen=True, slots=True)
class FactLoader(RecordReader):
    """Reads the facts of one account."""

    differences: StoredDifferences
    journal: Journal | None = None
    seen_by_approver: Facts | None = None
    """The facts that a person was shown for this call; what the fresh read confirms is not read twice."""
    memory: LookupMemory = field(default_factory=lambda: LookupMemory(None))
    """Look-ups that earlier calls made."""
    progress: Progress | None = None
    """Reports a long look-up to the caller."""
    takes_seen_drafts: bool = False
    """True in a workflow that created the draft: it is shown as it was read back."""
    takes_seen_owner: bool = False
    """True while a person is only asked: a note's invoice is read again after the answer."""

    def distrust_memory(self) -> Self:
        """Return the loader that looks everything up again."""
        return replace(self, memory=self.memory.distrust(), seen_by_approver=None)

    async def load_from_call(self, call: Operation[Any], wanted: frozenset[Want], now: datetime) -> Facts:
        """Load the wanted facts that depend on the call alone."""
        facts: dict[str, Any] = {"now": now, "account": self.account.name}
        reference = call.document_ref()
        jobs: Lookups = {}
        if {Want.CLIENT, Want.DOCUMENT_CLIENT} & wanted:
            self.seen.forget_clients_before(await self.memory.get_clients_generation())
        if self.seen_by_approver is not None:
            facts |= {"taxes": self.seen_by_approver.taxes, "sequences": self.seen_by_approver.sequences}
        else:
            jobs |= await self._plan_account_lookups(call, wanted)
        if Want.NEWEST in wanted:
            jobs["newest"] = lambda: self._list_newest(call)
        is_finalizing = get_state(call) == "finalized"
        if reference:
            if Want.DOCUMENT in wanted and (raw := self.recall_document(reference[1])) is not None:
                facts["document_raw"] = raw
                wanted -= {Want.DOCUMENT}
            jobs |= self._plan_document_lookups(
                *reference, wanted - {Want.RELATED} if is_finalizing else wanted
            )
        if Want.CLIENT in wanted and isinstance(call, HasClient) and call.client is not None:
            seen = self._recall_client(call.client) if isinstance(call.client, ClientDetails) else None
            if seen is not None:
                facts |= seen
            else:
                jobs |= self.plan_client_lookups(call.client)
        jobs |= self._plan_subject_lookups(call, wanted)
        facts |= await gather(jobs)
        if "subject" in facts:
            facts["subject"], facts["subject_raw"] = facts["subject"]
        if "document_raw" in facts and reference:
            facts["document"] = parse_document(facts["document_raw"], reference[0]).with_named_taxes(
                facts.get("taxes", ())
            )
        written = facts.pop("written", None)
        facts["unreturned"] = find_unreturned_fields(written, facts.get("document"))
        facts["own_items"] = find_own_items(written) if facts["unreturned"] is not None else frozenset()
        if is_finalizing and reference and Want.RELATED in wanted and _may_have_owner(facts):
            facts["related"] = await none_if_missing(self._list_related(reference[1]))
        if facts.get("related", ()) is None:  # missing, although the document was found
            raise build_lookup_error(message("the related documents"))
        return Facts(**facts)

    def recall_document(self, number: int) -> Mapping[str, Any] | None:
        """Return a document that the fresh read confirms before anything is sent, or None if it must be read now."""
        raw = self.seen_by_approver.document_raw if self.seen_by_approver is not None else None
        if not raw and self.takes_seen_drafts and self.memory.is_trusted:
            raw = self.seen.recall("document", number)
        if not raw:
            return None
        self.memory.used.add(SEEN)
        return raw

    def _recall_client(self, client: ClientDetails) -> dict[str, Any] | None:
        """Return the facts of a client that was seen, or None if it must be read.

        Details that are given besides must equal what is stored, which nothing compares later, so such a client is read.
        """
        given = client.model_dump(exclude_none=True)
        is_remembered = self.memory.is_trusted and self.memory.lookups is not None
        if not is_remembered or not given.keys() <= {"id", "code", "name"}:
            return None
        raw = self.seen.recall_named_client(given)
        if raw is None:
            return None
        self.memory.used.add(SEEN_CLIENT)
        return {**name_client_facts(raw, given.keys()), "client_seen": raw}

    async def _plan_account_lookups(self, call: Operation[Any], wanted: frozenset[Want]) -> Lookups:
        """Plan the look-ups of taxes and series. Only documents take what earlier calls looked up."""
        lists = [one for one in ACCOUNT_LISTS if one.want in wanted]
        if not lists:
            return {}
        is_document = call.document_ref() is not None or isinstance(call, DocumentDraft)
        marks = find_name_fields(type(call)).items()
        kinds = {mark.kind for name, mark in marks if getattr(call, name) is not None}
        remembered = await self.memory.recall(*(one.name for one in lists))
        # A name is unique only in the present list.
        memories = {
            one.name: self.memory if is_document and one.kind not in kinds else self.memory.distrust()
            for one in lists
        }
        return {
            one.fact: partial(self._read_list, one, memories[one.name], remembered[one.name]) for one in lists
        }

    async def _read_list(
        self, wanted: AccountList, memory: LookupMemory, remembered: Remembered
    ) -> tuple[Any, ...]:
        """Return taxes or series, as remembered or as they are now."""

        async def read() -> list[Mapping[str, Any]]:
            rows = read_rows(await self.get(wanted.path), wanted.key)
            return [parse_record(wanted.record, row).model_dump(mode="json") for row in rows]

        rows = await memory.look_up(wanted.name, remembered, read, wanted.resource)
        return tuple(parse_record(wanted.record, row) for row in rows)

    def _plan_document_lookups(self, kind: str, number: int, wanted: frozenset[Want]) -> Lookups:
        jobs: Lookups = {}
        if Want.DOCUMENT in wanted:
            jobs["document_raw"] = lambda: self.get_raw_document(kind, number)
        if Want.RELATED in wanted:
            jobs["related"] = lambda: none_if_missing(self._list_related(number))
        if Want.DIFFERENCES in wanted:
            jobs["differences"] = lambda: anyio.to_thread.run_sync(
                self.differences.load, self.account.name, kind, number
            )
        if Want.UNRETURNED in wanted and (journal := self.journal) is not None:
            place = (self.account.name, f"{kind}/{number}")
            jobs["written"] = lambda: anyio.to_thread.run_sync(journal.find_last_write, *place)
        return jobs

    def _list_issued_lately(self, operation: str) -> tuple[Document, ...]:
        """Return the documents that the same operation issued through this store within a day, newest first."""
        if self.journal is None:
            return ()
        done = self.journal.list_done_since(self.account.name, operation, LATELY_SECONDS)
        found = [(one.outcome or {}).get("document") or {} for one in done]
        return tuple(Document.model_validate(one) for one in found if one.get("status") in ISSUED_STATES)

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
                raise build_lookup_error(message("the documents related to the invoice"))
            found["owner_related"] = ()
        if "series_state" in found:
            state = found.pop("series_state")
            found["later"], found["last_in_series"] = state.later, state.last
        if "catalogue" in found:
            catalogue: FoundItems = found.pop("catalogue")
            found |= {"items": catalogue.items, "items_unchecked": catalogue.unread}
            if catalogue.names_age:
                found["items_read_at"] = facts.now - timedelta(seconds=catalogue.names_age)
        return replace(facts, **found) if found else facts

    def _plan_dependent_lookups(self, call: Operation[Any], wanted: frozenset[Want], facts: Facts) -> Lookups:
        jobs: Lookups = {}
        document = facts.document
        if Want.DOCUMENT_CLIENT in wanted and document and document.client and document.client.id:
            number = document.client.id
            jobs["document_client_raw"] = lambda: self._get_document_client(call, number)
        if Want.ISSUED_LATELY in wanted and document and get_state(call) == "finalized":
            jobs["issued_lately"] = lambda: anyio.to_thread.run_sync(self._list_issued_lately, call.spec.name)
        if Want.LATER_IN_SERIES in wanted and document and get_state(call) == "finalized":
            jobs["series_state"] = lambda: SeriesLookup(self, self.memory).load(document)
        owner = (call.owner_invoice_id if isinstance(call, HasOwner) else None) or find_owner_id(facts)
        if Want.OWNER in wanted and owner:
            jobs["owner"] = lambda: self._find_owner(
                owner, (*OWNER_TYPES, *GUIDES) if get_document_type(call) in OWNER_TYPES else OWNER_TYPES
            )
        if Want.OWNER_RELATED in wanted and owner and get_document_type(call) in NOTES:
            jobs["owner_related"] = lambda: none_if_missing(self._list_related(owner))
        items = get_lines(call)
        if Want.ITEMS in wanted and items:
            catalogue = CatalogueLookup(self, self.memory, self.progress)
            jobs["catalogue"] = lambda: catalogue.find_items({item.name for item in items})
        if Want.SAME_NUMBER in wanted:
            jobs["numbered"] = lambda: self.find_clients_with_number(get_new_tax_number(call, facts))
        return jobs

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
                jobs["client_documents"] = lambda: self.count_client_documents(number)
            if Want.BALANCE in wanted:
                jobs["balance"] = lambda: self.get_balance(f"{treasury}/balance.json")
            if Want.REGULARIZATIONS in wanted:
                jobs["regularizations"] = lambda: self.list_regularizations(f"{treasury}/regularization.json")
        return jobs

    # --- records that may have been seen ---

    async def _list_related(self, number: int) -> tuple[Document, ...]:
        return tuple(parse_record(Document, one) for one in await self.list_raw_related(number))

    async def _find_owner(self, number: int, kinds: tuple[str, ...]) -> Document | None:
        seen = self.seen.recall("owner", number) if self.takes_seen_owner and self.memory.is_trusted else None
        if seen is not None and seen["document_type"] in kinds:
            self.memory.used.add(SEEN_OWNER)
            return parse_record(Document, seen)
        for kind in kinds:
            try:
                raw = await self.get_raw_document(kind, number)
            except NotFound:
                continue
            self.seen.keep_owner({**raw, "document_type": kind})
            return parse_document(raw, kind)
        return None

    async def _get_document_client(self, call: Operation[Any], number: int) -> Mapping[str, Any]:
        """Return the client of the call's document, as it was seen if a fresh read confirms it before anything is sent."""
        raw = self.seen_by_approver.document_client_raw if self.seen_by_approver is not None else None
        if not raw and call.spec.effect.needs_approval and self.memory.is_trusted:
            raw = self.seen.recall("client", number)
        if not raw:
            return await self.get_raw_client(number)
        self.memory.used.add(SEEN)
        return raw

    async def _list_newest(self, call: Operation[Any]) -> tuple[Document, ...]:
        path, key, query = query_every_state(get_document_type(call) or "")
        async for rows, _ in self.read_pages(path, key, *query):
            return tuple(parse_record(Document, raw) for raw in rows)
        return ()


def _may_have_owner(facts: Mapping[str, Any]) -> bool:
    """Tell whether only the related documents can say what a document about to be issued corrects or bills.

    A draft has neither receipts nor notes, and the journal knows the owner of a draft that was last written from here.
    """
    document = facts.get("document")
    return document is None or not document.is_draft or facts["unreturned"] is None
