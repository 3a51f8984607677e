"""Marks on the fields of calls that say what becomes of a value once it is sent; written beside the type, read from the class.

    reference: Annotated[str | None, Stored(), Printed("Referência", "Reference")] = None
    loaded_at: Annotated[WireMoment, Unreturned()]

Lists of fields are derived from the marks, so that a new field is compared, carried over and shown by being declared.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

Mark = TypeVar("Mark")


@dataclass(frozen=True, slots=True)
class Stored:
    """The document reads back with the value as it was sent: it is compared, and an update that does not name it sends it again."""

    if_given: bool = False
    """Compare it only where it was given: InvoiceXpress fills it in by itself."""


@dataclass(frozen=True, slots=True)
class Unreturned:
    """InvoiceXpress takes the value and does not return it: the journal keeps it, and an update sends it again from there.

    Where the journal does not know it, the update asks, because a full replacement would take it away.
    """

    required: bool = False
    """Whether InvoiceXpress wants it with every write."""
    kinds: frozenset[str] = frozenset()
    """The kinds of document that can have it; empty: all that have the field."""
    found_by: str = ""
    """What else tells whether there is one, so that nobody needs to be asked."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The document prints the value: whoever approves or reads it sees it under this heading, in every interface."""

    pt: str
    en: str

    def heading(self, language: Literal["pt", "en"]) -> str:
        """Return the heading in one of them."""
        return self.pt if language == "pt" else self.en


@dataclass(frozen=True, slots=True)
class NotShown:
    """The value is not part of what an approval shows."""

    why: str
    """The reason."""


@cache
def fields_with(model: type[Any], mark: type[Mark]) -> dict[str, Mark]:
    """The fields of a model that carry a mark of this kind; a field that is declared anew keeps the marks it had."""
    found: dict[str, Mark] = {}
    for name in model.model_fields:
        for one in model.__mro__:
            declared = one.model_fields.get(name) if issubclass(one, BaseModel) else None
            marks = [mine for mine in (declared.metadata if declared else ()) if isinstance(mine, mark)]
            if marks:
                found[name] = marks[0]
                break
    return found
