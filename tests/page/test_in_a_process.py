"""The server as hosts start it, with its pages on this machine: from the question to the issued invoice."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.mcp.test_stdio import SERVE, Process, environment
from tests.page.visitor import csrf


def test_a_server_on_standard_input_shows_its_pages_on_this_machine_until_it_ends(tmp_path: Path) -> None:
    items = [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}]
    draft = {"date": "today", "due_date": "today", "client": {"code": "ACME"}, "items": items}
    settings = {"approval_channel": "page", "approval_link": "result", "language": "en", "log_level": "INFO"}
    with Process(*SERVE, "--sandbox", env=environment(tmp_path, **settings)) as process:
        process.hello()
        number = process.call("create_invoice", **draft)["document"]["id"]
        call = {"document_type": "invoices", "document_id": number, "state": "finalized"}
        link = process.call("change_state", **call)["approval"]["url"]
        here = link.split("/approve/")[0]
        assert here.startswith("http://127.0.0.1:")
        with httpx2.Client(trust_env=False) as browser:
            page = browser.get(link)
            assert "€123.00" in page.text
            assert browser.get(link, headers={"Host": "localhost"}).status_code == 421
            assert "server" not in page.headers
            form = {"csrf": csrf(page.text), "decision": "approve"}
            assert browser.post(link, data=form, headers={"Origin": here}).status_code == 303
        assert process.call("change_state", **call)["document"]["status"] == "final"
        code, errors = process.ended()
    assert code == 0, errors
    assert link.rsplit("/", 1)[1] not in errors, "a link is not logged"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(here, trust_env=False)
