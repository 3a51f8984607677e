"""Every way to choose the sandbox keeps every command away from the account, with a real listener in its place.

Commands run in this process, in every way; servers run in processes of their own, once for each kind of choice, as does one
command.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api_client.test_allowed_hosts import listen_locally
from tests.interfaces.mcp.test_stdio import SERVE, Process, environment
from tests.interfaces.server.processes import run_server
from tests.programs.in_this_process import run_program

KEY = "canary-of-the-real-account"
PROGRAM = (sys.executable, "-m", "ix_tools")
NOT_FOUND = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class UserWithAccount:
    """A user whose account is set, and the requests that reached its host."""

    home: Path
    env: dict[str, str]
    heard: list[bytes]

    def chosen(self, way: str) -> tuple[list[str], dict[str, str]]:
        """Return options and environment of a way to choose the sandbox."""
        options: list[str] = []
        env = dict(self.env)
        for word in way.split():
            if word == "--sandbox":
                options.append(word)
            elif word == "--sandbox-file":
                options += [word, str(self.home / "box.db")]
            elif word == "--sandbox-file=":
                options.append(f"{word}{self.home / 'box.db'}")
            elif word == "SANDBOX":
                env["INVOICEXPRESS_SANDBOX"] = "true"
            elif word == "SANDBOX_FILE":
                env["INVOICEXPRESS_SANDBOX_FILE"] = str(self.home / "box.db")
            else:
                file = self.home / "config.toml"
                file.write_text("sandbox = true\n")
                env["IX_TOOLS_CONFIG"] = str(file)
        return options, env

    def run(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in this process, as the program does."""
        return run_program(self.home, env or self.env, *words)

    def run_process(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in a process of its own."""
        return subprocess.run(
            [*PROGRAM, *words],
            env=env or self.env,
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )


@pytest.fixture
def real(tmp_path: Path) -> Iterator[UserWithAccount]:
    """An account whose host is a listener on this machine."""
    with listen_locally(NOT_FOUND) as (url, heard):
        env = environment(tmp_path, account="acme", api_key=KEY, base_url=url, v1_base_url=url)
        shop = {"ACCOUNT": "shop", "API_KEY": KEY, "BASE_URL": url}
        env |= {f"INVOICEXPRESS_ACCOUNTS__SHOP__{name}": value for name, value in shop.items()}
        yield UserWithAccount(tmp_path, env, heard)


OPTIONS = ("--sandbox", "--sandbox-file", "--sandbox-file=", "--sandbox --sandbox-file")
WAYS = (
    *OPTIONS,
    "SANDBOX",
    "SANDBOX_FILE",
    "SANDBOX SANDBOX_FILE",
    "config",
    "SANDBOX --sandbox-file",
    "SANDBOX_FILE --sandbox",
)


@pytest.mark.parametrize("way", ["--sandbox --sandbox-file", "SANDBOX_FILE", "config"])
def test_a_server_on_standard_input_stays_in_the_sandbox(real: UserWithAccount, way: str) -> None:
    options, env = real.chosen(way)
    with Process(*SERVE, *options, env=env) as process:
        body = process.hello().call("list_taxes")
        assert (body["ok"], "sandbox" in body) == (True, True)
        assert process.ended()[0] == 0
    assert real.heard == []
    assert (real.home / "box.db").exists() is ("file" in way.lower())


@pytest.mark.parametrize("way", WAYS)
def test_a_command_stays_in_the_sandbox(real: UserWithAccount, way: str) -> None:
    options, env = real.chosen(way)
    ran = real.run(*options, "list-taxes", env=env)
    assert ran.returncode == 0, ran.stderr
    assert '"sandbox"' in ran.stdout
    assert (real.home / "box.db").exists() is ("file" in way.lower())
    assert real.heard == []


@pytest.mark.parametrize("way", ["--sandbox", "--sandbox-file=", "--sandbox --sandbox-file"])
def test_the_options_may_stand_after_the_command(real: UserWithAccount, way: str) -> None:
    options, env = real.chosen(way)
    ran = real.run("list-taxes", *options, env=env)
    assert (ran.returncode, '"sandbox"' in ran.stdout) == (0, True), ran.stderr
    assert real.heard == []


@pytest.mark.parametrize(("way", "workers"), [("--sandbox-file", "1"), ("SANDBOX", "2")])
def test_a_server_on_a_port_stays_in_the_sandbox(real: UserWithAccount, way: str, workers: str) -> None:
    options, env = real.chosen(way)
    with run_server(real.home, env, "--workers", workers, *options) as running:
        answer = running.post("/tools/list_taxes", {}, {})
        assert (answer.status_code, "sandbox" in answer.json()) == (200, True), answer.text
        other = running.post("/tools/list_taxes", {}, {"Ix-Account": "shop"})
        assert other.status_code == 403, "beside the sandbox there is no account"
        running.end()
    assert real.heard == []


@pytest.mark.parametrize(
    "command",
    [("doctor",), ("audit", "reconcile", "--month", "2026-10"), ("month-end-check", "--month", "2026-10")],
)
@pytest.mark.parametrize("way", ["--sandbox-file", "SANDBOX"])
def test_what_looks_through_the_account_stays_in_the_sandbox(
    real: UserWithAccount, command: tuple[str, ...], way: str
) -> None:
    options, env = real.chosen(way)
    ran = real.run(*options, *command, env=env)
    assert KEY not in ran.stdout + ran.stderr
    assert ran.returncode != 2, ran.stderr
    assert real.heard == []


def test_the_demo_with_an_account_is_refused_where_the_sandbox_is_chosen(real: UserWithAccount) -> None:
    ran = real.run("demo", "--real", env=real.chosen("SANDBOX")[1])
    assert ran.returncode == 2
    assert "Está escolhida a sandbox" in ran.stdout + ran.stderr
    assert real.heard == []


CONTRADICTIONS = {
    "no sandbox, with a file": {"INVOICEXPRESS_SANDBOX": "false", "INVOICEXPRESS_SANDBOX_FILE": "box.db"},
    "neither yes nor no": {"INVOICEXPRESS_SANDBOX": "perhaps"},
    "a folder": {"INVOICEXPRESS_SANDBOX_FILE": "."},
}


@pytest.mark.parametrize("what", list(CONTRADICTIONS))
@pytest.mark.parametrize(
    "words",
    [("serve",), ("serve", "--http", "--port", "0"), ("list-taxes",)],
    ids=["stdio", "http", "command"],
)
def test_what_cannot_be_meant_starts_nothing(
    real: UserWithAccount, words: tuple[str, ...], what: str
) -> None:
    ran = real.run(*words, env={**real.env, **CONTRADICTIONS[what]})
    assert ran.returncode == 2
    assert "sandbox" in ran.stdout + ran.stderr
    assert real.heard == []


@pytest.mark.parametrize(
    "given", [("--sandbox-file", ""), ("--sandbox-file=",), ("--sandbox-file", "."), ("--sandbox-file",)]
)
@pytest.mark.parametrize("words", [("serve",), ("list-taxes",)], ids=["stdio", "command"])
def test_an_option_without_a_usable_file_starts_nothing(
    real: UserWithAccount, words: tuple[str, ...], given: tuple[str, ...]
) -> None:
    ran = real.run(*words, *given)
    assert ran.returncode == 2
    assert real.heard == []


def test_processes_stay_in_the_sandbox_and_start_nothing_that_cannot_be_meant(real: UserWithAccount) -> None:
    options, env = real.chosen("SANDBOX --sandbox-file")
    ran = real.run_process(*options, "list-taxes", env=env)
    assert (ran.returncode, '"sandbox"' in ran.stdout) == (0, True), ran.stderr
    ran = real.run_process("serve", "--sandbox-file", ".")
    assert ran.returncode == 2
    assert "sandbox" in ran.stdout + ran.stderr
    assert real.heard == []


def test_without_a_word_of_a_sandbox_the_account_is_asked(real: UserWithAccount) -> None:
    """Otherwise the tests above would prove nothing."""
    ran = real.run("list-taxes", env={**real.env, "INVOICEXPRESS_SANDBOX": "false"})
    assert ran.returncode not in (0, 2)
    assert real.heard[0].startswith(b"GET /taxes.json?")
    with Process(*SERVE, env=real.env) as process:
        answer = process.hello().call("list_taxes", account="shop")
        assert answer["ok"] is False, answer
    assert len(real.heard) > 1, answer
