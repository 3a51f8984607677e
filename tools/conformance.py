"""Run the official MCP conformance suite: `make conformance`, or `make conformance ARGS="ping tools-list"`.

It installs Node 22 and the suite from npm into .venv/node. Scenarios without requirements run against `ix-tools serve`; those
that need the suite's tools, resources and prompts run against the same application with these (`tests/conformance/server.py`).
A scenario passes when it has checks and all succeed. A scenario of the suite that is in no table here is a failure.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv" / "node"
NODE, SUITE = "22.23.3", "0.2.0-alpha.12"
READY = "ix-tools listens on "

OLDER, NEWER = "2025-11-25", "2026-07-28"

PRODUCT = {
    OLDER: (
        "server-initialize",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "dns-rebinding-protection",
    ),
    NEWER: (
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "sep-2164-resource-not-found",
        "caching",
        "http-header-validation",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
    ),
}
"""Scenarios for the server as it is delivered."""

_OWN = (
    "tools-call-simple-text",
    "tools-call-image",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-mixed-content",
    "tools-call-error",
    "tools-call-with-progress",
    "json-schema-2020-12",
    "resources-read-text",
    "resources-read-binary",
    "resources-templates-read",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-embedded-resource",
    "prompts-get-with-image",
)
FURNISHED = {
    OLDER: _OWN,
    NEWER: (
        *_OWN,
        "server-stateless",
        "http-custom-header-server-validation",
        "input-required-result-basic-elicitation",
        "input-required-result-basic-sampling",
        "input-required-result-basic-list-roots",
        "input-required-result-request-state",
        "input-required-result-multiple-input-requests",
        "input-required-result-multi-round",
        "input-required-result-missing-input-response",
        "input-required-result-non-tool-request",
        "input-required-result-result-type",
        "input-required-result-tampered-state",
        "input-required-result-capability-check",
        "input-required-result-ignore-extra-params",
        "input-required-result-validate-input",
    ),
}
"""Scenarios that need tools, resources or prompts of the suite."""

IN_SESSIONS = {
    OLDER: (
        "server-session-lifecycle",
        "server-sse-multiple-streams",
        "server-sse-polling",
        "logging-set-level",
        "tools-call-with-logging",
        "tools-call-sampling",
        "tools-call-elicitation",
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
        "resources-subscribe",
        "resources-unsubscribe",
    ),
}
"""Scenarios that also need a session, which the server has over stdio and not over HTTP."""

LEFT_OUT = {
    "tasks-": "the extension io.modelcontextprotocol/tasks is not offered: no call goes on in the background",
    "sep-2640-skills-": "the extension for skills is not offered: there are none to list",
}
"""Prefixes of scenarios for features that the server does not offer, with the reason."""


def install_suite() -> tuple[Path, Path]:
    """Install Node and the suite if they are missing."""
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win"}[platform.system()]
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    name = f"node-{system}-{machine}"
    node = FOLDER / "node_modules" / name / "bin" / "node"
    suite = FOLDER / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    if not (node.exists() and suite.exists()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        # The package of the binary: `node` would download it in an install script, which npm does not run by default.
        packages = [f"{name}@{NODE}", f"@modelcontextprotocol/conformance@{SUITE}"]
        npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER)]
        subprocess.run([*npm, *packages], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return node, suite


@contextmanager
def run_server(folder: str, *command: str) -> Iterator[str]:
    """Run a server with the sandbox and without authentication, and yield its URL."""
    env = {"HOME": folder, "PATH": os.environ["PATH"], "INVOICEXPRESS_CALLS_PER_MINUTE": "100000"}
    with subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env=env, stderr=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stderr is not None
        try:
            line = server.stderr.readline()
            if not line.startswith(READY):
                sys.exit(f"The server did not start: {line}{server.stderr.read()}")
            yield line.removeprefix(READY).strip()
        finally:
            server.terminate()
            server.wait(60)


@dataclass(frozen=True)
class Suite:
    """The installed suite. It writes only into its folder."""

    node: Path
    script: Path
    folder: str

    def run(self, *arguments: str) -> str:
        """Run the suite and return its output."""
        run = subprocess.run(
            [self.node, self.script, *arguments],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return run.stdout + run.stderr

    def run_scenario(self, place: str, url: str, revision: str, scenario: str) -> bool:
        """Run a scenario and print its result."""
        said = self.run(
            *("server", "--url", url, "--scenario", scenario),
            *("--spec-version", revision, "--timeout", "120000"),
        )
        found = re.search(r"Passed:\s*(\d+)/(\d+),\s*(\d+) failed,\s*(\d+) warnings", said)
        held, checks, failed, warnings = map(int, found.groups()) if found else (0, 0, 0, 0)
        good = 0 < held == checks and not failed and not warnings
        word, result = "ok    " if good else "FAILED", found[0] if found else "no result"
        print(f"{word}  {revision}  {place:<12}{scenario:<46}{result}", flush=True)
        if not good:
            print("".join(f"    {line}\n" for line in said.splitlines()))
        return good

    def list_scenarios(self, *options: str) -> set[str]:
        """Return its scenarios for servers."""
        return set(re.findall(r"^ +- (\S+)", self.run("list", "--server", *options), re.MULTILINE))


def list_placed(revision: str) -> set[str]:
    """Return the scenarios of a revision that are in a table here."""
    return {name for table in (PRODUCT, FURNISHED, IN_SESSIONS) for name in table.get(revision, ())}


def list_unplaced(suite: Suite) -> list[str]:
    """Return the suite's scenarios that are in no table here, and print those left out with the reason."""
    extensions = {name for name in suite.list_scenarios() if name.startswith(tuple(LEFT_OUT))}
    for begins, why in LEFT_OUT.items():
        print(f"left out  {', '.join(sorted(name for name in extensions if name.startswith(begins)))}: {why}")
    missing = suite.list_scenarios() - extensions - list_placed(OLDER) - list_placed(NEWER)
    for revision in (OLDER, NEWER):
        missing |= suite.list_scenarios("--spec-version", revision) - extensions - list_placed(revision)
    return sorted(missing)


def main(wanted: Sequence[str]) -> int:
    """Run the named scenarios, or all; return 1 when one does not pass."""
    if unknown := set(wanted) - list_placed(OLDER) - list_placed(NEWER):
        sys.exit(f"There is no scenario {', '.join(sorted(unknown))} in tools/conformance.py.")
    failed = []
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server(folder, "ix_tools", "serve", "--http", "--sandbox", "--port", "0") as product,
        run_server(folder, "tests.conformance.server") as furnished,
    ):
        suite = Suite(*install_suite(), folder)
        for place, url, table in (
            ("delivered", f"{product}/mcp", PRODUCT),
            ("furnished", f"{furnished}/mcp", FURNISHED),
            ("in sessions", f"{furnished}/sessions", IN_SESSIONS),
        ):
            for revision, scenarios in table.items():
                failed += [
                    scenario
                    for scenario in scenarios
                    if (not wanted or scenario in wanted)
                    and not suite.run_scenario(place, url, revision, scenario)
                ]
        for scenario in list_unplaced(suite):
            print(f"FAILED  {scenario}: the suite has it, and no table here says where it runs")
            failed.append(scenario)
    print(f"{len(failed)} failed" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
