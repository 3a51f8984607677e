"""Run real HTTP servers in separate processes, several on one store, without rate limits.

`python -m faults.servers` reads one line of JSON from standard input, prints its URL, and serves.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ix_tools.config.settings import AccountSettings, Settings
from ix_tools.interfaces.server import json_logs
from ix_tools.interfaces.server.app import build_application
from ix_tools.interfaces.server.workers import StopRequest, build_local_url, open_sockets, run_server
from ix_tools.sandbox.seeds import API_KEY

Json = dict[str, Any]
NO_LIMIT = 10**9
SECONDS = 20


def lift_limits(settings: Settings) -> Settings:
    """Return the settings without rate limits. They are not validated, because the settings' limits are the vendor's."""
    return settings.model_copy(update={"requests_per_minute": NO_LIMIT, "calls_per_minute": NO_LIMIT})


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def start_server_process(
    store: str, urls: Mapping[str, str], home: Path, policy: Path | None = None, timeout: int = 30
) -> Iterator[Server]:
    """Run a server for accounts (name to URL of its sandbox) during the block."""
    home.mkdir(exist_ok=True)
    order = {
        "store": store,
        "urls": dict(urls),
        "policy": None if policy is None else str(policy),
        "timeout": timeout,
    }
    with (home / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "faults.servers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            cwd=Path(__file__).resolve().parent.parent,
            env={"HOME": str(home), "PATH": ""},
        )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"a server did not start: {(home / 'server.log').read_text()[-2000:]}")
        yield Server(process, url)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@contextmanager
def run_two_servers(
    store: str, urls: Mapping[str, str], folder: Path, policy: Path | None = None
) -> Iterator[Sequence[Server]]:
    """Run two servers that share only a store."""
    with ExitStack() as until_the_end:
        yield [
            until_the_end.enter_context(start_server_process(store, urls, folder / name, policy))
            for name in ("one", "two")
        ]


def _build_settings(order: Json) -> Settings:
    key = SecretStr(API_KEY)
    accounts = {
        name: AccountSettings(account=name, api_key=key, base_url=url) for name, url in order["urls"].items()
    }
    policy = Path(order["policy"]) if order["policy"] else None
    made = Settings(
        store=order["store"],
        accounts=accounts,
        policy=policy,
        timeout_seconds=order["timeout"],
        language="en",
        approval_min_seconds=0,  # the harness approves at once
        toolsets=("all",),
    )
    return lift_limits(made)


def main() -> None:
    """Serve until standard input is closed."""
    settings = _build_settings(json.loads(sys.stdin.readline()))
    json_logs.configure_logging(settings)
    sockets = open_sockets("127.0.0.1", 0, 1)
    address = build_local_url("127.0.0.1", sockets[0])
    print(address, flush=True)
    threading.Thread(target=_end_with_the_harness, daemon=True).start()
    create = partial(build_application, settings, address, requires_authentication=False)
    with StopRequest().listening() as stop:
        run_server(create, settings, 1, [sockets], stop)


def _end_with_the_harness() -> None:
    """End when standard input is closed, since the parent process has then ended."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
