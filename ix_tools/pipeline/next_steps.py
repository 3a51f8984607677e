"""Suggested calls as results show them, with arguments of the types that the tool's schema has.

Hosts that check types refuse a call with the integer of a document's id, which is text because a number such as FT 17/2026 may
stand in its place; and one with an amount as text, as records show it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from ix_tools.domain.field_marks import NamesDocument, fields_with
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.operations.expectations import Step
from ix_tools.operations.registry import catalogue


def show_step(step: Step, language: Language) -> dict[str, Any]:
    """Return a step as results show it, in the reader's language.

    `missing` names what only a person can say, such as the means of a payment.
    """
    why = render(step.why, language)
    if step.arguments is None:
        return {"tool": step.tool, "why": why}
    operation = catalogue()[step.tool]
    shown = {"tool": step.tool, "arguments": _fit_fields(step.arguments, operation), "why": why}
    missing = [
        name
        for name, info in operation.model_fields.items()
        if info.is_required() and name not in step.arguments
    ]
    return {**shown, "missing": missing} if missing else shown


def _fit_fields(given: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return the values with the types that the model's schema has."""
    types, documents = _list_types_by_field(model), fields_with(model, NamesDocument)
    return {
        name: str(value)
        if name in documents and value is not None
        else _fit_value(value, types.get(name, frozenset()))
        for name, value in given.items()
    }


def _fit_value(value: Any, types: frozenset[Any]) -> Any:
    if isinstance(value, list | tuple):
        return [_fit_value(one, types) for one in value]
    if isinstance(value, Mapping):
        record = next((one for one in types if issubclass(one, BaseModel)), None)
        return dict(value) if record is None else _fit_fields(value, record)
    return _to_number(value) if Decimal in types and isinstance(value, str | Decimal) else value


def _to_number(value: str | Decimal) -> int | float | str:
    """Return an amount as a number of JSON; a text that is none, or that a float would change, stays text."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return str(value)
    if not amount.is_finite():
        return str(value)
    if amount == amount.to_integral_value():
        return int(amount)
    number = float(amount)
    return number if Decimal(repr(number)) == amount else str(value)


def fit_stored_call(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return a suggested call of a stored result with the types of today's schema; earlier versions stored ids as numbers."""
    operation = catalogue().get(str(shown.get("tool")))
    given = shown.get("arguments")
    if operation is None or not isinstance(given, Mapping):
        return dict(shown)
    return {**shown, "arguments": _fit_fields(given, operation)}


@cache
def _list_types_by_field(model: type[BaseModel]) -> dict[str, frozenset[Any]]:
    return {
        name: frozenset(_list_inner_types(field.annotation)) for name, field in model.model_fields.items()
    }


def _list_inner_types(annotation: Any) -> Iterator[Any]:
    """Yield the types within unions, lists and annotated types."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for one in get_args(annotation):
        yield from _list_inner_types(one)
