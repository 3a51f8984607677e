"""The server as hosts start it, with its pages on this machine: from the question to the issued invoice."""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.interfaces.mcp.test_stdio import SERVE, Process, environment
from tests.interfaces.web.visitor import find_csrf_token


@contextmanager
def half_sent(url: str, pid: int) -> Iterator[None]:
    """Three hundred requests that are never finished, at a process that may have 256 files: the page answers all the same."""
    if sys.platform == "linux":
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (256, 256))
    where = urlsplit(url)
    with ExitStack() as held:
        for _ in range(300):
            wire = held.enter_context(socket.create_connection((where.hostname or "", where.port or 0)))
            wire.sendall(b"GET /approve/")
        yield


def test_a_server_on_standard_input_shows_its_pages_on_this_machine_until_it_ends(tmp_path: Path) -> None:
    items = [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}]
    draft = {"date": "today", "due_date": "today", "client": {"code": "ACME"}, "items": items}
    settings = {"approval_channel": "page", "approval_link": "result", "language": "en", "log_level": "INFO"}
    served = Process(*SERVE, "--sandbox", env=environment(tmp_path, **settings))
    with served as process, ExitStack() as until_the_end:
        process.hello()
        number = process.call("create_invoice", **draft)["document"]["id"]
        call = {"document_type": "invoices", "document_id": number, "state": "finalized"}
        link = process.call("change_state", **call)["approval"]["url"]
        here = link.split("/approve/")[0]
        until_the_end.enter_context(half_sent(here, process.pid))
        assert here.startswith("http://127.0.0.1:")
        with httpx2.Client(trust_env=False, timeout=100) as browser:
            page = browser.get(link)
            assert "€123.00" in page.text
            assert browser.get(link, headers={"Host": "localhost"}).status_code == 421
            assert "server" not in page.headers
            form = {"csrf": find_csrf_token(page.text), "decision": "approve"}
            assert browser.post(link, data=form, headers={"Origin": here}).status_code == 303
        assert process.call("change_state", **call)["document"]["status"] == "final"
        code, errors = process.ended()
    assert code == 0, errors
    assert link.rsplit("/", 1)[1] not in errors, "a link is not logged"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(here, trust_env=False, timeout=100)
