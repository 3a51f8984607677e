"""The form for a document: its fields complete a sentence, so that it means nothing that could not be typed."""

from collections.abc import Mapping
from dataclasses import replace

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.interfaces.chat.conversation.shapes import Form, FormField
from ix_tools.interfaces.chat.words.commands import Client, DocumentCommand
from ix_tools.interfaces.chat.words.sentences import write_line, write_sentence

MAX_LINES = 5
CLIENT, DUE, MORE = "client", "due", "more"


def fits_form(command: DocumentCommand) -> bool:
    """Tell whether a form has room for every line; one that has not would lose some."""
    return len(command.lines) <= MAX_LINES


def build_form(command: DocumentCommand) -> Form:
    """Build the form for a document, filled in with what was written."""
    language = command.language

    def text(said: Message) -> str:
        return render(said, language)

    fields = [
        FormField(
            CLIENT,
            text(message("Client: name, code or NIF")),
            _show_client(command.client),
            is_optional=False,
        )
    ]
    example = '"Consultoria" 3 x 60 iva23' if language == "pt" else '"Consulting" 3 x 60 vat23'
    for number in range(MAX_LINES):
        line = write_line(command.lines[number], language) if number < len(command.lines) else ""
        label = message("Line {number}, such as {example}", number=number + 1, example=example)
        fields.append(FormField(f"line{number}", text(label), line, is_optional=number > 0))
    due = f"{command.due}d" if isinstance(command.due, int) else ""
    fields.append(FormField(DUE, text(message("Due: 30d, or 31/12/2026")), due))
    fields.append(FormField(MORE, text(message("More: send, ref, notes"))))
    kept = replace(command, client=Client(), lines=(), due=None if due else command.due)
    return Form(
        text(message("Invoice")),
        text(message("Continue")),
        text(message("Cancel")),
        tuple(fields),
        language,
        write_sentence(kept),
    )


def _show_client(client: Client) -> str:
    return client.name or client.nif or client.code


def write_form_sentence(values: Mapping[str, str], kept: str) -> str:
    """Return the sentence of a filled form."""
    english = kept.split(" ", maxsplit=1)[0] in {
        "invoice",
        "draft",
        "simplified",
        "invoice-receipt",
        "estimate",
        "proforma",
    }
    language: Language = "en" if english else "pt"
    given = {name: " ".join(value.split()) for name, value in values.items() if value and value.strip()}
    parts = [kept]
    client = given.get(CLIENT, "").strip('"“”«»')
    if client.replace(" ", "").isdigit() and len(client.replace(" ", "")) == 9:
        parts.append(f"nif {client.replace(' ', '')}")
    elif client:
        parts.append(f'{"for" if language == "en" else "para"} "{client}"')
    parts.append("; ".join(given[f"line{number}"] for number in range(MAX_LINES) if f"line{number}" in given))
    if DUE in given:
        due = given[DUE]
        word = "due" if language == "en" else "vence"
        parts.append(due if due.casefold().startswith(word) else f"{word} {due}")
    parts.append(given.get(MORE, ""))
    return " ".join(part for part in parts if part)
