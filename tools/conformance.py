"""The official MCP conformance suite against the HTTP server: `make conformance`, or `make conformance ARGS="ping tools-list"`.

Brings Node 22 and the suite from npm into .venv/node, starts the server before the sandbox, and runs the scenarios that
apply to every server, each under the revision it is listed for. Scenarios that want tools of the suite's own (called
`test_...`) are not among them: docs/http.md says which.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv" / "node"
NODE, SUITE = "22.23.3", "0.2.0-alpha.12"
READY = "ix-tools listens on "

SCENARIOS = {
    "2025-11-25": (
        "server-initialize",
        "server-session-lifecycle",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
    ),
    "2026-07-28": (
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
        "server-stateless",
    ),
}
FIXTURES = {
    # A tool of the suite's own, which calls for a capability that the client did not declare.
    "server-stateless": 2,
}
"""Checks that fail because a server lacks the suite's own tools, by scenario."""


def installed() -> tuple[Path, Path]:
    """Node and the suite, installed if they are not there."""
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win"}[platform.system()]
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    name = f"node-{system}-{machine}"
    node = FOLDER / "node_modules" / name / "bin" / "node"
    suite = FOLDER / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    if not (node.exists() and suite.exists()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        # The binary's own package: `node` itself would fetch it in an install script, which npm does not run unasked.
        packages = [f"{name}@{NODE}", f"@modelcontextprotocol/conformance@{SUITE}"]
        npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER)]
        subprocess.run([*npm, *packages], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return node, suite


@contextmanager
def serving(folder: str) -> Iterator[str]:
    """The server before the sandbox, where nobody is asked who they are; its address."""
    env = {"HOME": folder, "PATH": os.environ["PATH"], "INVOICEXPRESS_CALLS_PER_MINUTE": "100000"}
    command = [str(ROOT / ".venv" / "bin" / "ix-tools"), "serve", "--http", "--sandbox", "--port", "0"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stderr is not None
        try:
            line = server.stderr.readline()
            if not line.startswith(READY):
                sys.exit(f"The server did not start: {line}{server.stderr.read()}")
            yield line.removeprefix(READY).strip()
        finally:
            server.terminate()
            server.wait(60)


def main(wanted: Sequence[str]) -> int:
    """Run the scenarios named, or all that apply; 1 when one does not pass."""
    node, suite = installed()
    failed = []
    with tempfile.TemporaryDirectory() as folder, serving(folder) as url:
        for revision, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                if wanted and scenario not in wanted:
                    continue
                run = subprocess.run(
                    [
                        *(node, suite, "server", "--url", f"{url}/mcp", "--scenario", scenario),
                        *("--spec-version", revision, "--timeout", "120000"),
                    ],
                    cwd=folder,
                    capture_output=True,
                    encoding="utf-8",
                    check=False,
                )
                said = run.stdout + run.stderr
                found = re.search(r"Passed:\s*(\d+)/(\d+),\s*(\d+) failed,\s*(\d+) warnings", said)
                missing = int(found[3]) if found else -1
                good = found is not None and missing == FIXTURES.get(scenario, 0)
                shown = found[0] if found else "no result"
                note = f" ({missing} for want of the suite's own tools)" if good and missing else ""
                print(
                    f"{'ok    ' if good else 'FAILED'}  {revision}  {scenario:<45}{shown}{note}", flush=True
                )
                if not good:
                    failed.append(scenario)
                    print("".join(f"    {line}\n" for line in said.splitlines()))
    print(f"{len(failed)} failed" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
