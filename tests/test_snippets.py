"""Every block of code on a page is true: commands are run in the sandbox or read as the program reads them, data is parsed."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
from packaging.requirements import Requirement

from ix_tools import demo
from ix_tools.batch.template import write_template
from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings
from ix_tools.i18n.library_texts import translate_libraries
from ix_tools.interfaces.chat.main import build_parser as build_chat_parser
from ix_tools.interfaces.cli.commands import build_program
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.mcp.stdio import build_parser as build_stdio_parser
from ix_tools.interfaces.server.main import PORT
from ix_tools.interfaces.server.main import build_parser as build_server_parser
from ix_tools.policy.file import PolicyFile
from ix_tools.schemas.openapi import build_openapi
from tests.harness import TODAY, Harness
from tests.interfaces.rest.caller import ADDRESS, build_served_app
from tests.programs.in_this_process import run_program
from tests.snippets import ROOT, Snippet, list_pages, read_snippets, split_commands

SNIPPETS = [one for page in list_pages() for one in read_snippets(page)]
SHELL = [one for one in SNIPPETS if one.language in ("sh", "bash")]
LANGUAGES = {"sh", "bash", "json", "toml", "python", "text"}
"""Languages that something below takes; a text is a picture or a message, with nothing to run."""
POLICY_KEYS = {"people", "rules", "otherwise"}
PROGRAMS = {
    "serve": build_stdio_parser,
    "serve --http": build_server_parser,
    "chat": build_chat_parser,
    "demo": demo.build_parser,
}
"""Commands that read their own options."""


def of(language: str, *, run: bool | None = None) -> list[Any]:
    return [
        pytest.param(one, id=str(one))
        for one in SNIPPETS
        if one.language in ({"sh", "bash"} if language == "sh" else {language})
        and (run is None or run is not bool(one.reason))
    ]


def test_every_block_has_a_language_that_is_checked() -> None:
    assert [str(one) for one in SNIPPETS if one.language not in LANGUAGES] == []
    assert {one.language for one in SNIPPETS} >= {"sh", "bash", "json", "toml", "python"}


def test_a_reason_stands_above_the_block_that_it_is_about() -> None:
    for page in list_pages():
        text = page.read_text(encoding="utf-8")
        assert text.count("<!-- not run:") == len(re.findall(r"<!-- not run: [^\n]+ -->\n *```", text)), page


def check_ix_tools(words: Sequence[str]) -> None:
    """Let the program read the words of a command, without running it."""
    kind = "serve --http" if words[:1] == ["serve"] and "--http" in words else next(iter(words), "")
    if kind in PROGRAMS:
        PROGRAMS[kind]().parse_args(list(words[1:]))
        return
    command: click.Command = build_program("en")
    rest, context = list(words), None
    run = Invocation(tuple(words), None)
    while True:
        try:
            context = command.make_context(command.name, rest, parent=context, obj=run)
        except click.exceptions.Exit:
            return  # --help
        if not isinstance(command, click.Group):
            return
        given = [*context._protected_args, *context.args]
        if not given:
            return
        _, found, rest = command.resolve_command(context, given)
        assert found is not None
        command = found


def check_export(words: Sequence[str]) -> None:
    """An exported setting exists."""
    names = {f"INVOICEXPRESS_{name.upper()}" for name in Settings.model_fields}
    assert {word.split("=")[0] for word in words} <= names | {"TOKEN"}


def check_installation(words: Sequence[str]) -> None:
    """What is installed is this project, with extras that it has."""
    extras = set(
        tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    )
    wanted = Requirement(words[-1])
    assert wanted.name == "ix-tools"
    assert wanted.extras <= extras


CHECKS = {
    "ix-tools": check_ix_tools,
    "export": check_export,
    "uv": check_installation,
    "pip": check_installation,
    "pipx": check_installation,
}


@pytest.mark.parametrize("snippet", of("sh"))
def test_commands_are_read_by_the_program_they_name(snippet: Snippet) -> None:
    for words in split_commands(snippet.text):
        if words[0] not in ("curl", "make"):  # run, and checked among the targets
            CHECKS[words[0]](words[1:])


@pytest.mark.parametrize("page", list_pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_command_in_a_sentence_is_one_that_the_program_reads(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the values that the sentence leaves out."""
    translate_libraries("en")  # an earlier test of this process may have left another language
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for command in re.findall(r"`ix-tools ([^`\n…]+?)(?: \.\.\.)?`", text):
        words = shlex.split(command)
        try:
            check_ix_tools(words)
        except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
            continue
        except SystemExit:
            told = capsys.readouterr().err
            assert re.search(r"expected one argument|arguments are required", told), f"{command}: {told}"
        except click.UsageError as problem:
            pytest.fail(f"ix-tools {command}: {problem.format_message()}")


def find_unknown_requests(requests: Iterable[tuple[str, str]]) -> list[str]:
    """Return the requests, each a method and an address of ix-tools' server, that its description does not have."""
    described = {
        f"{method.upper()} {path}" for path, methods in build_openapi()["paths"].items() for method in methods
    }
    described |= {
        one.replace("POST /tools/", "GET /tools/") for one in described
    }  # in a query, for those that read
    described |= {"GET /openapi.json", "GET /swagger.json", "POST /tools/{any}", "GET /tools/{any}"}
    names = {"{any}": r"(?:\{\w+\}|[A-Z]+)"}  # as a page writes any name
    known = [
        re.compile(re.sub(r"\{\w+\}", lambda part: names.get(part[0], "[^/]+"), one)) for one in described
    ]
    asked = [f"{method} {re.sub(r'[?#].*', '', address)}" for method, address in requests]
    return [one for one in asked if not any(form.fullmatch(one) for form in known)]


@pytest.mark.parametrize("snippet", [one for one in of("sh") if "curl " in one.values[0].text])
def test_a_request_is_one_that_the_server_has_with_a_body_in_json(
    snippet: Snippet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is not run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "members.csv").touch()
    given = [read_curl(words[1:]) for words in split_commands(snippet.text) if words[0] == "curl"]
    own = [one for one in given if one["is_own"]]
    assert find_unknown_requests((one["method"], one["url"].removeprefix(ADDRESS)) for one in own) == []
    for one in given:
        if one["headers"].get("Content-Type") == "application/json":
            json.loads(one["content"])


@pytest.mark.parametrize("page", list_pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_request_in_a_sentence_is_one_that_the_server_has(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert find_unknown_requests(re.findall(r"`(GET|POST|PUT|DELETE) (/[^`… ]*)`", text)) == []


@pytest.mark.parametrize("snippet", of("sh", run=True))
def test_commands_run_in_the_sandbox_one_after_another(snippet: Snippet, tmp_path: Path) -> None:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("INVOICEXPRESS_")},
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "INVOICEXPRESS_SANDBOX_FILE": str(tmp_path / "box.db"),
    }
    for words in split_commands(snippet.text):
        if words[0] == "export":
            env.update({name: value for name, _, value in (word.partition("=") for word in words[1:])})
        elif words[0] == "ix-tools":
            done = run_program(tmp_path, env, *words[1:])
            assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        else:
            assert words[0] == "curl"  # below


@pytest.mark.parametrize("snippet", [one for one in of("sh", run=True) if "curl " in one.values[0].text])
async def test_requests_are_taken_by_the_server(
    snippet: Snippet, harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = write_template("en", date.fromisoformat(TODAY))
    (tmp_path / "members.csv").write_bytes(content)
    transport = httpx2.ASGITransport(app=build_served_app(harness))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        for words in split_commands(snippet.text):
            if words[0] == "curl":
                request = read_curl(words[1:])
                answer = await client.request(
                    **{name: value for name, value in request.items() if name != "is_own"}
                )
                known = not re.search(r"/[A-Z0-9]{10}$", request["url"])  # an id of the reader's own
                assert answer.status_code in ((200, 201, 202) if known else (404,)), answer.text
                assert known or answer.json()["code"] in ("not_found", "batch_unknown")


def read_curl(words: Sequence[str]) -> dict[str, Any]:
    """Return the request that curl makes of its options; an option that is not known here is a fault."""
    parser = argparse.ArgumentParser("curl")
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("--json")
    parser.add_argument("--data-binary")
    given = parser.parse_args(list(words))
    headers = dict(one.split(": ", 1) for one in given.headers)
    headers.pop("Authorization", None)  # the tests' server takes whoever asks
    body = given.json
    if given.json:
        headers["Content-Type"] = "application/json"
    elif given.data_binary:
        body = Path(given.data_binary.removeprefix("@")).read_bytes()
    url = re.sub(r"^https?://[^/]+", ADDRESS, given.url)
    host = re.match(r"https?://([^/]+)", given.url)
    return {
        "method": given.method or ("POST" if body else "GET"),
        "url": url,
        "headers": headers,
        "content": body,
        "is_own": host is not None and host[1] in {"invoices.example.com", f"127.0.0.1:{PORT}"},
    }


@pytest.mark.parametrize("snippet", of("json"))
def test_data_is_json(snippet: Snippet) -> None:
    json.loads(snippet.text)


@pytest.mark.parametrize("snippet", of("toml"))
def test_a_file_of_settings_or_a_policy_is_one(snippet: Snippet, tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text(snippet.text, encoding="utf-8")
    path.chmod(0o600)
    if tomllib.loads(snippet.text).keys() & POLICY_KEYS:
        PolicyFile(path).load_rules()
    else:
        load_settings({"IX_TOOLS_CONFIG": str(path)})


@pytest.mark.parametrize("snippet", of("python"))
def test_python_can_be_read_and_imports_what_exists(snippet: Snippet) -> None:
    for node in ast.walk(ast.parse(snippet.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert [one.name for one in node.names if not hasattr(module, one.name)] == []


@pytest.mark.parametrize("snippet", of("python", run=True))
def test_python_runs(snippet: Snippet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    exec(compile(snippet.text, str(snippet), "exec"), {"__name__": "__main__"})
