"""Emptying of stored fields: an update empties a field only where the caller names it in `clear`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from ix_tools.domain.field_marks import Clearable, fields_with
from ix_tools.domain.types import Call
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.spec import WirePath

EMPTY = ""
"""The value that empties a text at InvoiceXpress."""


class ClearsFields(Call):
    """Parameter of an update that may empty fields. Empty text, empty lists and null mean that a field is left as it is."""

    clear: Annotated[list[str], WirePath("")] = Field(default_factory=list)
    """Names of the fields to empty, such as observations."""

    @model_validator(mode="before")
    @classmethod
    def _empty_cleared_fields(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("clear"), list | tuple):
            return data
        possible = fields_with(cls, Clearable)
        for name in data["clear"]:
            if name not in possible:
                raise InvalidValue(
                    message("only these can be emptied: {possible}", possible=", ".join(possible)), "clear"
                )
            if data.get(name) not in (None, EMPTY):
                raise InvalidValue(message("{name} is given a value and emptied at once", name=name), "clear")
        return {**data, **dict.fromkeys(data["clear"], EMPTY)}


def list_newly_filled(call: ClearsFields, before: BaseModel | None) -> list[str]:
    """Return the fields that the call fills and that were empty before, for the plan that undoes it."""
    return [
        name
        for name in fields_with(type(call), Clearable)
        if getattr(call, name) and not getattr(before, name, None)
    ]
