"""Names to ids, before any rule runs: what a call names is one thing for sure, or candidates come back and nothing is sent.

Exact means letter for letter, and known to be the only one: where a list is too long to be read whole, nothing is sure.
A tax on a line may also be named by its rate or in other letters, where only one can be meant; the result says so.
"""

from dataclasses import replace
from typing import Any

from ix_tools.domain.document_kinds import document_type
from ix_tools.domain.parsing import as_record
from ix_tools.domain.records import CatalogueItem, Client
from ix_tools.errors import IxError
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.formats import plain
from ix_tools.operations import matching
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import ClientDetails, LineItem
from ix_tools.operations.matching import Matches, unsure
from ix_tools.operations.spec import Names, names_in
from ix_tools.pipeline.fact_loader import LookUps


def wanted(call: Operation[Any]) -> frozenset[Want]:
    """The facts that tell what the call's names mean."""
    kinds = {mark.what for name, mark in names_in(type(call)).items() if getattr(call, name) is not None}
    return frozenset(
        want for kind, want in (("series", Want.SEQUENCES), ("tax", Want.TAXES)) if kind in kinds
    )


def lost(call: Operation[Any]) -> bool:
    """Whether the call does not know what it is about: nothing more can be looked up for it."""
    marks = names_in(type(call)).values()
    return any(call.goes_by(mark.into) and getattr(call, mark.into) is None for mark in marks if mark.into)


async def resolved(
    looking: LookUps, call: Operation[Any], facts: Facts
) -> tuple[Operation[Any], Facts, list[Finding]]:
    """The call with the ids of what it names, and what is to be said of names that are not sure."""
    try:
        return await _resolved(looking, call, facts)
    except IxError as failure:
        failure.say_nothing_sent()
        raise


async def _resolved(
    looking: LookUps, call: Operation[Any], facts: Facts
) -> tuple[Operation[Any], Facts, list[Finding]]:
    found: dict[str, Any] = {}
    said: list[Finding] = []
    for field, mark in names_in(type(call)).items():
        text = getattr(call, field)
        if text is None:
            continue
        matches = await _matches(looking, mark, text, facts)
        value = _value(call, mark, matches)
        if value is not None:
            found[mark.into or field] = value
            said += _read_as(field, text, matches) if mark.what == "tax" and not mark.into else []
        elif matches.exact or mark.what != "tax" or mark.into:
            said.append(unsure(field, mark.what, text, matches, mark.into, _kind(call)))
    items = getattr(call, "items", None)
    if isinstance(items, list) and any(isinstance(one, LineItem) for one in items):
        found["items"], about = _lines(items, facts)
        said += about
    details = getattr(call, "client", None)
    if isinstance(details, ClientDetails):
        details, facts, about = await _customer(looking, details, facts)
        found["client"] = details
        said += about
    changed = {name: value for name, value in found.items() if value != getattr(call, name)}
    return (call.model_copy(update=changed) if changed else call), facts, said


async def _matches(looking: LookUps, mark: Names, text: str, facts: Facts) -> Matches[Any]:
    if mark.what == "client":
        return await _client(looking, text)
    if mark.what == "item":
        rows, unread = await looking.listed("/items.json", "items")
        return matching.item_called(text, [as_record(CatalogueItem, row) for row in rows], unread)
    if mark.what == "series":
        return matching.series_called(text, facts.sequences)
    return (matching.tax_called if mark.into else matching.tax_meant)(text, facts.taxes)


async def _clients(looking: LookUps) -> tuple[list[Client], int]:
    rows, unread = await looking.listed("/clients.json", "clients")
    return [as_record(Client, row) for row in rows], unread


async def _client(looking: LookUps, text: str) -> Matches[Client]:
    by_code = await looking.client_by_code(text)
    if by_code is not None and matching.same_text(by_code.code, text):
        # A code that looks like a tax number may be another client's tax number.
        number = matching.compact_number(text)
        if not matching.is_number(text) or matching.compact_number(by_code.fiscal_id) == number:
            return Matches((by_code,))
    clients, unread = await _clients(looking)
    known = {one.id for one in clients}
    # InvoiceXpress finds a code, and perhaps a name, that lies beyond the pages read: a candidate then.
    beyond = [by_code, await looking.client_by_name(text)] if unread else [by_code]
    clients += [one for one in beyond if one is not None and one.id not in known]
    return matching.client_of(text, clients, unread)


def _value(call: Operation[Any], mark: Names, matches: Matches[Any]) -> Any:
    """What goes where the name points to; None while it is not sure."""
    one = matches.sure
    if one is None:
        return None
    if not mark.into:
        return one.serie if mark.what == "series" else one.name
    return matching.id_of(one, _kind(call))


def _kind(call: Operation[Any]) -> str:
    """The kind of document, in the word that series use for it."""
    plural = getattr(call, "document_type", None)
    return document_type(plural).singular if plural else ""


# --- documents -----------------------------------------------------------------------------------------


def _lines(items: list[LineItem], facts: Facts) -> tuple[list[LineItem], list[Finding]]:
    """The lines with the exact names of their taxes; a name that means nothing is left to the rules."""
    lines, said = [], []
    for at, item in enumerate(items):
        field, matches = f"items.{at}.tax", matching.tax_meant(item.tax or "", facts.taxes)
        if item.tax is None or not matches.exact:
            lines.append(item)
        elif matches.sure is None:
            lines.append(item)
            said.append(unsure(field, "tax", item.tax, matches))
        else:
            lines.append(item.model_copy(update={"tax": matches.sure.name}))
            said += _read_as(field, item.tax, matches)
    return lines, said


def _read_as(field: str, text: str, matches: Matches[Any]) -> list[Finding]:
    tax = matches.sure
    if tax is None or tax.name == text:
        return []
    rate = f" ({plain(tax.value)} %)" if tax.value is not None else ""
    return [warn(field, f"{text!r} is read as {tax.name}{rate}, the only tax that this can mean")]


async def _customer(
    looking: LookUps, client: ClientDetails, facts: Facts
) -> tuple[ClientDetails, Facts, list[Finding]]:
    """The customer by tax number alone; and candidates where neither an existing nor a whole new customer is given."""
    given = {name: getattr(client, name) for name in ("name", "code", "fiscal_id")}
    if client.id is not None or not any(given.values()):
        return client, facts, []
    known = (("code", facts.client_by_code), ("name", facts.client_by_name))
    if any(one for _, one in known):
        # Should InvoiceXpress find `acme` for ACME: a candidate, and not who was named.
        return (
            client,
            facts,
            [
                unsure(f"client.{name}", "client", given[name], Matches(near=(one,)), "id")
                for name, one in known
                if one is not None and not matching.same_text(getattr(one, name) or given[name], given[name])
            ],
        )
    if client.name and client.code:
        return client, facts, []  # a new customer, whole
    clients, unread = await _clients(looking)
    matches = matching.clients_like(clients, unread, **given)
    one = matches.sure
    if one is not None:
        return client.model_copy(update={"id": one.id}), replace(facts, client_by_code=one), []
    field = next(name for name in ("code", "name", "fiscal_id") if given[name])
    if not (matches.exact or matches.near or unread) and field != "fiscal_id":
        return client, facts, []  # a new customer that lacks name or code: the rules say so
    return client, facts, [unsure(f"client.{field}", "client", given[field], matches, "id")]
