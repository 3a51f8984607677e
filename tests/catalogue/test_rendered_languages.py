"""What a person is shown of every operation is in one language: results as tables, approvals as text, form and page.

Every operation is called with its example in both languages. Words that the caller wrote, names of the account, and commands to
type are in no language; everything else is looked up in the lists of words that belong to one language only.
"""

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ix_tools.approvals.rendering import format_summary
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.stored_preview import load_preview
from ix_tools.approvals.text import format_for_host, format_for_reader
from ix_tools.i18n.languages import Language
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.results import print_result
from ix_tools.interfaces.mcp.elicitation_form import build_form_schema, render_form_message
from ix_tools.interfaces.web.rendering import PageState, render_approval
from ix_tools.operations.registry import TOOLSETS, catalogue
from tests.catalogue.test_sweeps import waiting_calls
from tests.harness import ApprovalNeeded, Harness, Json, execute
from tests.i18n.language_words import find_foreign_words
from tests.interfaces.web.visitor import extract_text
from tests.preparations import prepare_example

LANGUAGES: tuple[Language, ...] = ("pt", "en")
ACCOUNT_TEXTS = (
    *(
        "ACME, Lda",
        "Beta GmbH",
        "Padaria Central, Lda",
        "Oficina das Faturas, Lda",
        "Consumidor Final",
        "Consumidor final",
    ),
    *(
        "Consultoria técnica",
        "Consultoria",
        "Formação profissional",
        "Formação",
        "Curso certificado",
        "Revisão",
    ),
    *(
        "Avenida da Bigorna",
        "Rua do Carimbo",
        "Rua da Fábrica",
        "Porto",
        "Lisboa",
        "Isento",
        "Sem Documentos, Lda",
        "Pagamento de",
    ),
)
"""Names of the sandbox's account."""
COMMAND = re.compile(r"ix-tools [^\n]*|\$ [^\n]*")
"""A command to type, with its arguments."""


def in_language(harness: Harness, language: Language) -> Harness:
    settings = harness.context.settings.model_copy(update={"allow_account_setup": True, "language": language})
    return replace(harness, context=replace(harness.context, settings=settings))


def list_texts(content: Any) -> Iterator[str]:
    """Yield every text in the arguments of a call, the longest of one value first."""
    if isinstance(content, dict):
        for one in content.values():
            yield from list_texts(one)
    elif isinstance(content, list):
        for one in content:
            yield from list_texts(one)
    elif isinstance(content, str):
        yield content


def find_words(text: str, language: Language, arguments: Json) -> list[str]:
    """Return the words of the other language in a text that a person is shown."""
    known = sorted({*ACCOUNT_TEXTS, *TOOLSETS, *list_texts(arguments)}, key=len, reverse=True)
    return find_foreign_words(COMMAND.sub(" ", text), language, known=[one for one in known if len(one) > 2])


def print_as_table(harness: Harness, name: str, body: Json, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what the command line prints of a result."""
    run = Invocation(output="text")
    vars(run)["_loaded_settings"] = harness.context.settings
    monkeypatch.setenv("COLUMNS", "1000")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        print_result(run, catalogue()[name], body)
    return printed.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(catalogue()))
async def test_a_result_is_printed_in_one_language(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, name: str, language: Language
) -> None:
    speaking = in_language(harness, language)
    arguments = await prepare_example(speaking, name)
    if name == "lookup_exemption_codes":
        arguments = {**arguments, "language": language}
    body = await speaking.call(name, arguments)
    shown = print_as_table(speaking, name, body, monkeypatch)
    assert find_words(shown, language, arguments) == [], shown


def list_views(approval: Approval, asker: Language, reader: Language) -> Iterator[tuple[Language, str]]:
    """Yield every way in which an approval is shown to a person: in the asker's host, and where another person reads it."""
    yield asker, format_for_host(approval, asker)
    yield asker, render_form_message(approval, asker)
    boxes = build_form_schema(approval, asker)["properties"].values()
    yield asker, " ".join(f"{one['title']} {one.get('description', '')}" for one in boxes)
    yield reader, format_for_reader(approval, reader)
    yield reader, format_summary(load_preview(approval.sheet), reader)
    yield reader, extract_text(render_approval(approval, reader, PageState(approval.created_at)))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_approval_is_shown_in_the_readers_language_and_not_in_the_askers(
    harness: Harness, language: Language
) -> None:
    asker = in_language(harness, "en" if language == "pt" else "pt")
    found = []
    for name, arguments in await waiting_calls(asker):
        with pytest.raises(ApprovalNeeded) as needed:
            await execute(asker.context, name, arguments, can_ask=True)
        for spoken, text in list_views(needed.value.approval, asker.context.settings.language, language):
            words = find_words(text, spoken, arguments)
            found += [(name, spoken, words, text)] if words else []
    assert found == []
