"""Client resolver: the customer of a document as an existing client or a complete new one, or candidates.

id                       that client
code, or exact name      that client; a name that is its code, if no other client is like it (`ACME` for ACME, Lda)
tax number               the only client that has it, also if its name is written shorter (`ACME` for ACME, Lda)
999999990                the final consumer, by one client called Consumidor Final
name and tax number      of no client: a new one, whose code is its number
nobody, on a note        the client of the document that it corrects, as the law has it
anything like a client   refused, with candidates; one candidate needs one repeat
"""

from dataclasses import replace
from typing import Any

from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Client
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.messages import message
from ix_tools.operations import matching
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import FINAL_CONSUMER_CODE, FINAL_CONSUMER_NAME, ClientDetails
from ix_tools.operations.matching import Matches, refuse_ambiguous
from ix_tools.operations.protocols import HasClient, get_document_type
from ix_tools.pipeline.fact_loader import FactLoader

Resolved = tuple[ClientDetails | None, Facts, list[Finding]]


async def read_clients(loader: FactLoader) -> tuple[list[Client], int]:
    """Return the account's clients, up to the setting catalogue_pages, and the number of others."""
    rows, unread = await loader.read_list("/clients.json", "clients")
    return [parse_record(Client, row) for row in rows], unread


async def resolve_client(
    loader: FactLoader, client: ClientDetails, facts: Facts, document_type: str
) -> Resolved:
    """Return the client with what identifies it, or None for a sale to the final consumer that needs none."""
    given = {name: getattr(client, name) for name in ("name", "code", "fiscal_id")}
    if client.id is not None or not any(given.values()):
        return client, facts, []
    known = (("code", facts.client_by_code), ("name", facts.client_by_name))
    if any(one for _, one in known):
        # InvoiceXpress may find `acme` for ACME: a candidate, not the named client.
        doubts = [
            refuse_ambiguous(f"client.{name}", "client", given[name], Matches(similar=(one,)), "id")
            for name, one in known
            if one is not None and not matching.is_same_text(getattr(one, name) or given[name], given[name])
        ]
        return client, facts, doubts
    if client.name and client.code:
        return client, facts, []  # a complete new client
    if _is_final_consumer(client):
        return await _resolve_final_consumer(loader, client, facts, document_type)
    if client.fiscal_id and not client.name and not client.code:
        clients, unread = await loader.list_clients_for_number(client.fiscal_id, client.country)
    else:
        clients, unread = await read_clients(loader)
    matches = matching.match_client_fields(clients, unread, **given)
    one = matches.unique
    if one is None and client.fiscal_id and not client.code:
        one = _find_by_number(client, clients, unread)
    if one is None and not client.fiscal_id and not client.code:
        one = _find_by_name_as_code(client, matches)
    if one is not None:
        found = client.model_copy(update={"id": one.id, **({"name": one.name} if client.name else {})})
        doubts = []
        if client.name and not matching.is_same_text(one.name, client.name):
            read_as = (
                message(
                    "'{text}' is read as {client}, whose tax number was given",
                    text=client.name,
                    client=one.name,
                )
                if client.fiscal_id
                else message(
                    "'{text}' is read as {client}, whose code it is", text=client.name, client=one.name
                )
            )
            doubts = [warn("client.name", read_as)]
        return found, replace(facts, client_by_code=one), doubts
    if not (matches.exact or matches.similar or unread) and (new := _complete_new(client, document_type)):
        return new, facts, [_warn_of_new(new)]
    field = next(name for name in ("code", "name", "fiscal_id") if given[name])
    if not (matches.exact or matches.similar or unread) and field != "fiscal_id":
        return client, facts, []  # a new client without name or code: the guards report it
    return client, facts, [refuse_ambiguous(f"client.{field}", "client", given[field], matches, "id")]


def _find_by_number(client: ClientDetails, clients: list[Client], unread: int) -> Client | None:
    """Return the only client with the tax number, if its name is like the one given; None if that is not so or not known."""
    numbered = matching.match_client_fields(clients, unread, fiscal_id=client.fiscal_id).exact
    if unread or len(numbered) != 1:
        return None
    alike = matching.find_similar(client.name or "", numbered, lambda one: one.name)
    return numbered[0] if alike else None


def _find_by_name_as_code(client: ClientDetails, matches: Matches[Client]) -> Client | None:
    """Return the only client like the name, if the name is its code; None if another may be meant."""
    one = matches.only_similar
    if one is None or not client.name:
        return None
    return one if matching.is_same_text(one.code, client.name) else None


def lacks_client_of_note(call: Operation[Any]) -> bool:
    """Tell whether a new credit or debit note names the document that it corrects, and no client."""
    is_new_note = call.document_ref() is None and get_document_type(call) in NOTES
    return is_new_note and isinstance(call, HasClient) and call.client is None


async def take_client_of_owner(
    loader: FactLoader, call: Operation[Any], facts: Facts
) -> tuple[Operation[Any], Facts]:
    """Return a note with the client of the document that it corrects, since it can go to nobody else (CIVA 78)."""
    owner = facts.owner
    if owner is None:
        return call, facts
    number = owner.client.id if owner.client else None
    if number is None:
        return call.model_copy(update={"client": ClientDetails(fiscal_id=FINAL_CONSUMER)}), facts
    known = await loader.get_client(number)
    changed = call.model_copy(update={"client": ClientDetails(id=number)})
    return changed, replace(facts, client_by_code=known)


def _complete_new(client: ClientDetails, document_type: str) -> ClientDetails | None:
    """Return a new client whose code is its tax number; None if it has none of its own, or no name where one is needed."""
    number = client.fiscal_id
    if not number or client.code or number == FINAL_CONSUMER:
        return None
    if client.name:
        return client.model_copy(update={"code": number})
    if document_type == "simplified_invoices":
        # A simplified invoice names its buyer by the number alone (CIVA 40/2); InvoiceXpress wants a name all the same.
        return client.model_copy(update={"code": number, "name": f"NIF {number}"})
    return None


def _warn_of_new(client: ClientDetails) -> Finding:
    return warn(
        "client",
        message(
            "a new client is made: {name}, whose code is the tax number {number}",
            name=client.name,
            number=client.fiscal_id,
        ),
    )


def _is_final_consumer(client: ClientDetails) -> bool:
    """Tell whether the final consumer is meant: the number 999999990, with no name or with that of the final consumer."""
    names = {"", matching.simplify_name(FINAL_CONSUMER_NAME)}
    return (
        client.fiscal_id == FINAL_CONSUMER
        and matching.simplify_name(client.name or "") in names
        and not client.code
    )


async def _resolve_final_consumer(
    loader: FactLoader, client: ClientDetails, facts: Facts, document_type: str
) -> Resolved:
    if document_type == "simplified_invoices":
        return None, facts, []
    clients, unread = await read_clients(loader)
    wanted = matching.simplify_name(FINAL_CONSUMER_NAME)
    found = [
        one
        for one in clients
        if one.fiscal_id == FINAL_CONSUMER and matching.simplify_name(one.name or "") == wanted
    ]
    if len(found) == 1 and not unread:
        one = found[0]
        return client.model_copy(update={"id": one.id, "name": None}), replace(facts, client_by_code=one), []
    if found or unread:
        doubt = refuse_ambiguous(
            "client.fiscal_id", "client", FINAL_CONSUMER, Matches(tuple(found), (), unread), "id"
        )
        return client, facts, [doubt]
    new = {"name": FINAL_CONSUMER_NAME, "code": FINAL_CONSUMER_CODE}
    return client.model_copy(update=new), facts, []
