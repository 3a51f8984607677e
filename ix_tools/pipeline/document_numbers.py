"""Document numbers: `FT 17/2026` in place of an id is resolved to the id, before anything else is done with a call.

    "17/2026", "2026/17", "FT 2026/17", "Fatura n.º 17/2026" ─▶ kinds and series that have it ─▶ one: its id
                                                                                              └▶ several: refused, with candidates

A number is a document's legal name within its kind and series, so a match is exact or it is none. Drafts have no number.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.api_client.list_queries import query_every_state
from ix_tools.api_client.reader import PAGE_SIZE
from ix_tools.domain.document_kinds import DocumentKind, list_document_kinds, name_document_kind
from ix_tools.domain.field_marks import NamesDocument, fields_with
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Document, Sequence
from ix_tools.errors import IxError, Problem
from ix_tools.guards.findings import Finding, combine_findings, refuse
from ix_tools.i18n.messages import message, verbatim
from ix_tools.operations.base import Operation
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.text.fuzzy_match import strip_case_and_accents

KIND_FIELD = "document_type"
_NUMBER = re.compile(r"(?:(?P<kind>[^/]*)\s)?(?P<first>[^\W_][\w.\-]*)\s?/\s?(?P<second>[^\W_][\w.\-]*)")
_NOISE = re.compile(r"\b(?:a|o|n|no|nr|num|numero|number|the)\b|[^\w\s-]")
_SHORT = {
    "orcamento": "quotes",
    "proforma": "proformas",
    "fatura-recibo": "invoice_receipts",
    "factura": "invoices",
}
"""Words for kinds besides their names and codes."""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A document number as a person wrote it."""

    kinds: tuple[DocumentKind, ...]
    """Kinds that it may be of."""
    readings: tuple[tuple[str, int], ...]
    """What it may mean: series and number, as `17/2026` and `2026/17` are both written."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a series that a number may mean."""

    kind: DocumentKind
    serie: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind.prefix or self.kind.plural} {self.number}/{self.serie}"


def read_number(text: str, allowed: Iterable[str] = ()) -> WrittenNumber | None:
    """Return a document number that a text is; None if it is none.

    Args:
        allowed: Document types that the parameter takes; empty means all.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    kinds = tuple(one for one in list_document_kinds() if not allowed or one.plural in allowed)
    if found["kind"]:
        word = " ".join(_NOISE.sub(" ", strip_case_and_accents(found["kind"])).split())
        if word:
            kinds = tuple(one for one in list_document_kinds() if word in _list_words(one))
            if not kinds:
                return None
    parts = (found["first"], found["second"])
    readings = [(serie, int(number)) for number, serie in (parts, parts[::-1]) if number.isdecimal()]
    return WrittenNumber(kinds, tuple(dict.fromkeys(readings))) if readings else None


async def resolve_numbers(
    loader: FactLoader, operation: type[Operation[Any]], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments with the id in place of every document number; the type is filled in from it where it is missing.

    Raises:
        Refused: No document, or more than one, has that number. Nothing was sent.
    """
    given = dict(arguments)
    for field, mark in fields_with(operation, NamesDocument).items():
        text = given.get(field)
        if not isinstance(text, str) or "/" not in text:
            continue
        named = str(given[KIND_FIELD]) if not mark.kinds and given.get(KIND_FIELD) else ""
        written = read_number(text, mark.kinds or ((named,) if named else ()))
        if written is None:
            continue  # refused by the validation
        try:
            document = await _find_document(loader, field, text, written, named)
        except IxError as failure:
            failure.sent = "nothing"
            raise
        given[field] = document.id
        if not mark.kinds and KIND_FIELD in operation.model_fields and not named:
            given[KIND_FIELD] = document.document_type
    return given


async def _find_document(
    loader: FactLoader, field: str, text: str, written: WrittenNumber, named: str
) -> Document:
    if named and all(one.plural != named for one in written.kinds):
        kind = written.kinds[0]
        problem = message(
            "{number} is a number of {kind}, and document_type says {named}",
            number=text,
            kind=name_document_kind(kind.plural),
            named=named,
        )
        step = message("leave document_type out, or give {kind}", kind=kind.plural)
        raise combine_findings([refuse(field, problem, next=step)])
    series = await loader.list_sequences()
    places = list(_list_places(written, series))
    found = [document for place in places if (document := await _read_place(loader, place)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        raise combine_findings([_build_ambiguous(field, text, found)])
    raise combine_findings([_build_missing(field, text, written, series, bool(places))])


def _list_words(kind: DocumentKind) -> set[str]:
    """Return the words, without case and accents, for a kind of document."""
    own = {kind.prefix, kind.pt, kind.en, kind.singular, kind.plural, kind.singular.replace("_", " ")}
    more = {word for word, plural in _SHORT.items() if plural == kind.plural}
    return {strip_case_and_accents(word) for word in own if word} | more


def _list_places(written: WrittenNumber, series: Iterable[Sequence]) -> Iterable[Place]:
    """Yield the places that the number can mean: kinds and series whose numbers reach it."""
    for one in series:
        for serie, number in written.readings:
            if one.serie is None or one.serie.casefold() != serie.casefold():
                continue
            for kind in written.kinds:
                part = one.types.get(kind.singular)
                if part is not None and (part.number is None or 1 <= number <= part.number):
                    yield Place(kind, one.serie, number)


async def _read_place(loader: FactLoader, place: Place) -> Document | None:
    """Return the document with a number; None if there is none, for instance because the series began later."""
    path, key, query = query_every_state(place.kind.plural)
    wanted = f"{place.number}/{place.serie}"
    # The search is loose: it may bring the document at once, or anything else. Only the list read through proves absence.
    for text in (wanted, ""):
        read = 0
        async for rows, page in loader.read_pages(path, key, *query, *([("text", text)] if text else ())):
            for row in rows:
                document = parse_record(Document, row)
                if document.number == wanted and not document.is_draft:
                    return document.model_copy(update={"document_type": place.kind.plural})
            read += 1
            if text:
                break
            if read >= loader.max_pages and read < page.total_pages:
                raise combine_findings([_build_unread(place, page.total_entries - read * PAGE_SIZE)])
    return None


def _build_unread(place: Place, unread: int) -> Finding:
    problem = message(
        "{number} was not found, and {unread} older documents were not read (setting catalogue_pages)",
        number=str(place),
        unread=unread,
    )
    step = message("find it with list_invoices, by its dates, and give its id")
    return refuse("document_id", problem, next=step)


def _build_ambiguous(field: str, text: str, found: list[Document]) -> Finding:
    candidates = tuple(
        {
            "field": field,
            "number": f"{_get_prefix(one)} {one.number}",
            "date": one.date.isoformat() if one.date else "",
            "client": one.client.name if one.client and one.client.name else "",
            "total": str(one.total),
            KIND_FIELD: one.document_type,
            field: one.id,
        }
        for one in found
    )
    allowed = "; ".join(
        f"{one['number']} ({one['client']}, {one['total']}, id {one[field]})" for one in candidates
    )
    problem = message("{count} documents have the number {number}", count=len(found), number=text)
    step = message(
        "write the kind before the number, as in {number}, or give the id; ask the person when in doubt",
        number=str(candidates[0]["number"]),
    )
    return Finding("refuse", Problem(field, problem, verbatim(allowed)), step, candidates=candidates)


def _get_prefix(document: Document) -> str:
    kind = next((one for one in list_document_kinds() if one.plural == document.document_type), None)
    return kind.prefix if kind and kind.prefix else document.document_type


def _build_missing(
    field: str, text: str, written: WrittenNumber, series: Iterable[Sequence], has_place: bool
) -> Finding:
    """Return the refusal of a number that no document has, with the last numbers of the series that are meant."""
    last = [
        f"{kind.prefix or kind.plural} {part.number}/{one.serie}"
        for one in series
        for kind in written.kinds
        if (part := one.types.get(kind.singular)) is not None
        and part.number
        and any((one.serie or "").casefold() == serie.casefold() for serie, _ in written.readings)
    ]
    names = ", ".join(str(one.serie) for one in series)
    problem = message("there is no document with the number {number}", number=text)
    if not last and not has_place:
        problem = message(
            "there is no document with the number {number}: no series of that name has any", number=text
        )
    allowed = (
        message("the last ones are {numbers}", numbers=", ".join(last))
        if last
        else message("series {names}", names=names)
    )
    step = message("a draft has no number yet: give its id; list_invoices shows both")
    return refuse(field, problem, allowed, step)
