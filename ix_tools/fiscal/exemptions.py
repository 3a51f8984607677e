"""The reasons a line carries no VAT: code, printed wording, law, and the dates between which each may be used."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from ix_tools.fiscal.tables import day, read_table

REMOVAL_MARKER = "M00"
"""Sent as the reason on an update once no exempt line is left. InvoiceXpress's own marker, no code of the AT."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One reason for charging no VAT, and when it may be given."""

    code: str
    text_pt: str
    """The wording printed on the document."""
    text_en: str
    """What the wording means; never printed."""
    law: str
    valid_from: date | None
    """First day of use; None when the code is older than the sources reach."""
    valid_until: date | None
    """Last day of use; None while the code is current."""
    offered: bool
    """Whether InvoiceXpress's own current list has it."""
    note_pt: str
    note_en: str
    source: str


def exemption(code: str) -> Exemption | None:
    """The entry of an exact, upper-case code; None for an unknown code and for the removal marker."""
    return _by_code().get(code)


def exemptions() -> tuple[Exemption, ...]:
    """Every exemption ever known, also the ended ones, in code order."""
    return tuple(_by_code().values())


def in_force(code_entry: Exemption, on: date) -> bool:
    """Whether a document of that date may carry the code. Both border days count."""
    begun = code_entry.valid_from is None or code_entry.valid_from <= on
    ended = code_entry.valid_until is not None and code_entry.valid_until < on
    return begun and not ended


def table_source() -> str:
    """Where the table comes from, for whoever is shown an exemption."""
    return str(_table()["source"])


def table_as_of() -> date:
    """The day the table was taken from its source."""
    taken: date = _table()["as_of"]
    return taken


@cache
def _table() -> dict[str, Any]:
    return read_table("exemptions.toml")


@cache
def _by_code() -> dict[str, Exemption]:
    table = _table()
    entries = (
        Exemption(
            code=row["code"],
            text_pt=row["text_pt"],
            text_en=row["text_en"],
            law=row["law"],
            valid_from=day(row.get("valid_from")),
            valid_until=day(row.get("valid_until")),
            offered=row.get("offered", True),
            note_pt=row.get("note_pt", ""),
            note_en=row.get("note_en", ""),
            source=row.get("source", table["source"]),
        )
        for row in table["exemption"]
    )
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}
