"""Outcomes of the audit trail in the reader's language.

The trail keeps them in English, because its hash chain covers them. Here such a text becomes a message again; one that is not
recognised, as from another version, is shown as it is.
"""

import re
from functools import cache

from ix_tools.error_codes import ERROR_CODES
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import (
    PLACEHOLDER,
    Message,
    MessageTemplate,
    message_template,
    render,
    translate_text,
)

TEMPLATES: tuple[MessageTemplate, ...] = (
    # Decisions; the narrower texts first.
    message_template("{who}; {count} more needed"),
    message_template("{who} with passkey {passkey}, which {person} may hold too"),
    message_template("{who} with passkey {passkey}"),
    message_template("{who} with a PIN set by {person}"),
    message_template("by a person in a terminal"),
    message_template("by a person on the approval's page"),
    message_template("by a person in a chat"),
    message_template("by policy: {rules}"),
    message_template("by {who}"),
    # The use of an approval.
    message_template("nothing was sent"),
    message_template("the document changed; nothing was sent"),
    message_template("its signature counts no more; nothing was sent"),
    message_template("there is a warning that the person did not see"),
    message_template("its process ended before anything was sent"),
    message_template("{approval} was given back"),
    message_template("the call had been carried out before"),
    message_template("scope {scope} is missing"),
    # Calls.
    message_template("about to be sent"),
    message_template("about to be sent once more"),
    message_template("its document is gone; begun anew"),
    message_template("settled by a person in a terminal"),
    message_template("a fault of ours: {name}"),
    message_template("stored_differently: {fields}"),
    message_template("looked: it happened"),
    message_template("looked: it did not happen. {observation}"),
    message_template("looked: it did not happen."),
    message_template("looked: unknown. {observation}"),
    message_template("looked: unknown."),
    # What a look-up saw, where it names something; the others are found in the catalogue as they are.
    message_template("the look-up failed ({code})"),
    message_template("the record that was found cannot be read ({name})"),
    message_template("the client owed {owed} before and owes {now} now"),
    message_template("any of these may be it: {documents}"),
    message_template("this may be it: {documents}"),
)
NESTED = frozenset({"who", "observation"})
"""Placeholders that hold another outcome."""


def translate_outcome(outcome: str, language: Language) -> str:
    """Return an outcome of the trail in a language."""
    if outcome in ERROR_CODES:
        return render(ERROR_CODES[outcome].meaning, language)
    for pattern, template in _compile_patterns():
        found = pattern.fullmatch(outcome)
        if found is not None:
            values = {
                name: translate_outcome(value, language) if name in NESTED else value
                for name, value in found.groupdict().items()
            }
            return render(Message(template.id, values), language)
    return translate_text(outcome, language)


@cache
def _compile_patterns() -> tuple[tuple[re.Pattern[str], MessageTemplate], ...]:
    return tuple((_compile(one.id), one) for one in TEMPLATES)


def _compile(text: str) -> re.Pattern[str]:
    parts = PLACEHOLDER.split(text)  # literal, name, literal, name, …
    return re.compile(
        "".join(f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL
    )
