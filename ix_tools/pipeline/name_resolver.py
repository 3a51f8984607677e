"""Name resolver: replaces names in a call by ids before the guards run, or returns candidates if a name is ambiguous.

A match is certain if the text is equal and the only one; in a list too long to be read whole, no match is certain.
A tax on a line may also be named by its rate or in other letters if only one tax fits; the result then says so.
"""

from typing import Any

from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import CatalogueItem, Client
from ix_tools.errors import IxError
from ix_tools.guards.facts import Facts, Want, describe_tax
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.messages import message
from ix_tools.operations import matching
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import ClientDetails, LineItem
from ix_tools.operations.matching import Matches, refuse_ambiguous
from ix_tools.operations.protocols import HasClient, get_document_type, get_lines
from ix_tools.operations.spec import ResolvesTo, find_name_fields
from ix_tools.pipeline.client_resolver import read_clients, resolve_client
from ix_tools.pipeline.fact_loader import FactLoader


def list_needed_facts(call: Operation[Any]) -> frozenset[Want]:
    """Return the facts needed to resolve the call's names."""
    kinds = {
        mark.kind for name, mark in find_name_fields(type(call)).items() if getattr(call, name) is not None
    }
    return frozenset(
        want for kind, want in (("series", Want.SEQUENCES), ("tax", Want.TAXES)) if kind in kinds
    )


def is_unresolved(call: Operation[Any]) -> bool:
    """Tell whether the call lacks the id in its path, so that nothing more can be looked up."""
    marks = find_name_fields(type(call)).values()
    return any(
        call.needs_path_field(mark.id_field) and getattr(call, mark.id_field) is None
        for mark in marks
        if mark.id_field
    )


def map_ids_to_names(call: Operation[Any]) -> dict[str, str]:
    """Return the fields of names that the caller gave in place of ids, by the field of the id."""
    return {
        mark.id_field: name
        for name, mark in find_name_fields(type(call)).items()
        if mark.id_field and getattr(call, name) is not None and getattr(call, mark.id_field) is None
    }


async def resolve_names(
    loader: FactLoader, call: Operation[Any], facts: Facts
) -> tuple[Operation[Any], Facts, list[Finding]]:
    """Return the call with ids in place of names, the facts, and findings about names that are not certain."""
    try:
        return await _resolve_names(loader, call, facts)
    except IxError as failure:
        failure.sent = "nothing"
        raise


async def _resolve_names(
    loader: FactLoader, call: Operation[Any], facts: Facts
) -> tuple[Operation[Any], Facts, list[Finding]]:
    found: dict[str, Any] = {}
    findings: list[Finding] = []
    for field, mark in find_name_fields(type(call)).items():
        text = getattr(call, field)
        if text is None:
            continue
        matches = await _find_matches(loader, mark, text, facts)
        if (
            mark.kind == "client"
            and call.spec.effect.only_reads
            and (one := matches.only_similar) is not None
        ):
            # Reading about the only client that can be meant harms nobody, and the result says who it is.
            matches = Matches((one,))
            findings.append(
                warn(
                    field,
                    message("'{text}' is read as {client}, the only one like it", text=text, client=one.name),
                )
            )
        value = _select_value(call, mark, matches)
        if value is not None:
            found[mark.id_field or field] = value
            findings += (
                _warn_of_reading(field, text, matches) if mark.kind == "tax" and not mark.id_field else []
            )
        elif matches.exact or mark.kind != "tax" or mark.id_field:
            findings.append(
                refuse_ambiguous(field, mark.kind, text, matches, mark.id_field, _get_document_kind(call))
            )
    lines = [one for one in get_lines(call) if isinstance(one, LineItem)]
    if lines:
        found["items"], more = _resolve_line_taxes(lines, facts)
        findings += more
    details = call.client if isinstance(call, HasClient) else None
    if isinstance(details, ClientDetails):
        found["client"], facts, more = await resolve_client(
            loader, details, facts, get_document_type(call) or ""
        )
        findings += more
    changed = {name: value for name, value in found.items() if value != getattr(call, name)}
    return (call.model_copy(update=changed) if changed else call), facts, findings


async def _find_matches(loader: FactLoader, mark: ResolvesTo, text: str, facts: Facts) -> Matches[Any]:
    if mark.kind == "client":
        return await _match_client(loader, text)
    if mark.kind == "item":
        rows, unread = await loader.read_list("/items.json", "items")
        return matching.match_item(text, [parse_record(CatalogueItem, row) for row in rows], unread)
    if mark.kind == "series":
        return matching.match_series(text, facts.sequences)
    return (matching.match_tax if mark.id_field else matching.match_line_tax)(text, facts.taxes)


async def _match_client(loader: FactLoader, text: str) -> Matches[Client]:
    by_code = await loader.find_client_by_code(text)
    if by_code is not None and matching.is_same_text(by_code.code, text):
        # A code that looks like a tax number may be the tax number of another client.
        number = matching.normalize_tax_number(text)
        if not matching.is_tax_number(text) or matching.normalize_tax_number(by_code.fiscal_id) == number:
            return Matches((by_code,))
    clients, unread = await read_clients(loader)
    known = {one.id for one in clients}
    # InvoiceXpress may find a code or name beyond the pages read; that client is only a candidate.
    beyond = [by_code, await loader.find_client_by_name(text)] if unread else [by_code]
    clients += [one for one in beyond if one is not None and one.id not in known]
    return matching.match_client(text, clients, unread)


def _select_value(call: Operation[Any], mark: ResolvesTo, matches: Matches[Any]) -> Any:
    """Return the value for the field that the name stands for; None if no match is certain."""
    one = matches.unique
    if one is None:
        return None
    if not mark.id_field:
        return one.serie if mark.kind == "series" else one.name
    return matching.get_id(one, _get_document_kind(call))


def _get_document_kind(call: Operation[Any]) -> str:
    """Return the document type in the singular form that series use."""
    plural = get_document_type(call)
    return get_document_kind(plural).singular if plural else ""


# --- documents -----------------------------------------------------------------------------------------


def _resolve_line_taxes(items: list[LineItem], facts: Facts) -> tuple[list[LineItem], list[Finding]]:
    """Return the lines with the exact names of their taxes; the guards report unknown names."""
    lines, findings = [], []
    for at, item in enumerate(items):
        field, matches = f"items.{at}.tax", matching.match_line_tax(item.tax or "", facts.taxes)
        if item.tax is None or not matches.exact:
            lines.append(item)
        elif matches.unique is None:
            lines.append(item)
            findings.append(refuse_ambiguous(field, "tax", item.tax, matches))
        else:
            lines.append(item.model_copy(update={"tax": matches.unique.name}))
            findings += _warn_of_reading(field, item.tax, matches)
    return lines, findings


def _warn_of_reading(field: str, text: str, matches: Matches[Any]) -> list[Finding]:
    tax = matches.unique
    if tax is None or tax.name == text:
        return []
    read_as = message("'{text}' is read as {tax}, the only tax that fits", text=text, tax=describe_tax(tax))
    return [warn(field, read_as)]
