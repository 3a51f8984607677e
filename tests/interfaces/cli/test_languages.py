"""Everything the command line writes is in one language: help of every command, utility commands, and what is said of a wrong line.

Results and approvals are swept in tests/catalogue/test_rendered_languages.py.
"""

import re
from collections.abc import Iterator

import click
import pytest

from ix_tools.i18n.languages import Language
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS, build_program
from ix_tools.operations.registry import OPERATIONS, TOOLSETS
from tests.i18n.language_words import find_foreign_words
from tests.i18n.test_catalogue_languages import SAME_IN_BOTH, list_typed_words
from tests.interfaces.cli.conftest import Cli

LANGUAGES: tuple[Language, ...] = ("pt", "en")
PARTS = 6
"""Groups in which the help of all commands is read, so that they run side by side."""
TYPED = re.compile(
    r"ix-tools [^\n]*|\$ [^\n]*|'[^'\n]*'|\[[A-Z… |.]+\]|\b[A-Z_]{4,}\b|^ {2}[a-z][a-z-]*(?=  )", re.MULTILINE
)
"""What is typed: commands, placeholders, names of commands at the beginning of a row."""
VALUES = frozenset({*TOOLSETS, "all", "auto", "text"})
"""Values that are typed."""
UTILITIES: tuple[tuple[str, ...], ...] = (
    ("doctor",),
    ("settings",),
    ("tools",),
    ("approvals", "list"),
    ("journal", "list"),
    ("events", "list"),
    ("claims", "list"),
    ("audit", "verify"),
    ("audit", "reconcile"),
    ("limits", "show"),
    ("tokens", "list"),
    ("policy", "show"),
)
MISUSES: tuple[tuple[str, ...], ...] = (
    ("no-such-command",),
    ("list-invoice",),
    ("get-document",),
    ("get-document", "--no-such-option", "1"),
    ("get-document", "--document-id"),
    ("get-document", "--document-type", "receipt", "--document-id", "abc"),
    ("create-invoice", "--items", "[{"),
    ("create-invoice", "--client", "name="),
    ("approvals", "show", "NONE"),
    ("approvals", "approve", "NONE"),
    ("approvals", "nothing"),
    ("journal", "resolve", "NONE"),
    ("tokens", "revoke", "NONE"),
    ("policy", "check", "create_invoice"),
    ("doctor", "--output", "xml"),
    ("serve", "--nothing"),
)


def list_commands() -> Iterator[tuple[str, ...]]:
    """Yield every command and subcommand with a help of its own."""
    yield ()
    yield from ((operation.spec.name.replace("_", "-"),) for operation in OPERATIONS)
    program = build_program("en")
    assert isinstance(program, click.Group)
    for name, utility in UTILITY_COMMANDS.items():
        if not utility.module:
            continue
        yield (name,)
        command = program.get_command(click.Context(program), name)
        if isinstance(command, click.Group):
            yield from ((name, one) for one in command.commands)


COMMANDS = list(list_commands())


def list_choices() -> frozenset[str]:
    """Return the values that options of utility commands take, word by word."""
    program, found = build_program("en"), set[str]()
    assert isinstance(program, click.Group)
    for words in COMMANDS:
        command: click.Command | None = program
        for word in words:
            command = (
                command.get_command(click.Context(command), word)
                if isinstance(command, click.Group)
                else None
            )
        for one in command.params if command is not None else ():
            found |= {*map(str, one.type.choices)} if isinstance(one.type, click.Choice) else set()
    return frozenset(word for name in found for word in re.split(r"[_.:-]", name))


def find_words(text: str, language: Language, words: tuple[str, ...]) -> list[str]:
    plain = TYPED.sub(" ", click.unstyle(text))
    known = [*words, "ACME, Lda", "Oficina das Faturas, Lda", "Isento", "Lisboa", "Porto"]
    found = find_foreign_words(plain, language, known=[one for one in known if len(one) > 2])
    return [word for word in found if word not in VALUES]


def list_settings(text: str) -> str:
    """Return the table of settings without their names, values and variables, which are typed."""
    heading, _, rows = text.partition("─\n")
    return f"{heading}\n" + "\n".join("  ".join(row.split("  ")[2:]) for row in rows.splitlines())


def run_in(cli: Cli, monkeypatch: pytest.MonkeyPatch, language: Language, words: tuple[str, ...]) -> str:
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "300")
    done = cli("--output", "text", *words)
    return done.out + done.err


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_in_one_language(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, language: Language, part: int
) -> None:
    found = []
    for words in COMMANDS[part::PARTS]:
        text = run_in(cli, monkeypatch, language, (*words, "--help"))
        # Values that are typed stand among the words; the texts themselves are swept in tests/i18n/test_catalogue_languages.py.
        wrong = (
            {*find_words(text, language, words)}
            - list_typed_words()
            - list_choices()
            - SAME_IN_BOTH[language]
        )
        usage = text.partition("\n\n")[0]
        wrong |= {"OPTIONS", "COMMAND"} & {*re.findall(r"\w+", usage)} if language == "pt" else set()
        found += [(words, wrong)] if wrong else []
    assert found == []


@pytest.mark.parametrize("words", [*UTILITIES, *MISUSES], ids=" ".join)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_speaks_one_language(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, language: Language, words: tuple[str, ...]
) -> None:
    text = run_in(cli, monkeypatch, language, words)
    if words == ("settings",):
        text = list_settings(text)
    assert text
    # What is missing is told with the description of the parameter, which names its values (`today`), as the help does.
    typed = (list_typed_words() | SAME_IN_BOTH[language]) if words in MISUSES else frozenset()
    assert {*find_words(text, language, words)} - typed == set(), text
