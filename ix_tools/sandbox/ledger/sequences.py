"""Series: per document type a counter, its own id (trap 9) and the tax authority's validation code (trap 12)."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from ix_tools.sandbox import seeds
from ix_tools.sandbox.kinds import SEQUENCE_OFFSETS, TYPES_WITHOUT_VALIDATION_CODE, Kind
from ix_tools.sandbox.ledger import accounts
from ix_tools.sandbox.refusals import CREATE_CODES, REGISTER_CODES, Missing, Refused, RefusedByCode
from ix_tools.sandbox.rows import Document, Sequence
from ix_tools.sandbox.state import Books

_ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,35}")
"""A series name becomes part of "FT SERIE/1": no spaces, slashes or accents."""


def get(books: Books, sequence_id: int) -> Sequence:
    """Return a series by its own id."""
    sequence = books.store.get(Sequence, sequence_id)
    if sequence is None:
        raise Missing
    return sequence


def list_all(books: Books) -> list[Sequence]:
    """Return all rows."""
    return books.store.find(Sequence)


def create(books: Books, sent: dict[str, Any]) -> Sequence:
    """Create a series and register it with the tax authority."""
    serie = str(sent.get("serie") or "").strip()
    if not accounts.can_communicate(books):
        _refuse_creation("004")
    if books.options.create_refusal:
        _refuse_creation(books.options.create_refusal)
    if books.options.register_busy:
        _refuse_creation("006", 409)
    if not serie:
        _refuse_creation("003")
    if not _ALLOWED.fullmatch(serie):
        _refuse_creation("001")
    if find_by_name(books, serie) is not None:
        _refuse_creation("002")
    new_id = books.store.next_id("sequences", first=seeds.FIRST_SEQUENCE, step=seeds.SEQUENCE_STEP)
    sequence = seeds.build_sequence(new_id, serie, False, registered=books.options.register_on_create)
    books.store.save(sequence)
    if str(sent.get("default_sequence")) == "1":
        set_current(books, new_id)
    return get(books, new_id)


def register(books: Books, sequence_id: int) -> Sequence:
    """Register the document types of a series that have no validation code yet."""
    sequence = books.store.get(Sequence, sequence_id)
    if sequence is None:
        raise RefusedByCode(404, "006", REGISTER_CODES["006"])
    if not accounts.can_communicate(books):
        raise RefusedByCode(422, "002", REGISTER_CODES["002"])
    if books.options.register_refusal:
        code = books.options.register_refusal
        raise RefusedByCode(422, code, REGISTER_CODES.get(code, REGISTER_CODES["000"]))
    if books.options.register_busy:
        raise RefusedByCode(409, "008", REGISTER_CODES["008"])
    if "N/D" not in sequence.codes.values():
        raise RefusedByCode(409, "005", REGISTER_CODES["005"])
    if not _ALLOWED.fullmatch(sequence.serie):
        raise RefusedByCode(422, "001", REGISTER_CODES["001"])
    for key, code in sequence.codes.items():
        if code == "N/D":
            sequence.codes[key] = seeds.build_validation_code(sequence.serie, key)
    books.store.save(sequence)
    return sequence


def set_current(books: Books, sequence_id: int) -> None:
    """Make a series the default for documents without a sequence_id."""
    chosen = get(books, sequence_id)
    for sequence in list_all(books):
        if sequence.default_sequence != (sequence.id == chosen.id):
            sequence.default_sequence = sequence.id == chosen.id
            books.store.save(sequence)


def find_by_name(books: Books, serie: str) -> Sequence | None:
    """Return the series with a name."""
    return next((sequence for sequence in list_all(books) if sequence.serie == serie), None)


def get_default(books: Books) -> Sequence:
    """Return the account's default series."""
    rows = list_all(books)
    return next((sequence for sequence in rows if sequence.default_sequence), rows[0])


def find_by_type_id(books: Books, kind: Kind, type_id: int) -> Sequence | None:
    """Return the series whose id for a document type is `type_id`."""
    return next((row for row in list_all(books) if row.id + kind.offset == type_id), None)


def choose_sequence_id(books: Books, kind: Kind, sent: Any) -> int:
    """Return the sequence id of a document type: the one sent, or that of the default series (trap 9)."""
    if sent in (None, ""):
        return get_default(books).id + kind.offset
    text = str(sent)
    if not text.isascii() or not text.isdigit() or find_by_type_id(books, kind, int(text)) is None:
        raise Refused("sequence_of_other_type")
    return int(text)


def update_v1(books: Books, sequence_id: int, sent: dict[str, str]) -> Sequence:
    """Update name and starting numbers of a series without finalized documents, over version 1 (XML)."""
    sequence = get(books, sequence_id)
    wrong: list[str | tuple[str, ...]] = []
    serie = sent.get("serie", "").strip()
    if not serie:
        wrong.append("serie_blank")
    same = find_by_name(books, serie)
    if same is not None and same.id != sequence.id:
        wrong.append("serie_taken")
    numbers: dict[str, int] = {}
    for key in ("invoice", "credit_note", "debit_note"):
        text = sent.get(f"current_{key}_number", "").strip()
        label = key.replace("_", " ").capitalize()
        if re.fullmatch(r"-?\d{1,9}", text) is None:
            wrong.append("current_not_number" if key == "invoice" else ("counter_not_number", label))
        elif int(text) < 0:
            wrong.append("current_low" if key == "invoice" else ("counter_low", label))
        else:
            numbers[key] = int(text)
    if wrong:
        raise Refused(*wrong)
    types = [sequence.id + offset for offset in SEQUENCE_OFFSETS.values()]
    if any(row.number for type_id in types for row in books.store.find(Document, sequence_id=type_id)):
        raise Refused("sequence_has_documents")
    if serie != sequence.serie:
        # A renamed series is a new one to the tax authority, so its codes are removed.
        sequence.serie = serie
        sequence.codes = {
            key: "N/A" if key in TYPES_WITHOUT_VALIDATION_CODE else "N/D" for key in SEQUENCE_OFFSETS
        }
    sequence.numbers.update(numbers)
    books.store.save(sequence)
    if sent.get("default_sequence", "").strip() == "1":
        set_current(books, sequence.id)
    return get(books, sequence.id)


def _refuse_creation(code: str, status: int = 422) -> NoReturn:
    raise RefusedByCode(status, code, CREATE_CODES.get(code, CREATE_CODES["000"]))
