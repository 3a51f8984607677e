"""Match names to records of the account: a unique record, or candidates to choose from."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from ix_tools.domain.records import CatalogueItem, Client, Tax
from ix_tools.domain.records import Sequence as Series
from ix_tools.domain.types import Record
from ix_tools.errors import Problem
from ix_tools.guards.findings import Finding
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.text.fuzzy_match import find_closest, strip_case_and_accents
from ix_tools.text.sanitize import sanitize_line

RecordT = TypeVar("RecordT", bound=Record)
MAX_CANDIDATES = 10
"""Largest number of candidates shown."""
KIND_NAMES = {
    "client": (Bilingual("cliente", "client"), Bilingual("clientes", "clients"), "list_clients"),
    "item": (Bilingual("artigo", "catalogue item"), Bilingual("artigos", "catalogue items"), "list_items"),
    "series": (Bilingual("série", "series"), Bilingual("séries", "series"), "list_sequences"),
    "tax": (Bilingual("taxa", "tax"), Bilingual("taxas", "taxes"), "list_taxes"),
}
_RATE = re.compile(r"(\d{1,2}(?:[.,]\d{1,4})?) ?%?")
_NUMBER = re.compile(r"(?:PT)?\d{9}|[A-Z]{2}[A-Z0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Matches(Generic[RecordT]):
    """Records that match a name."""

    exact: tuple[RecordT, ...] = ()
    similar: tuple[RecordT, ...] = ()
    unread: int = 0
    """Number of records not read, because the list is too long."""

    @property
    def unique(self) -> RecordT | None:
        """Return the only exact match; None if there are several or the list was not read to its end."""
        return self.exact[0] if len(self.exact) == 1 and not self.unread else None

    @property
    def only_similar(self) -> RecordT | None:
        """Return the only record that may be meant where none matches exactly; None if there are several or some were not read."""
        return self.similar[0] if not self.exact and len(self.similar) == 1 and not self.unread else None


def get_id(thing: Any, kind: str = "") -> int | None:
    """Return the id to send. A series has one id per document type; its own is that of invoices (trap 9)."""
    if kind and isinstance(thing, Series):
        part = thing.types.get(kind)
        return part.sequence_id if part else None
    number: int | None = thing.id
    return number


def refuse_ambiguous(
    field: str, what: str, text: str, matches: Matches[Any], into: str = "", kind: str = ""
) -> Finding:
    """Return the refusal of a name without a unique match, with candidates to choose from.

    Args:
        into: Parameter that takes the id of a candidate.
        kind: Document type, for records whose ids differ by it.
    """
    one, many, listing = KIND_NAMES[what]
    every = (*matches.exact, *matches.similar)
    candidates = [_build_candidate(thing, into, kind) for thing in every[:MAX_CANDIDATES]]
    if len(matches.exact) > 1:
        problem = message("{count} {kind} match '{text}'", count=len(matches.exact), kind=many, text=text)
    elif matches.unique is not None:
        problem = message("the {what} '{text}' has no id for {kind}", what=one, text=text, kind=kind)
    elif matches.exact:
        problem = message("there is no {kind} '{text}' for certain", kind=one, text=text)
    else:
        problem = message("there is no {kind} '{text}'", kind=one, text=text)
    if matches.unread:
        problem = message(
            "{problem}; {count} {kind} not read (setting catalogue_pages)",
            problem=problem,
            count=matches.unread,
            kind=many,
        )
    allowed: Message = verbatim("; ".join(_format_candidate(one) for one in candidates))
    if len(every) > MAX_CANDIDATES:
        allowed = message("{first}; and {more} more", first=allowed, more=len(every) - MAX_CANDIDATES)
    number = f"{field.rpartition('.')[0]}.{into}".lstrip(".")
    choose = (
        message("give the {field} of the right one", field=number)
        if into
        else message("give the exact name of the right one")
    )
    step = (
        message("{choose}; ask the person when in doubt", choose=choose)
        if candidates
        else message("{operation} shows them", operation=listing)
    )
    if what == "series" and not matches.exact:
        step = message("{choose}; create_sequence opens a new series", choose=choose)
    if len(candidates) == 1 and into in candidates[0]:
        # One repeat is enough, and with an id the other details of a client would only contradict what is stored.
        holder = field.rpartition(".")[0]
        given = json.dumps({into: candidates[0][into]})
        step = message(
            "if {name} is meant, repeat the call with {way}; ask the person when in doubt",
            name=_format_candidate(candidates[0]).partition(" (")[0],
            way=message("{field}: {value} alone", field=holder, value=given)
            if holder
            else verbatim(given.strip("{}").replace('"', "")),
        )
    shown = tuple({"field": field, **one} for one in candidates)
    return Finding("refuse", Problem(field, problem, allowed), step, candidates=shown)


def _build_candidate(thing: Record, into: str, kind: str) -> dict[str, Any]:
    names = ("name", "serie", "code", "fiscal_id", "city", "unit_price", "value")
    fields = thing.model_dump(mode="json", include=set(names), exclude_none=True)
    shown = {name: fields[name] for name in names if name in fields}
    number = get_id(thing, kind) if into else None
    return {**shown, into: number} if number is not None else shown


def _format_candidate(candidate: Mapping[str, Any]) -> str:
    """Return a candidate as text: `ACME, Lda (code ACME, fiscal_id 508112230, client_id 501)`."""
    (_, first), *rest = [(name, sanitize_line(str(value))) for name, value in candidate.items()]
    return f"{first} ({', '.join(f'{name} {value}' for name, value in rest)})" if rest else first


def simplify_name(text: str) -> str:
    """Return a name without case, accents, spaces and punctuation."""
    return "".join(re.findall(r"\w+", strip_case_and_accents(text))).replace("_", "")


def is_same_text(one: str | None, other: str) -> bool:
    """Return True if two names are equal; the number of spaces between words does not count."""
    return one is not None and " ".join(one.split()) == " ".join(other.split())


def normalize_tax_number(text: str | None) -> str:
    """Return a NIF or VAT number in capitals, without separators and without PT before a NIF."""
    written = re.sub(r"[\s.\-/]", "", text or "").upper()
    return written[2:] if re.fullmatch(r"PT\d{9}", written) else written


def is_tax_number(text: str) -> bool:
    """Return True if a text has the form of a NIF or VAT number."""
    return _NUMBER.fullmatch(normalize_tax_number(text)) is not None


def find_similar(
    text: str, things: Iterable[RecordT], *names: Callable[[RecordT], str | None]
) -> tuple[RecordT, ...]:
    """Return records with the same name but for case and accents, then those containing its words, else the most similar."""
    asked, words = simplify_name(text), [simplify_name(word) for word in text.split()]
    every = list(things)
    looks = [[simplify_name(name(one) or "") for name in names] for one in every]
    if not asked:
        return ()
    same = [one for one, written in zip(every, looks, strict=True) if asked in written]
    inside = [
        one
        for one, written in zip(every, looks, strict=True)
        if one not in same and any(all(word in look for word in words) for look in written)
    ]
    if same or inside:
        return (*same, *inside)
    written = [[name(one) or "" for name in names] for one in every]
    alike = find_closest(text, (name for each in written for name in each if name), 5, 0.75)
    return tuple(one for like in alike for one, each in zip(every, written, strict=True) if like in each)


def match_client(text: str, clients: Sequence[Client], unread: int) -> Matches[Client]:
    """Match a text to the exact code, name or tax number of a client."""
    number = normalize_tax_number(text) if is_tax_number(text) else ""
    exact = [
        one
        for one in clients
        if is_same_text(one.code, text)
        or is_same_text(one.name, text)
        or (number and normalize_tax_number(one.fiscal_id) == number)
    ]
    by_id = [one for one in clients if str(one.id) == text]
    return _build_matches(
        exact, [*by_id, *find_similar(text, clients, lambda one: one.name, lambda one: one.code)], unread
    )


def match_client_fields(
    clients: Sequence[Client],
    unread: int,
    *,
    name: str | None = None,
    code: str | None = None,
    fiscal_id: str | None = None,
) -> Matches[Client]:
    """Match clients by every field given; those with the tax number or a similar name or code are candidates."""
    number = normalize_tax_number(fiscal_id)
    numbered = [one for one in clients if number and normalize_tax_number(one.fiscal_id) == number]
    exact = [
        one
        for one in (numbered if number else clients if name or code else ())
        if (not name or is_same_text(one.name, name)) and (not code or is_same_text(one.code, code))
    ]
    alike = [
        *find_similar(name or "", clients, lambda one: one.name),
        *find_similar(code or "", clients, lambda one: one.code),
    ]
    return _build_matches(exact, [*numbered, *alike], unread)


def match_item(name: str, items: Sequence[CatalogueItem], unread: int) -> Matches[CatalogueItem]:
    """Match an item by its exact name."""
    exact = [one for one in items if is_same_text(one.name, name)]
    return _build_matches(exact, find_similar(name, items, lambda one: one.name), unread)


def match_series(name: str, series: Sequence[Series]) -> Matches[Series]:
    """Match a series by its exact name, else by its id or that of a document type in it; all series are candidates."""
    exact = [one for one in series if one.serie == name]
    if not exact and name.isdecimal():
        number = int(name)
        exact = [
            one for one in series if number in {one.id, *(part.sequence_id for part in one.types.values())}
        ]
    return _build_matches(exact, [*find_similar(name, series, lambda one: one.serie), *series], 0)


def match_tax(name: str, taxes: Sequence[Tax]) -> Matches[Tax]:
    """Match a tax by its exact name; all taxes are candidates."""
    exact = [one for one in taxes if one.name == name]
    return _build_matches(exact, [*_find_similar_taxes(name, taxes), *taxes], 0)


def match_line_tax(name: str, taxes: Sequence[Tax]) -> Matches[Tax]:
    """Match the tax of a line by its exact name, else by the only tax with that name but for case, or with that rate (`23 %`)."""
    exact = [one for one in taxes if one.name == name]
    if len({one.value for one in exact}) == 1:
        return Matches((exact[0],))
    return _build_matches(exact or _find_similar_taxes(name, taxes), (), 0)


def _find_similar_taxes(name: str, taxes: Sequence[Tax]) -> list[Tax]:
    rate = _RATE.fullmatch(name.strip())
    value = Decimal(rate[1].replace(",", ".")) if rate else None
    return [
        one
        for one in taxes
        if simplify_name(one.name or "") == simplify_name(name) != ""
        or (value is not None and one.value == value)
    ]


def _build_matches(exact: Iterable[RecordT], alike: Iterable[RecordT], unread: int) -> Matches[RecordT]:
    first = tuple(exact)
    rest = {id(one): one for one in alike if not any(one is other for other in first)}
    return Matches(first, tuple(rest.values()), unread)
