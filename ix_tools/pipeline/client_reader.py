"""Client reader: reads clients by id, code, name or tax number; a failed look-up never means "not found"."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ix_tools.api_client import protocol
from ix_tools.api_client.reader import AccountReader
from ix_tools.domain.parsing import parse_record, require_content
from ix_tools.domain.records import Client
from ix_tools.errors import NotFound, Unavailable
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER, identify_number
from ix_tools.guards.protocols import ClientShaped
from ix_tools.i18n.messages import message
from ix_tools.pipeline.seen_records import SeenRecords

PATH, KEY = "/clients.json", "clients"
NIF_DIGITS = 9
FEW_PAGES = 2
"""Up to this number of pages the whole list is read, which costs no more than asking for one number."""


@dataclass(frozen=True, slots=True)
class ClientReader(AccountReader):
    """Reads the clients of one account."""

    seen: SeenRecords = field(default_factory=lambda: SeenRecords(is_kept=False), kw_only=True)
    """Clients and drafts that this process read lately."""

    async def list_clients(self) -> list[Client]:
        """Return the account's clients, up to the configured number of pages."""
        rows, _ = await self.read_list(PATH, KEY)
        return [parse_record(Client, row) for row in rows]

    async def get_raw_client(self, number: int) -> Mapping[str, Any]:
        """Return the raw response for a client; empty if the id does not exist."""
        try:
            found = protocol.unwrap(await self.get(f"/clients/{number}.json"), "client")
        except NotFound:
            self.seen.forget("client", number)
            return {}
        raw = require_content(found, f"clients/{number}")
        self.seen.keep_client(raw, by_id=True)
        return raw

    async def get_client(self, number: int) -> Client | None:
        """Return a client; None if the id does not exist."""
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
        raw = require_content(protocol.unwrap(body, "client"), "the client by name")
        self.seen.keep_client(raw)
        return parse_record(Client, raw)

    async def _find_client_in_list(self, name: str) -> Client | None:
        rows, unread = await self.read_list(PATH, KEY)
        found = next((row for row in rows if row.get("name") == name), None)
        if found is None and unread:
            raise Unavailable(
                message(
                    "The client '{name}' could not be looked up: InvoiceXpress failed, so it is unknown "
                    "whether the client exists.",
                    name=name,
                ),
                sent="nothing",
                next=message("give client.code (find_client), or try again later"),
                retryable=True,
            )
        return parse_record(Client, found) if found is not None else None

    async def find_raw_client_by_code(self, code: str) -> Mapping[str, Any] | None:
        """Return the raw response for the client that InvoiceXpress finds for a code, or None."""
        try:
            body = await self.get("/clients/find-by-code.json", ("client_code", code))
        except NotFound:
            return None
        raw = require_content(protocol.unwrap(body, "client"), "the client by code")
        self.seen.keep_client(raw)
        return raw

    def plan_client_lookups(self, client: ClientShaped) -> dict[str, Callable[[], Awaitable[Client | None]]]:
        """Return the look-ups of a document's client, by the name of the fact."""
        if (number := client.id) is not None:
            return {"client_by_code": lambda: self.get_client(number)}
        return {
            "client_by_code": lambda: self.find_client_by_code(client.code),
            "client_by_name": lambda: self.find_client_by_name(client.name),
        }

    # --- by tax number ---

    async def find_clients_with_number(
        self, given: tuple[str, str | None] | None
    ) -> tuple[tuple[Client, ...], int]:
        """Return the clients that have a number with its country, and how many clients were not read; nothing without one."""
        if given is None or given[0] == FINAL_CONSUMER:
            return (), 0
        wanted = identify_number(*given)
        clients, unread = await self.list_clients_for_number(*given)
        same = [
            one for one in clients if one.fiscal_id and identify_number(one.fiscal_id, one.country) == wanted
        ]
        return tuple(same), 0 if same else unread

    async def list_clients_for_number(self, number: str, country: str | None) -> tuple[list[Client], int]:
        """Return clients among which are all that have a number, and how many clients were not read.

        InvoiceXpress stores a Portuguese number as nine digits, with or without PT, so it is asked for those two; other
        numbers are stored as somebody wrote them, and only the list shows them.
        """
        iso, compact = identify_number(number, country)
        found: list[dict[str, Any]] = []
        total, read = 0, 0
        is_nif = iso == "PT" and len(compact) == NIF_DIGITS and compact.isdecimal()
        async for rows, page in self.read_pages(PATH, KEY):
            found += rows
            total, read = page.total_entries, read + 1
            if is_nif and page.total_pages > FEW_PAGES and read == 1:
                asked = await self._ask_for_numbers((compact, f"PT{compact}"), total)
                if asked is not None:
                    return asked, 0
            if read >= self.max_pages and read < page.total_pages:
                break
        return [parse_record(Client, row) for row in found], max(0, total - len(found))

    async def _ask_for_numbers(self, numbers: tuple[str, ...], total: int) -> list[Client] | None:
        """Return the clients with exactly these numbers; None if the list of `total` clients ignores that filter."""
        found: list[Client] = []
        for number in numbers:
            async for rows, page in self.read_pages(PATH, KEY, ("fiscal_id", number)):
                clients = [parse_record(Client, row) for row in rows]
                if page.total_entries >= total or any(one.fiscal_id != number for one in clients):
                    return None  # the filter is not documented
                found += clients
        return found


def name_client_facts(raw: Mapping[str, Any], given: Collection[str]) -> dict[str, Client | None]:
    """Return a client that was seen as the facts that its look-ups by these fields would give."""
    found = parse_record(Client, raw)
    by_name = found if "id" not in given and "name" in given else None
    return {"client_by_code": found if {"id", "code"} & {*given} else None, "client_by_name": by_name}
