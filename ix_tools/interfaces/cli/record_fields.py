"""Fields of result records: which are amounts of money, and which have a heading of their own."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, PlainSerializer

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.field_marks import ColumnHeading, fields_with
from ix_tools.i18n.formats import format_plain
from ix_tools.i18n.messages import Message
from ix_tools.operations.registry import catalogue

OTHER_AMOUNTS = frozenset({"balance", "unit_price", "net", "vat"})
"""Amounts that no type tells: the running balance of a statement, and those that can have more than two decimals."""


@cache
def list_amounts(record: type[BaseModel] | None = None) -> frozenset[str]:
    """Return the fields that are amounts of money: of a record, or of any result where nothing else has the same name."""
    if record is not None:
        others = _list_numbers(record, format_plain) - OTHER_AMOUNTS
        return _list_numbers(record, format_cents) | (list_amounts() - others)
    records = set(_walk_records(*(one.result_type() for one in catalogue().values())))
    amounts = {name for one in records for name in _list_numbers(one, format_cents)}
    others_of_all = {name for one in records for name in _list_numbers(one, format_plain)}
    return frozenset(amounts - others_of_all) | OTHER_AMOUNTS


def find_heading(field: str, record: type[BaseModel] | None) -> Message | None:
    """Return the heading that a record gives its field; None where it gives none."""
    mark = fields_with(record, ColumnHeading).get(field) if record else None
    return mark.message if mark else None


def find_record(annotation: Any) -> type[BaseModel] | None:
    """Return the record in the type of a field, which may be optional or a list; None for other types."""
    return next(_list_records(annotation), None)


def _list_numbers(record: type[BaseModel], serializer: Any) -> frozenset[str]:
    """Return the fields of a record whose numbers are written by this function."""
    return frozenset(
        name
        for name, info in record.model_fields.items()
        if any(
            isinstance(mark, PlainSerializer) and mark.func is serializer
            for mark in (*info.metadata, *_list_marks(info.annotation))
        )
    )


def _list_marks(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _list_marks(part)


def _list_records(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _list_records(part)


def _walk_records(*first: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield records and those within them, each once."""
    waiting, seen = list(first), set[type[BaseModel]]()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            yield one
            waiting += [
                inner for info in one.model_fields.values() for inner in _list_records(info.annotation)
            ]
