"""The documentation is true: links, commands, settings, messages and generated parts exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from ix_tools.config.loading import ACCOUNTS_PREFIX
from ix_tools.config.settings import AccountSettings, Settings
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS
from ix_tools.interfaces.cli.operation_command import OperationCommand
from ix_tools.interfaces.cli.options import build_call
from ix_tools.interfaces.server.main import PORT
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.schemas.json_schema import build_input_schema
from tests.i18n.test_wording import list_translations
from tests.programs.in_this_process import run_program
from tests.snippets import list_pages
from tools import docs as reference
from tools.docs.packages import read_packages
from tools.site_links import READMES, rewrite_links

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

DOCS = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


def page_id(path: Path) -> str:
    return path.name


def code_in(text: str) -> list[str]:
    """Return every line of code in blocks and sentences."""
    blocks = [
        line for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
    ]
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_an_address_on_this_machine_is_where_the_server_listens() -> None:
    """A command copied from a page reaches the server that the page starts."""
    pages = [
        *PAGES,
        *(one for kind in ("py", "sh", "json") for one in (ROOT / "examples").rglob(f"*.{kind}")),
    ]
    named = {
        (path.name, port)
        for path in pages
        for port in re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", path.read_text(encoding="utf-8"))
    }
    assert ("rest.md", str(PORT)) in named
    assert {port for _, port in named} == {str(PORT)}


def test_the_generated_parts_are_fresh() -> None:
    """`make docs` renews them."""
    stale = [
        path.name
        for path, text in reference.build_contents().items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert stale == []


@pytest.mark.parametrize("name", sorted(reference.BLOCKS))
def test_every_generated_table_is_on_a_page(name: str) -> None:
    pages = [(ROOT / page).read_text(encoding="utf-8") for page in reference.PAGES]
    assert any(f"<!-- generated: {name} -->" in page and f"<!-- end: {name} -->" in page for page in pages)


OPENINGS = {
    "en": (r"^For \w", r"\b[Yy]ou need\b", r"\bIn the end\b"),
    "pt": (
        r"^(?:\*\*)?Para (?:quem|uma)",
        r"\b(?:[Éé](?: o que é)? preciso|Precisa)\b|O que é preciso",
        r"\bno fim\b",
    ),
}


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*/**/*.md")), ids=page_id)
def test_a_page_opens_with_its_reader_what_is_needed_and_what_one_has_in_the_end(path: Path) -> None:
    text = re.sub(r"<!--.*?-->\s*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    first = text.split("\n\n")[1]
    patterns = OPENINGS["pt" if path.parent.name == "pt" else "en"]
    assert [one for one in patterns if not re.search(one, first, re.IGNORECASE)] == [], first


@pytest.mark.parametrize("path", list_pages(), ids=page_id)
def test_commands_and_targets_that_are_named_exist(path: Path) -> None:
    commands = {name.replace("_", "-") for name in catalogue()} | set(UTILITY_COMMANDS)
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    unknown = []
    for line in code_in(path.read_text(encoding="utf-8")):
        for words in re.findall(r"(?<![\w/.-])(?:\.venv/bin/)?ix-tools((?: +[^ `]+)*)", line):
            said = [
                word
                for word in re.sub(r"--(?:sandbox-file|account) \S+|--\S+", "", words).split()
                if word.isascii()
            ]
            if said and re.fullmatch(r"[a-z-]+", said[0]) and said[0] not in commands:
                unknown.append(line)
        for words in re.findall(r"(?:^|\s)make((?: [a-z-]+)+)(?=$| [A-Z])", line):
            unknown += [line for word in words.split() if word not in targets]
    assert unknown == []


@pytest.mark.parametrize("path", list_pages(), ids=page_id)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = {f"INVOICEXPRESS_{name.upper()}" for name in Settings.model_fields} | {"INVOICEXPRESS_"}
    of_accounts = {f"__{name.upper()}" for name in AccountSettings.model_fields} | {"__"}
    named = set(re.findall(r"INVOICEXPRESS_[A-Z0-9_]*", path.read_text(encoding="utf-8")))
    assert {
        name
        for name in named
        if not (name.startswith(ACCOUNTS_PREFIX) and name.endswith(tuple(of_accounts))) and name not in known
    } == set()


def quick_commands() -> list[str]:
    blocks = re.findall(r"<!-- test: quick -->\n```sh\n(.*?)```", DOCS, re.DOTALL)
    return [line.partition("  #")[0].rstrip() for block in blocks for line in block.splitlines() if line]


@pytest.mark.parametrize("command", quick_commands())
def test_a_command_of_a_page_works_word_for_word(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    assert words[0] == "ix-tools"
    # A store of its own: that of whoever runs the tests may be of a newer version.
    done = run_program(
        tmp_path, {**os.environ, "XDG_DATA_HOME": str(tmp_path), "INVOICEXPRESS_STORE": ""}, *words[1:]
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("operation", catalogue().values(), ids=catalogue().keys())
def test_an_example_in_the_reference_is_the_same_call_as_a_command(operation: type[Operation[Any]]) -> None:
    spec, schema = operation.spec, build_input_schema(operation)
    words = shlex.split(reference.format_command(spec.name, spec.example, schema).replace("\\\n", " "))
    command = OperationCommand(operation, {})
    given = command.make_context(spec.name, words[2:]).params
    typed = {name: value for name, value in given.items() if name.startswith("call_")}
    assert operation.model_validate(build_call(schema, typed, None)) == operation.model_validate(spec.example)


def test_the_reference_holds_every_operation_parameter_and_rule() -> None:
    text = (ROOT / "docs" / "reference" / "operations.md").read_text(encoding="utf-8")
    for name, operation in catalogue().items():
        part = text.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        missing = [field for field in operation.model_fields if f"| `{field}` |" not in part]
        missing += [
            guard.__name__ for guard in operation.spec.guards if f"- `{guard.__name__}`: " not in part
        ]
        assert missing == [], name


def rows_of(part: str) -> set[str]:
    """Return the first cells of the tables in a section of docs/concepts/traps.md."""
    page = (ROOT / "docs" / "concepts" / "traps.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| (\w+) \|", page.split(f"\n## {part}\n")[1].split("\n## ")[0], re.MULTILINE))


def sources() -> dict[str, str]:
    found = (ROOT / "ix_tools").rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.mark.parametrize(("word", "part"), [("trap", "The traps"), ("reading", "Readings")])
def test_every_trap_and_reading_that_the_code_names_is_a_row(word: str, part: str) -> None:
    rows = rows_of(part)
    named = {
        (file, number)
        for file, text in sources().items()
        for number in re.findall(rf"\b{word} (\d+[a-z]?)\b", text)
    }
    assert named
    assert {(file, number) for file, number in named if number not in rows} == set()


def test_the_traps_are_counted_through() -> None:
    """1 to 32, with the letters in tests/test_traps.py."""
    letters = {"2b", "2c", "2d", "6b", "6c", "13b", "22b"}
    assert rows_of("The traps") - {"Trap"} == {str(number) for number in range(1, 33)} | letters


def test_rules_that_the_traps_name_exist() -> None:
    page = (ROOT / "docs" / "concepts" / "traps.md").read_text(encoding="utf-8")
    rules = {guard.__name__ for operation in catalogue().values() for guard in operation.spec.guards}
    fields = {field for operation in catalogue().values() for field in operation.model_fields}
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", page)) - fields - set(catalogue())
    others = {
        "to_pay",
        "before_taxes",
        "stored_differently",
        "outcome_unknown",
        "credit_note",
        "discount_amount",
    }
    assert words - others <= rules
    assert words & rules


POINTER = re.compile(
    r"\b(?:section|table|rule) [A-J](?:\d*\b|-R)|\bJ\d+\b|[( ]C\d+[a-d]?[,.;:)]|\bA1\.\d|\(H: |\bguard \d|[a-z]-v[12]\b"
    r"|\b(?:the seeds?(?:'s)?(?! data)|seed documents?|of the contract|contract with)\b",
    re.IGNORECASE,
)
"""References to notes that a reader of the code does not have."""


def test_the_code_points_at_nothing_that_a_reader_does_not_have() -> None:
    found = [
        f"{file}: {line.strip()}"
        for file, text in sources().items()
        for line in text.splitlines()
        if POINTER.search(line)
    ]
    assert found == []


def test_the_reference_links_the_traps_it_names() -> None:
    text = (ROOT / "docs" / "reference" / "operations.md").read_text(encoding="utf-8")
    assert "[trap 4](../concepts/traps.md#the-traps)" in text
    assert re.findall(r".*(?<!\[)\btraps? \d+.*", text) == []


def test_every_package_of_the_project_has_a_purpose_on_its_page() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    told = read_packages(text)
    wanted = {"dependencies": project["dependencies"], **project["optional-dependencies"]}
    assert {part: [name for name, _ in named] for part, named in told.items()} == {
        part: [Requirement(one).name for one in named] for part, named in wanted.items()
    }
    assert [name for named in told.values() for name, why in named if not why] == []


def test_every_example_and_host_configuration_is_on_a_page() -> None:
    files = [*(ROOT / "examples").glob("[0-9]*"), *(ROOT / "examples" / "hosts").glob("*.json")]
    assert [path.name for path in files if f"/{path.relative_to(ROOT).as_posix()})" not in DOCS] == []


@pytest.mark.parametrize("name", ["README.md", "README.pt.md"])
def test_a_readme_is_read_in_a_few_minutes_and_has_one_picture(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.encode()) <= 8000
    assert re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text) == ["docs/pictures/approval.png"]


@pytest.mark.parametrize(("heading", "steps"), [("A primeira fatura, sem conta", 4), ("Com a sua conta", 6)])
def test_an_owner_needs_few_steps(heading: str, steps: int) -> None:
    text = (ROOT / "README.pt.md").read_text(encoding="utf-8")
    part = text.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    assert 0 < len(re.findall(r"^\d+\. ", part, re.MULTILINE)) <= steps


def test_every_page_can_be_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages - {"index.md"} if f"]({page})" not in index} == set()


def test_every_page_is_in_the_sites_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n", 1)[1]
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(re.findall(r"[\w/.-]+\.md", text)) == pages | set(READMES.values())


def test_the_site_offers_its_first_page_in_both_languages() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert re.findall(r"link: /ix-tools/([\w/]+)/, lang: (\w+)", text) == [
        (READMES["README.md"].removesuffix(".md"), "en"),
        (READMES["README.pt.md"].removesuffix(".md"), "pt"),
    ]


@pytest.mark.parametrize(
    ("page", "link", "on_the_site"),
    [
        ("start/try.md", "docs/guides/batch.md", "../guides/batch.md"),
        ("pt/comecar.md", "docs/pictures/approval.png", "../pictures/approval.png"),
        ("pt/comecar.md", "README.md", "../start/try.md"),
        ("index.md", "../README.pt.md", "pt/comecar.md"),
        ("index.md", "../SECURITY.md#keys", "https://host.example/blob/main/SECURITY.md#keys"),
        ("guides/chat.md", "../pt/chat.md#slack", "../pt/chat.md#slack"),
        ("guides/chat.md", "https://example.com/a.md", "https://example.com/a.md"),
        ("guides/chat.md", "#here", "#here"),
    ],
)
def test_a_link_of_a_page_leads_to_a_page_of_the_site_or_to_the_repository(
    page: str, link: str, on_the_site: str
) -> None:
    assert rewrite_links(f"see [it]({link}).", page, "https://host.example") == f"see [it]({on_the_site})."


def test_messages_that_the_portuguese_page_of_refusals_quotes_are_translations() -> None:
    """Whoever looks for what they read must find it on the page."""
    page = (ROOT / "docs" / "pt" / "recusas.md").read_text(encoding="utf-8")
    quoted = re.findall(r"(?:^\| |\*\*)`([^`]+)`", page, re.MULTILINE)
    assert len(quoted) > 15
    said = "\n".join(text for _, text in list_translations())
    assert [text for text in quoted if text not in said] == []


def test_messages_quoted_among_the_refusals_are_the_real_ones(tmp_path: Path) -> None:
    said = ""
    for name in ("02_refusals.py", "07_credit_note.py"):
        done = subprocess.run(
            [sys.executable, str(ROOT / "examples" / name)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        said += done.stdout
    part = (ROOT / "docs" / "concepts" / "refusals.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| .+ \| `(.+)` \|$", part, re.MULTILINE)
    assert len(quoted) > 5
    assert [text for text in quoted if any(piece not in said for piece in text.split("…"))] == []
