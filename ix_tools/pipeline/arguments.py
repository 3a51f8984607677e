"""Arguments of a call: read leniently in form, strictly in meaning, the same in every interface.

    host's own keys dropped ─▶ JSON text parsed ─▶ texts normalized ─▶ digits of a whole number ─▶ empty = absent ─▶ months ─▶ validated
                               (lists, objects)    (NFC, blanks)       (text fields)                                (11/2026)

Models and hosts write the same thing in several ways. What a value means is never guessed: an unknown field, a number where a name
of a tax belongs, or a text that is not exactly one JSON structure is refused.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.domain.field_docs import read_field_docs
from ix_tools.domain.field_marks import MonthOf, NameOnly, ZeroIsAbsent
from ix_tools.domain.json_parsing import parse_json_arguments
from ix_tools.domain.written_months import parse_month
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import NO_MESSAGE, Message, join_messages, message, verbatim
from ix_tools.i18n.validation_faults import FORMS, describe_fault, find_invalid_value, format_expected
from ix_tools.operations.base import Operation
from ix_tools.renames import take_old_names
from ix_tools.schemas.search import get_operation

HOST_KEYS = frozenset({"toolCallId", "tool", "sessionId", "action", "chatInput"})
"""Keys that n8n's agent adds to the arguments of every tool (n8n-io/n8n issues 21500 and 22787)."""
HARMLESS_EXTRAS = {"document_type": "document_id"}
"""Fields that similar operations require, and the field beside which they change nothing."""
OTHER_NAMES = {
    "client": ("code", "client_code", "name", "client_name", "fiscal_id"),
    "document_id": ("number", "document_number", "id"),
    "client_id": ("id",),
    "text": ("query",),
    "serie": ("series",),
    "series": ("serie",),
    "message": ("reason",),
    "reason": ("message",),
    "payment_mechanism": ("payment_method",),
    "observation": ("observations",),
    "observations": ("observation",),
}
"""Names under which similar operations take the same value, by the field; the first field that an operation has counts."""
BLANKS = {ord(blank): " " for blank in "\u00a0\u2007\u202f"} | {
    ord(hidden): None for hidden in "\u200b\u2060\ufeff"
}
"""Blanks that look like others, and characters that show nothing."""
MAX_SHOWN = 20
"""Problems listed in one refusal."""


def parse(name: str, arguments: Mapping[str, Any]) -> Operation[Any]:
    """Read and validate the arguments, and return the call; report every problem at once.

    Raises:
        InvalidArguments: They do not fit the operation; nothing was sent.
    """
    operation = get_operation(name)
    try:
        return operation.model_validate(read_arguments(operation, arguments))
    except ValidationError as faults:
        found = [_describe_fault(operation, fault) for fault in faults.errors(include_url=False)]
    problems = list(_merge_problems(found))
    more = len(problems) - MAX_SHOWN
    raise InvalidArguments(
        message("{name} cannot be called with these arguments.", name=name)
        if more <= 0
        else message(
            "{name} cannot be called with these arguments ({more} more not shown).", name=name, more=more
        ),
        problems=problems[:MAX_SHOWN],
        next=message("correct these fields and call again"),
    )


def read_arguments(operation: type[Operation[Any]], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in the form that the operation's fields have."""
    fields = operation.model_fields
    ignored = HOST_KEYS | {name for name, beside in HARMLESS_EXTRAS.items() if beside in fields}
    known = {name: value for name, value in arguments.items() if name in fields or name not in ignored}
    return _read_fields(operation, _rename_fields(fields, known))


def _rename_fields(fields: Mapping[str, FieldInfo], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments under the operation's own names, where another name can only mean one of them that is not given."""
    named = dict(given)
    for field, others in OTHER_NAMES.items():
        if field not in fields or given.get(field) or _is_model_field(fields[field]):
            continue
        used = [name for name in others if name in named and name not in fields]
        if len(used) == 1:
            named[field] = named.pop(used[0])
    return named


def _is_model_field(info: FieldInfo) -> bool:
    return any(_is_model(one) for one in _list_types(info.annotation))


def _read_fields(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in take_old_names(model.model_fields, given).items():
        info = model.model_fields.get(name)
        if info is None:
            read[name] = value  # unknown, and refused by the validation
            continue
        is_text = isinstance(value, str)
        content = value if _has_mark(info, NameOnly) and not is_text else _read_value(info.annotation, value)
        if not (_is_empty(content) or (_has_mark(info, ZeroIsAbsent) and _is_zero(content))):
            read[name] = content
    return _read_months(model, read)


def _read_months(model: type[BaseModel], given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with each month as its number; the year that stands beside it in one text goes to its field.

    A text that contradicts the year given besides is left, and refused later.
    """
    read = dict(given)
    for name, mark in _list_month_fields(model):
        found = parse_month(text) if isinstance(text := given.get(name), str) else None
        if found is not None and (found[1] is None or str(given.get(mark.year, found[1])) == str(found[1])):
            read[name] = found[0]
            read |= {mark.year: found[1]} if found[1] is not None else {}
    return read


def _list_month_fields(model: type[BaseModel]) -> Iterable[tuple[str, MonthOf]]:
    for name, info in model.model_fields.items():
        yield from ((name, mark) for mark in info.metadata if isinstance(mark, MonthOf))


def _is_zero(value: Any) -> bool:
    return value in ("0", "0.0") or (isinstance(value, int | float | Decimal) and value == 0)


def _has_mark(info: FieldInfo, mark: type[Any]) -> bool:
    return any(isinstance(one, mark) for one in info.metadata)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _read_value(annotation: Any, value: Any) -> Any:
    """Return a value in the form of its type; what fits in no form stays as it is and is refused later."""
    types = list(_list_types(annotation))
    if SecretStr in types:
        return value
    if isinstance(value, str):
        structures = [one for one in types if _is_list(one) or _is_object(one)]
        if structures and (str not in types or not value.strip()):
            value = _parse_structure(value, structures)
    if isinstance(value, Mapping):
        model = next((one for one in types if _is_model(one)), None)
        return value if model is None else _read_fields(model, value)
    if isinstance(value, list | tuple):
        items = next((one for one in types if _is_list(one)), None)
        return value if items is None else [_read_value(get_args(items)[0], one) for one in value]
    if isinstance(value, str):
        words = next((one for one in types if _is_list(one) and _holds_texts(one)), None)
        if words is not None and str not in types and not value.lstrip().startswith(("[", "{")):
            return [_read_value(get_args(words)[0], value)]
        return _read_text(types, value)
    if isinstance(value, int) and not isinstance(value, bool) and str in types:
        return str(value)
    return value


def _list_types(annotation: Any) -> Iterable[Any]:
    """Yield the types that a field accepts, without Annotated and None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _list_types(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for one in get_args(annotation):
            yield from _list_types(one)
    elif annotation is not type(None):
        yield annotation


def _is_list(one: Any) -> bool:
    return get_origin(one) in {list, tuple, Sequence}


def _holds_texts(one: Any) -> bool:
    return all(item is str or get_origin(item) is Literal for item in _list_types(get_args(one)[0]))


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _is_object(one: Any) -> bool:
    return _is_model(one) or one is dict or get_origin(one) in {dict, Mapping}


def _parse_structure(text: str, structures: Sequence[Any]) -> Any:
    """Return the list or object that a text is as JSON; any other text is returned unchanged."""
    if not text.strip():
        return None
    try:
        content = parse_json_arguments(text)
    except (ValueError, RecursionError):
        return text
    fits = _is_object if isinstance(content, dict) else _is_list if isinstance(content, list) else None
    return content if fits is not None and any(fits(one) for one in structures) else text


def _read_text(types: Sequence[Any], text: str) -> str:
    words = [word for one in types if get_origin(one) is Literal for word in get_args(one)]
    if words:
        return _read_word(words, text)
    if not any(one is str for one in types):
        return text.strip()
    return unicodedata.normalize("NFC", text).translate(BLANKS).strip()


def _read_word(words: Sequence[Any], text: str) -> str:
    """Return the allowed word that a text can only mean: in other letters, or a document type in the singular."""
    word = text.strip()
    if word in words:
        return word
    lower = word.lower()
    spelt = "_".join(lower.replace("-", " ").split())
    kinds = list_document_kinds()
    meant = {one.plural for one in kinds if spelt in {one.singular, one.plural} or lower == one.pt.lower()}
    same = {one for one in words if isinstance(one, str) and one.lower() == lower} | (meant & set(words))
    return same.pop() if len(same) == 1 else word


# --- problems ------------------------------------------------------------------------------------------


def _describe_fault(operation: type[Operation[Any]], fault: Mapping[str, Any]) -> Problem:
    # Besides fields and positions, pydantic names validators and the members of a union.
    path = [part for part in fault["loc"] if isinstance(part, int) or str(part).isidentifier()]
    loc = ".".join(str(part) for part in path if not str(part)[:1].isupper())
    kind, own = fault["type"], find_invalid_value(fault)
    if kind == "extra_forbidden":
        allowed = verbatim(", ".join(operation.model_fields) if len(fault["loc"]) == 1 else "")
        if operation.spec.route is None:
            return Problem(loc, message("unknown field"), allowed)
        return Problem(loc, message("unknown field: InvoiceXpress would silently ignore it"), allowed)
    if kind == "missing":
        return Problem(loc, describe_fault(fault), _describe_field(operation, fault["loc"]))
    if kind in FORMS and _is_month(operation, loc):
        return Problem(
            loc, message("has another form"), message("1 to 12, or month and year such as 11/2026")
        )
    if kind in FORMS:
        return Problem(loc, message("has another form"), FORMS[kind])
    if kind == "literal_error":
        return Problem(loc, message("is none of the allowed words"), verbatim(format_expected(fault)))
    if own is not None and own.field:
        loc = f"{loc}.{own.field}".lstrip(".")
    return Problem(loc, message("is not usable"), describe_fault(fault))


def _describe_field(model: type[BaseModel], path: Sequence[str | int]) -> Message:
    """Return what a field wants, as the tool's schema says it, so that the call can be mended without another one."""
    name = next((part for part in path if isinstance(part, str) and part in model.model_fields), "")
    info = model.model_fields.get(name)
    if info is None:
        return NO_MESSAGE
    types = list(_list_types(info.annotation))
    held = [one for kind in types if _is_list(kind) for one in _list_types(get_args(kind)[0])]
    below = next((one for one in [*types, *held] if _is_model(one)), None)
    rest = path[path.index(name) + 1 :]
    if below is not None and any(isinstance(part, str) for part in rest):
        return _describe_field(below, rest)
    words = [str(word) for one in types if get_origin(one) is Literal for word in get_args(one)]
    text = read_field_docs(model).get(name, "")
    return Message(text) if all(word in text for word in words) else verbatim(", ".join(words))


def _is_month(operation: type[Operation[Any]], field: str) -> bool:
    return any(name == field for name, _ in _list_month_fields(operation))


def _merge_problems(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Yield one problem for each field and fault, with everything that its types allow."""
    merged: dict[tuple[str, Message], list[Message]] = {}
    for one in problems:
        allowed = merged.setdefault((one.field, one.problem), [])
        if one.allowed and one.allowed not in allowed:
            allowed.append(one.allowed)
    for (field, problem), allowed in merged.items():
        yield Problem(
            field, problem, join_messages(allowed, ", ") if len(allowed) > 1 else (*allowed, NO_MESSAGE)[0]
        )
