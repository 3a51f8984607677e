"""Account lists: taxes and series, which every document relies on."""

from dataclasses import dataclass

from ix_tools.domain.records import Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Want
from ix_tools.storage.lookup_rows import SERIES, TAXES


@dataclass(frozen=True, slots=True)
class AccountList:
    """A list that every document relies on."""

    want: Want
    fact: str
    name: str
    """As it is remembered."""
    path: str
    key: str
    record: type[Record]
    resource: str
    """Beginning of the claims of calls that change it."""
    kind: str
    """What a field that names one of them resolves to."""


ACCOUNT_LISTS = (
    AccountList(Want.TAXES, "taxes", TAXES, "/taxes.json", "taxes", Tax, "taxes", "tax"),
    AccountList(
        Want.SEQUENCES, "sequences", SERIES, "/sequences.json", "sequences", Sequence, "series/", "series"
    ),
)
