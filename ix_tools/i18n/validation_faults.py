"""Messages for values that a validation refuses: those of our own checks, and pydantic's."""

from collections.abc import Callable, Mapping
from typing import Any

from ix_tools.i18n.messages import Message, message, message_plural, verbatim


class InvalidValue(ValueError):
    """A value that does not fit: `allowed` says what does, and `field` which one to correct where a rule is about several."""

    def __init__(self, allowed: Message, field: str = "") -> None:
        """Keep both; the text in English starts with the field."""
        super().__init__(f"{field}: {allowed}" if field else str(allowed))
        self.allowed, self.field = allowed, field


def find_invalid_value(fault: Mapping[str, Any]) -> InvalidValue | None:
    """Return the error of a check of ours behind one of pydantic's `errors()`, which must have their context."""
    found = fault.get("ctx", {}).get("error")
    return found if isinstance(found, InvalidValue) else None


def describe_fault(fault: Mapping[str, Any]) -> Message:
    """Return what one of pydantic's `errors()` says; a fault without a translation stays in English."""
    own, context, kind = find_invalid_value(fault), fault.get("ctx", {}), fault["type"]
    if own is not None:
        return own.allowed
    if kind in {"literal_error", "enum"}:
        return message("input should be {expected}", expected=format_expected(fault))
    if kind == "string_pattern_mismatch":
        return message("string should match pattern '{pattern}'", pattern=context["pattern"])
    if kind in FORMS:
        return message("input should be {form}", form=FORMS[kind])
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _BOUNDS:
        bound, describe = _BOUNDS[kind]
        return describe(context[bound])
    text = str(fault["msg"]).removeprefix("Value error, ")
    return verbatim(text[:1].lower() + text[1:])


_OBJECT, _LIST = message("an object such as {...}"), message("a list such as [...]")
_BOOLEAN, _WHOLE, _NUMBER = message("true or false"), message("a whole number"), message("a number")
FORMS: Mapping[str, Message] = {
    "model_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "string_type": message("a text"),
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
}
"""Required form of a value, by pydantic's name of the fault."""
_PLAIN: Mapping[str, Message] = {
    "extra_forbidden": message("there is no such key"),
    "missing": message("is required"),
}
_BOUNDS: Mapping[str, tuple[str, Callable[[Any], Message]]] = {
    "greater_than": ("gt", lambda bound: message("input should be greater than {bound}", bound=str(bound))),
    "greater_than_equal": (
        "ge",
        lambda bound: message("input should be greater than or equal to {bound}", bound=str(bound)),
    ),
    "less_than": ("lt", lambda bound: message("input should be less than {bound}", bound=str(bound))),
    "less_than_equal": (
        "le",
        lambda bound: message("input should be less than or equal to {bound}", bound=str(bound)),
    ),
    "string_too_short": (
        "min_length",
        lambda count: message_plural(
            "string should have at least {count} character",
            "string should have at least {count} characters",
            count=count,
        ),
    ),
    "string_too_long": (
        "max_length",
        lambda count: message_plural(
            "string should have at most {count} character",
            "string should have at most {count} characters",
            count=count,
        ),
    ),
    "too_short": (
        "min_length",
        lambda count: message_plural(
            "list should have at least {count} item", "list should have at least {count} items", count=count
        ),
    ),
    "too_long": (
        "max_length",
        lambda count: message_plural(
            "list should have at most {count} item", "list should have at most {count} items", count=count
        ),
    ),
}


def format_expected(fault: Mapping[str, Any]) -> str:
    """Return the words that a fault allows, separated by commas."""
    return str(fault.get("ctx", {}).get("expected", "")).replace(" or '", ", '")
