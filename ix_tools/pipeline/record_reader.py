"""Record reader: reads documents, the subjects of calls, taxes, series and balances as they are now, one look-up each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ix_tools.api_client import protocol
from ix_tools.api_client.list_queries import query_every_state
from ix_tools.api_client.reader import PAGE_SIZE
from ix_tools.domain.document_kinds import (
    get_document_kind,
    name_within_sentence,
)
from ix_tools.domain.parsing import (
    parse_record,
    read_id,
    read_page,
    read_rows,
    require_content,
)
from ix_tools.domain.records import Balance, Document, Regularization, Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.errors import NotFound, Unavailable
from ix_tools.i18n.messages import message
from ix_tools.i18n.value_labels import name_record
from ix_tools.operations.expectations import Subject
from ix_tools.pipeline.client_reader import ClientReader
from ix_tools.pipeline.document_facts import (
    parse_document,
)


@dataclass(frozen=True, slots=True)
class RecordReader(ClientReader):
    """Reads single records of one account."""

    async def get_document(self, kind: str, number: int, taxes: tuple[Tax, ...] = ()) -> Document:
        """Return a document as it is now."""
        return parse_document(await self.get_raw_document(kind, number), kind).with_named_taxes(taxes)

    async def get_raw_document(self, kind: str, number: int) -> Mapping[str, Any]:
        """Return the raw response for a document."""
        path = f"/{kind}/{number}.json"
        try:
            body = await self.get(path)
        except NotFound as miss:
            miss.message = message(
                "There is no {kind} with the id {id}.", kind=name_within_sentence(kind), id=number
            )
            miss.sent = "nothing"
            raise
        return require_content(protocol.unwrap(body, get_document_kind(kind).singular), f"{kind}/{number}")

    async def list_raw_related(self, number: int) -> list[Mapping[str, Any]]:
        """Return the raw documents related to a document.

        Raises:
            NotFound: InvoiceXpress answered 404, which it may do even for an existing document.
        """
        return list(read_rows(await self.get(f"/document/{number}/related_documents.json"), "documents"))

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
                    message(
                        "There are more than {limit} newer {kind}; not all of them were looked at.",
                        limit=read * PAGE_SIZE,
                        kind=kind,
                    ),
                    sent="nothing",
                    next=message("raise the setting catalogue_pages"),
                )
        return found

    async def get_subject(self, subject: Subject) -> tuple[Record, Mapping[str, Any]]:
        """Return the subject of a call as it is now: the record and the raw response."""
        try:
            content = protocol.unwrap(await self.get(subject.path), subject.name)
        except NotFound as miss:
            number = subject.path.split("/")[-1 if "/api/" not in subject.path else -2].removesuffix(".json")
            miss.message = message(
                "There is no {kind} with the id {id}.", kind=name_record(subject.name), id=number
            )
            miss.sent = "nothing"
            raise
        if isinstance(content, list):  # the vendor's description returns `sequences` for a single one
            content = content[0] if content else {}
        found = require_content(content, subject.title)
        return subject.record.model_validate(found), found

    async def get_raw_subject(self, subject: Subject) -> Mapping[str, Any]:
        """Return the raw response for the subject of a call."""
        return (await self.get_subject(subject))[1]

    async def get_balance(self, path: str) -> Balance:
        """Return a client's balance from its path."""
        return parse_record(Balance, require_content(await self.get(path), "the client's balance"))

    async def get_raw_balance(self, client: int) -> Mapping[str, Any]:
        """Return a client's balance in the form that approvals are bound to."""
        balance = await self.get_balance(f"/api/v3/clients/{client}/balance.json")
        return balance.model_dump(mode="json")

    async def count_client_documents(self, client: int) -> int:
        """Return how many documents a client has, archived ones too."""
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

    async def list_regularizations(self, path: str) -> tuple[Regularization, ...]:
        """Return a client's regularizations from their path."""
        return tuple(
            [
                Regularization.model_validate(row)
                async for rows, _ in self.read_pages(path, "regularization")
                for row in rows
            ]
        )

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
