"""Marks in the type annotation of a field: whether InvoiceXpress returns the value, and whether an approval shows it.

    reference: Annotated[str | None, Stored(), Printed("Reference")] = None
    loaded_at: Annotated[WireMoment, Unreturned()]

Lists of fields are derived from the marks, so a new field is compared, carried over and shown as soon as it is declared.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

from ix_tools.i18n.messages import Message

Mark = TypeVar("Mark")


@dataclass(frozen=True, slots=True)
class Stored:
    """InvoiceXpress returns the value as it was sent: it is compared after a write, and an update without it sends it again."""

    if_given: bool = False
    """Whether it is compared only when it was given, because InvoiceXpress fills it in otherwise."""


@dataclass(frozen=True, slots=True)
class Unreturned:
    """InvoiceXpress accepts the value and does not return it: the journal keeps it, and an update sends it again from there.

    When the journal does not have it, the update asks for it, because a full replacement would remove it.
    """

    required: bool = False
    """Whether InvoiceXpress requires it with every write."""
    kinds: frozenset[str] = frozenset()
    """Document types that can have it; empty means all that have the field."""
    found_by: str = ""
    """Another field that shows whether there is a value, so that the update need not ask."""


@dataclass(frozen=True, slots=True)
class Clearable:
    """An update can empty the field at InvoiceXpress; the caller names it in `clear`."""


@dataclass(frozen=True, slots=True)
class NameOnly:
    """A number in place of this text would mean something else, so it is refused and not read as its digits."""


@dataclass(frozen=True, slots=True)
class NamesDocument:
    """The id of a document; callers may write its number instead, as in `FT 17/2026`."""

    kinds: tuple[str, ...] = ()
    """Document types that the field takes; empty means those of `document_type`, or all."""


@dataclass(frozen=True, slots=True)
class MonthOf:
    """A month by its number; callers may write its name, or month and year in one text, as in `11/2026`."""

    year: str
    """The field that takes the year."""


@dataclass(frozen=True, slots=True)
class ZeroIsAbsent:
    """A number that is never 0; hosts that fill in every parameter send 0 for it."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The document prints the value: approvals and results show it under this heading in every interface."""

    heading: str
    """In English; the message catalogue has its translation."""

    @property
    def message(self) -> Message:
        """Return the heading as a message."""
        return Message(self.heading)


@dataclass(frozen=True, slots=True)
class ColumnHeading:
    """The heading of a record's field in lists, where the label of its name would mean something else."""

    text: str
    """In English; the message catalogue has its translation."""

    @property
    def message(self) -> Message:
        """Return the heading as a message."""
        return Message(self.text)


@dataclass(frozen=True, slots=True)
class NotShown:
    """An approval does not show the value."""

    why: str
    """Reason for that."""


@cache
def fields_with(model: type[Any], mark: type[Mark]) -> dict[str, Mark]:
    """Return the fields of a model that have a mark of this type. A field that is declared again keeps its marks."""
    found: dict[str, Mark] = {}
    for name in model.model_fields:
        for one in model.__mro__:
            declared = one.model_fields.get(name) if issubclass(one, BaseModel) else None
            marks = [mine for mine in (declared.metadata if declared else ()) if isinstance(mine, mark)]
            if marks:
                found[name] = marks[0]
                break
    return found
