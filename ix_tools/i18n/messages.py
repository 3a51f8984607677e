"""Messages for people: an id and values, which become text in the reader's language when they are shown.

A message's id is its English text with named placeholders, and the key of its translation in the gettext catalogues.
Stores keep the id and the values; `str(message)` is the English text for programs, `render` the text for a person.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ix_tools.i18n.languages import Bilingual, Language

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
"""A placeholder such as {day}; nothing else in a template is special."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its currency code; without a code it is an amount of the account, in euros."""

    amount: Decimal
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people as id and values; a plural form is chosen by the value `count`."""

    id: str
    values: Mapping[str, "Value"] = field(default_factory=lambda: MappingProxyType({}))
    plural: str = ""
    """The id for several, if the text depends on `count`."""

    def __post_init__(self) -> None:
        missing = {*PLACEHOLDER.findall(self.id + self.plural)} - self.values.keys()
        if missing or (self.plural and not isinstance(self.values.get("count"), int)):
            raise ValueError(f"the message {self.id!r} lacks {', '.join(sorted(missing)) or 'a whole count'}")

    def __bool__(self) -> bool:
        """Return whether there is a text."""
        return bool(self.id)

    def __str__(self) -> str:
        """Return the text in English for programs and models: dates as 2026-11-20, amounts as 12.50 EUR."""
        template = self.plural if self.plural and self.values["count"] != 1 else self.id
        return _fill(template, {name: _format_for_programs(value) for name, value in self.values.items()})

    def __hash__(self) -> int:
        return hash((self.id, *sorted((name, str(value)) for name, value in self.values.items())))


Value = str | int | Decimal | date | datetime | Money | Bilingual | Message
"""A value of a message. A name that differs by language is a Bilingual or a Message; a str is shown as it is."""
Text = str | Message
"""A message, or a text that is the same in every language, such as an answer of InvoiceXpress."""


NO_MESSAGE = Message("")
"""No text."""


def message(id: str, /, **values: Value | None) -> Message:
    """Make a message: `message("the guide is dated {day}", day=call.date)`.

    Args:
        id: The English text, written out here: the gate reads it from the source and wants its translation.
        values: A value for each placeholder. Dates, numbers and Money are formatted when the message is shown; what is not
            known (None) is shown as a question mark.
    """
    return Message(id, _mark_unknown(values))


def message_plural(one: str, many: str, /, *, count: int, **values: Value | None) -> Message:
    """Make a message with a form for one and a form for several, chosen by `count` and by the language's rule."""
    return Message(one, {"count": count, **_mark_unknown(values)}, many)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A text of a table whose values are known only when it is shown."""

    id: str

    def fill(self, **values: Value | None) -> Message:
        """Return the message with a value for each placeholder."""
        return Message(self.id, _mark_unknown(values))


def message_plural_template(one: str, many: str, /) -> tuple[str, str]:
    """Declare a text of a library with a form for one and a form for several; the library fills and chooses it itself."""
    return one, many


def message_template(id: str, /) -> MessageTemplate:
    """Declare a text with placeholders apart from its values: `message_template("until {until}")`."""
    return MessageTemplate(id)


def _mark_unknown(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: "?" if value is None else value for name, value in values.items()}


def verbatim(text: str) -> Message:
    """Return a text that is the same in every language as a message: a name, a list of codes, an answer of InvoiceXpress."""
    return Message("{text}", {"text": text}) if text else NO_MESSAGE


def as_message(text: Text | Bilingual) -> Message:
    """Return a text as a message; a text that is none stays the same in every language."""
    return text if isinstance(text, Message) else Message("{text}", {"text": text})


def join_messages(texts: Iterable[Text | Bilingual], separator: str = "; ") -> Message:
    """Return several texts as one message."""
    values: dict[str, Value] = {f"part_{at}": text for at, text in enumerate(texts)}
    return Message(separator.join(f"{{{name}}}" for name in values), values)


def render(text: Text | Bilingual, language: Language) -> str:
    """Return a text or name as a person reads it in a language; a str is returned unchanged."""
    if isinstance(text, str):
        return text
    if isinstance(text, Bilingual):
        return text.text(language)
    if not text.id:
        return ""
    template = _translate(text, language)
    return _fill(template, {name: _format(value, language) for name, value in text.values.items()})


def translate_text(text: str, language: Language) -> str:
    """Return a text of the help, such as a docstring that is its own id in the catalogue, in a language."""
    return render(Message(text), language) if text else ""


def _translate(text: Message, language: Language) -> str:
    if language == "en":
        return text.plural if text.plural and text.values["count"] != 1 else text.id
    from ix_tools.i18n.catalogue import load_catalogue

    catalogue = load_catalogue(language)
    count = text.values.get("count")
    if text.plural and isinstance(count, int):
        return catalogue.ngettext(text.id, text.plural, count)
    return catalogue.gettext(text.id)


def _fill(template: str, texts: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), template)


def _format_for_programs(value: Value) -> str:
    match value:
        case Money(amount, currency):
            return f"{amount:.2f} {currency}".rstrip()
        case Bilingual():
            return value.en
        case Decimal():
            return _format_decimal(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case _:
            return str(value)


def _format(value: Value, language: Language) -> str:
    # Formats load Babel only for amounts.
    from ix_tools.i18n import formats

    match value:
        case Message():
            return render(value, language)
        case Money(amount, currency):
            return formats.format_money(amount, language, currency)
        case Bilingual():
            return value.text(language)
        case Decimal():
            return formats.format_number(value, language)
        case datetime():
            return f"{value:%d/%m/%Y %H:%M}"
        case date():
            return formats.format_date(value, language)
        case _:
            return str(value)


def _format_decimal(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- stored form ---------------------------------------------------------------------------------


def dump_message(text: Message) -> dict[str, Any]:
    """Return the JSON form: `id`, `values` with a tag for each type that JSON lacks, and `plural` if there is one."""
    shown: dict[str, Any] = {"id": text.id}
    if text.values:
        shown["values"] = {name: _dump_value(value) for name, value in text.values.items()}
    return {**shown, "plural": text.plural} if text.plural else shown


def load_message(stored: object) -> Message:
    """Read the JSON form again.

    Raises:
        ValueError: It is not a message of this form.
    """
    match stored:
        case {"id": str(id), **rest} if rest.keys() <= {"values", "plural"}:
            values, plural = rest.get("values", {}), rest.get("plural", "")
            if isinstance(values, Mapping) and isinstance(plural, str):
                return Message(id, {str(name): _load_value(value) for name, value in values.items()}, plural)
    raise ValueError("not a stored message")


def load_text(stored: object) -> Message:
    """Read a stored message; a text of an older version stays as it is."""
    return verbatim(stored) if isinstance(stored, str) else load_message(stored)


def _dump_value(value: Value) -> Any:
    match value:
        case Message():
            return {"message": dump_message(value)}
        case Money(amount, currency):
            return {"money": [str(amount), currency]}
        case Bilingual(pt, en):
            return {"names": [pt, en]}
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"time": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case _:
            return value


def _load_value(stored: object) -> Value:
    try:
        match stored:
            case bool():
                pass
            case str() | int():
                return stored
            case {"message": one}:
                return load_message(one)
            case {"money": [str(amount), str(currency)]}:
                return Money(Decimal(amount), currency)
            case {"names": [str(pt), str(en)]}:
                return Bilingual(pt, en)
            case {"decimal": str(number)}:
                return Decimal(number)
            case {"time": str(moment)}:
                return datetime.fromisoformat(moment)
            case {"date": str(day)}:
                return date.fromisoformat(day)
    except ArithmeticError as wrong:
        raise ValueError("not a number") from wrong
    raise ValueError("not a stored value of a message")
