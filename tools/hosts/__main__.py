"""Run the clients and print what became of their calls: `python -m tools.hosts [CLIENT ...]`, or `make hosts`.

Each client is installed at its pinned version into .hosts/, which git ignores, and gets an empty home, `ix-tools serve --sandbox`
and a scripted model on loopback. Nothing else is reached.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.hosts.clients import CLIENTS, Client, Run
from tools.hosts.model import Conversation, run_model
from tools.hosts.script import STEPS, is_right

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / ".hosts"
SECONDS = 600
SETTINGS = {
    # Nobody is there to approve: a call that needs a person says so at once.
    "INVOICEXPRESS_APPROVAL_CHANNEL": "terminal",
    "INVOICEXPRESS_APPROVAL_WAIT_SECONDS": "0",
}
SERVER = [str(Path(sys.executable).with_name("ix-tools")), "serve", "--sandbox"]


@dataclass(frozen=True)
class Outcome:
    """What became of a client's calls."""

    client: Client
    answered: int
    """Calls that got a result."""
    right: int
    wrong: tuple[str, ...]
    """What was not right: the tool, and what it said."""


def main(names: Sequence[str]) -> int:
    """Run the clients whose names contain one of the words, or all. Return 1 if anything was not right."""
    chosen = [one for one in CLIENTS if not names or any(word.lower() in one.name.lower() for word in names)]
    outcomes = [run_client(client) for client in chosen]
    print("| Client | Version | Calls | Right |\n| --- | --- | --- | --- |")
    for one in outcomes:
        print(f"| {one.client.name} | {one.client.version} | {one.answered} of {len(STEPS)} | {one.right} |")
    for one in outcomes:
        for problem in one.wrong:
            print(f"{one.client.name}: {problem}", file=sys.stderr)
    return int(any(one.right < len(STEPS) for one in outcomes))


def run_client(client: Client) -> Outcome:
    """Install a client if it is not there, run it, and judge the results of its calls."""
    folder = install(client)
    with tempfile.TemporaryDirectory(prefix="ix-hosts-") as name, run_model() as (model, conversation):
        home = Path(name)
        server = home / "server"
        exports = "".join(f"export {key}={value}\n" for key, value in SETTINGS.items())
        # A host passes its server few variables, so they are set in a script of one's own.
        server.write_text(f'#!/bin/sh\n{exports}exec {" ".join(SERVER)} "$@"\n', encoding="utf-8")
        server.chmod(0o700)
        command, environment = client.start(Run(folder, home, [str(server)], model))
        said = run(command, home, environment)
        results = read_printed(said) if client.prints_results else conversation.results
    wrong = [
        f"{step.tool}: {_explain(step.tool, results, conversation, client)}"
        for step in STEPS
        if not is_right(step, results.get(step.tool, ""))
    ]
    if not results:
        wrong.append(f"it said: {said.stdout[-1500:]} {said.stderr[-3000:]}")
    return Outcome(
        client, len(results), len(STEPS) - sum(":" in one for one in wrong[: len(STEPS)]), tuple(wrong)
    )


def _explain(tool: str, results: dict[str, str], conversation: Conversation, client: Client) -> str:
    if tool in results:
        return results[tool][:600]
    return (
        "not called" if client.prints_results or tool in conversation.offered else "not offered to the model"
    )


def run(
    command: Sequence[str], home: Path, environment: dict[str, str] | object
) -> subprocess.CompletedProcess[str]:
    """Run a client with an empty home and nothing else of this user's environment."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    extra = dict(environment) if isinstance(environment, dict) else {}
    try:
        return subprocess.run(
            command,
            cwd=home,
            env={**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace"), (late.stderr or b"").decode(errors="replace")
        return subprocess.CompletedProcess(command, 1, said[0], f"{said[1]}\nnot done after {SECONDS} s")


def read_printed(said: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the results that a driver printed in its last line."""
    try:
        printed: dict[str, str] = json.loads(said.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return printed


def install(client: Client) -> Path:
    """Install a client's packages, each version in a folder of its own, and return the folder."""
    word = "".join(letter if letter.isalnum() else "-" for letter in client.name.lower())
    folder = INSTALLED / f"{word}-{client.version}"
    done = folder / ".done"
    if done.exists() and done.read_text() == " ".join(client.packages):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    if client.uses_npm:
        (folder / "package.json").write_text('{"private": true}')
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", *client.packages], cwd=folder, check=True
        )
    else:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", *client.packages], check=True)
    done.write_text(" ".join(client.packages))
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
