"""Sandbox, server: keys, rate limit, faults on real connections, control endpoints, restarts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ix_tools.sandbox import routes
from ix_tools.sandbox.control import Control, Fault
from ix_tools.sandbox.server import Sandbox, serve
from tests.sandbox.api import NOW, SandboxApi


@pytest.mark.parametrize("query", [{}, {"api_key": "wrong"}, {"api_key": ""}])
def test_a_call_without_the_key_is_refused(api: SandboxApi, query: dict[str, str]) -> None:
    answer = api.http.get("/invoices.json", params=query)
    assert (answer.status_code, answer.json()) == (401, {"errors": {"error": "Invalid API key"}})


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_without_the_right_content_type_is_refused(api: SandboxApi, kind: str | None) -> None:
    answer = api.http.post(
        "/invoices.json",
        params={"api_key": api.sandbox.api_key},
        content=json.dumps({"invoice": api.body()}).encode(),
        headers={"content-type": kind} if kind else {},
    )
    assert (answer.status_code, answer.json()) == (
        415,
        {"errors": {"error": "No content type or wrongly specified"}},
    )


def test_broken_json_and_a_missing_envelope_are_refused(api: SandboxApi) -> None:
    broken = api.http.post(
        "/invoices.json",
        params={"api_key": api.sandbox.api_key},
        content=b'{"invoice":',
        headers={"content-type": "application/json"},
    )
    assert broken.status_code == 400
    assert api.post("/invoices.json", {"proforma": {}}).json() == {
        "errors": [{"error": "Elemento invoice não fornecido"}]
    }
    assert api.post("/invoices.json", [1]).status_code == 422


@pytest.mark.parametrize(
    "junk", ["null", "true", "[]", "{}", '"\\ud800"', '"\\u0000"', "1e99", "NaN", "9" * 40, '{"a": 1}']
)
def test_nonsense_is_refused_or_ignored_and_never_a_crash(api: SandboxApi, junk: str) -> None:
    for field in (
        "client",
        "items",
        "reference",
        "retention",
        "sequence_id",
        "global_discount",
        "tax_exemption",
    ):
        body = json.dumps({"invoice": api.body(**{field: "JUNK"})}).replace('"JUNK"', junk)
        answer = api.http.post(
            "/invoices.json",
            params={"api_key": api.sandbox.api_key},
            content=body.encode(),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code in (201, 400, 422), (field, answer.text)


def test_the_minute_is_full_at_the_limit_and_says_when_to_come_back(api: SandboxApi) -> None:
    """Documented: 780 requests a minute, then 429."""
    api.sandbox.set_option("rate_limit", 3)
    statuses = [api.get("/taxes.json").status_code for _ in range(3)]
    full = api.get("/taxes.json")
    assert (*statuses, full.status_code) == (200, 200, 200, 429)
    assert 1 <= int(full.headers["retry-after"]) <= 61
    api.sandbox.reset()
    assert api.get("/taxes.json").status_code == 200


OPERATIONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "vendor" / "operations.json").read_text(encoding="utf-8")
)["operations"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each["operation_id"])
def test_every_documented_operation_has_an_answer(api: SandboxApi, operation: dict[str, Any]) -> None:
    words = {"{invoices-type}": "invoices", "{estimates-type}": "quotes", "{guides-type}": "shippings"}
    path = re.sub(r"\{.+?\}", lambda found: words.get(found[0], "9"), operation["path"])
    answer = api.call(operation["method"], path, {} if operation["method"] in ("POST", "PUT") else None)
    assert answer.status_code in {*operation["statuses"], 404}
    assert routes.resolve(operation["method"], path) is not None


@pytest.mark.parametrize(
    "path", ["/clients/abc.json", "/items/1%2F2.json", "/taxes/%0A.json", "/invoices/x.json"]
)
def test_what_cannot_be_an_id_is_an_id_that_nobody_has(api: SandboxApi, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_miss_keeps_its_shape_whatever_the_id(api: SandboxApi) -> None:
    for row_id in ("9", "x", "%00", "9" * 30):
        answer = api.get(f"/api/v3/clients/{row_id}/balance.json")
        assert (answer.status_code, answer.json()) == (404, {"errors": [{"error": "Client not found"}]})


@pytest.mark.parametrize("path", ["/", "/nothing.json", "/invoices/abc.json", "/invoices/1/pdf.json"])
def test_an_unknown_path_is_not_found(api: SandboxApi, path: str) -> None:
    assert api.get(path).status_code == 404


def test_a_state_is_not_changed_by_post(api: SandboxApi) -> None:
    path = f"/invoices/{api.create_draft()['id']}/change-state.json"
    assert api.post(path, {"invoice": {"state": "finalized"}}).status_code == 404


# faults


def count(api: SandboxApi) -> int:
    entries: int = api.get("/invoices.json").json()["pagination"]["total_entries"]
    return entries


@pytest.mark.parametrize(("drop", "kept"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_is_dropped_before_or_after_the_work_is_kept(
    api: SandboxApi, drop: Any, kept: int
) -> None:
    api.sandbox.fault(method="POST", path=r"^/invoices\.json", drop=drop)
    with pytest.raises(httpx2.TransportError):
        api.create_draft()
    assert count(api) == kept
    assert api.sandbox.requests()[0]["status"] is None


def test_a_cut_answer_ends_in_the_middle(api: SandboxApi) -> None:
    api.sandbox.fault(path="invoices", cut=20)
    with pytest.raises(httpx2.RemoteProtocolError, match="20 bytes"):
        api.create_draft()
    assert count(api) == 1


@pytest.mark.parametrize(("after_commit", "kept"), [(False, 0), (True, 1)])
def test_an_injected_answer_comes_before_or_after_the_work(
    api: SandboxApi, after_commit: bool, kept: int
) -> None:
    api.sandbox.fault(
        method="post",
        path="invoices",
        status=502,
        body="<h1>Bad Gateway</h1>",
        headers={"X-Proxy": "1"},
        after_commit=after_commit,
    )
    answer = api.post("/invoices.json", {"invoice": api.body()})
    assert (answer.status_code, answer.text, answer.headers["x-proxy"]) == (502, "<h1>Bad Gateway</h1>", "1")
    assert count(api) == kept


def test_faults_skip_repeat_and_wait_in_line(api: SandboxApi) -> None:
    api.sandbox.fault(path="taxes", skip=1, times=2, status=503)
    api.sandbox.fault(path="taxes", status=500, body={"errors": []})
    statuses = [api.get("/taxes.json").status_code for _ in range(5)]
    assert statuses == [500, 503, 503, 200, 200]
    api.sandbox.fault(times=None, status=500)
    assert {api.get("/items.json").status_code for _ in range(3)} == {500}
    api.sandbox.clear_faults()
    assert api.get("/items.json").status_code == 200


def test_a_delay_keeps_nobody_else_waiting(api: SandboxApi) -> None:
    api.sandbox.fault(path="items", delay=60, after_commit=True)
    slow = SandboxApi(api.sandbox)
    answers: list[int] = []
    with slow.http:
        thread = threading.Thread(target=lambda: answers.append(slow.get("/items.json").status_code))
        thread.start()
        assert api.sandbox.wait_for_request("GET", "items", 100)
        assert api.get("/taxes.json").status_code == 200
        assert answers == []
        api.sandbox.clear_faults()
        thread.join()
    assert answers == [200]


def test_a_delay_called_off_before_it_begins_does_not_begin() -> None:
    control = Control()
    control.add_fault(Fault(delay=60, after_commit=True))
    taken = control.take_fault("GET", "/items.json")
    assert taken is not None
    control.clear_faults()
    assert control.begin_delay(taken) is None
    assert control.begin_delay(Fault(delay=60)) is not None


def test_a_box_closes_at_once_although_somebody_waits() -> None:
    with Sandbox() as sandbox:
        sandbox.fault(delay=3600)
        ended = threading.Event()

        def wait() -> None:
            with httpx2.Client() as http:
                http.get(f"{sandbox.base_url}/taxes.json", timeout=None)
            ended.set()

        thread = threading.Thread(target=wait)
        thread.start()
        assert sandbox.wait_for_request("GET", "taxes", 100)
    thread.join(100)
    assert ended.is_set()


def test_a_fault_that_makes_no_sense_is_refused(api: SandboxApi) -> None:
    with pytest.raises(ValueError, match="drop"):
        api.sandbox.fault(drop="sometimes")


# the log and the control room


def test_the_log_shows_what_was_sent_and_never_the_key(api: SandboxApi) -> None:
    api.get("/invoices.json", **{"type[]": ["Invoice", "Receipt"], "page": 2})
    api.post("/clients.json", {"client": {"name": "Gama"}})
    assert api.sandbox.requests() == [
        {
            "method": "GET", "path": "/invoices.json", "query": {"type[]": ["Invoice", "Receipt"], "page": "2"},
            "body": None, "status": 200,
        },
        {
            "method": "POST", "path": "/clients.json", "query": {}, "body": {"client": {"name": "Gama"}},
            "status": 422,
        },
    ]  # fmt: skip
    assert api.sandbox.api_key not in repr(api.sandbox.requests())
    api.sandbox.clear_requests()
    assert api.sandbox.requests() == []


def test_everything_can_be_done_over_http_without_a_key(api: SandboxApi) -> None:
    http = api.http
    assert http.put("/_sandbox/clock", json={"now": "2026-12-31T23:59:00"}).json() == {
        "now": "2026-12-31T23:59:00+00:00"
    }
    assert http.put("/_sandbox/clock", json={"advance": 60}).json()["now"].startswith("2027-01-01T00:00:00")
    assert api.create_draft(date="", due_date="")["date"] == "01/01/2027"
    assert http.put("/_sandbox/lag", json={"seconds": 5}).status_code == 204
    assert count(api) == 0
    assert http.put("/_sandbox/options", json={"language": "pt"}).json()["language"] == "pt"
    assert http.post("/_sandbox/faults", json={"path": "taxes", "status": 503}).status_code == 204
    assert api.get("/taxes.json").status_code == 503
    http.post("/_sandbox/faults", json={"path": "taxes", "status": 503})
    assert http.delete("/_sandbox/faults").status_code == 204
    assert api.get("/taxes.json").status_code == 200
    assert [entry["path"] for entry in http.get("/_sandbox/requests").json()][-1] == "/taxes.json"
    assert http.delete("/_sandbox/requests").status_code == 204
    assert http.get("/_sandbox/requests").json() == []
    assert http.get("/_sandbox/outbox").json() == []
    assert http.put("/_sandbox/archive", json={"document": 1001}).status_code == 204
    assert http.post("/_sandbox/reset").status_code == 204
    assert count(api) == 0
    assert http.put("/_sandbox/clock", json={"now": None}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "options", {"colour": "green"}),
        ("PUT", "options", {"pdf_polls": "many"}),
        ("PUT", "options", {"pdf_polls": True}),
        ("POST", "faults", {"when": "later"}),
        ("POST", "faults", {"path": "("}),
        ("PUT", "clock", {"now": "soon"}),
        ("PUT", "lag", {}),
        ("PUT", "archive", {"document": 9}),
    ],
)
def test_a_mistaken_order_is_refused_aloud(
    api: SandboxApi, method: str, path: str, body: dict[str, Any]
) -> None:
    assert api.http.request(method, f"/_sandbox/{path}", json=body).status_code == 400


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
def test_a_web_page_cannot_reach_the_control_room(api: SandboxApi, headers: dict[str, str]) -> None:
    assert api.http.post("/_sandbox/reset", headers=headers).status_code == 403


@pytest.mark.parametrize(("name", "value"), [("nonsense", 1), ("rate_limit", "780"), ("mb_references", 1)])
def test_an_option_that_does_not_exist_is_an_error(sandbox: Sandbox, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        sandbox.set_option(name, value)


def test_the_clock_keeps_lisbon_time_also_through_the_hour_that_happens_twice(api: SandboxApi) -> None:
    api.sandbox.set_clock("2026-10-25T00:30:00")
    stamps = []
    for _ in range(3):
        api.sandbox.advance(3600)
        stamps.append(api.http.put("/_sandbox/clock", json={}).json()["now"])
    assert stamps == ["2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+00:00", "2026-10-25T02:30:00+00:00"]


# life and death


def test_a_box_on_the_same_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    with Sandbox(file, clock=NOW) as sandbox:
        first = SandboxApi(sandbox)
        with first.http:
            invoice = first.create_issued()
            first.put(
                f"/invoices/{invoice['id']}/email-document.json",
                {"message": {"client": {"email": "a@b.example"}}},
            )
    with Sandbox(file, clock=NOW) as sandbox:
        second = SandboxApi(sandbox)
        with second.http:
            assert second.read_document("invoice", invoice)["atcud"] == invoice["atcud"]
            assert second.create_issued()["sequence_number"] == "2/2026"
            assert [mail["to"] for mail in sandbox.outbox()] == ["a@b.example"]


def test_a_killed_process_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    program = (
        "from pathlib import Path; from ix_tools.sandbox.server import serve;"
        f"serve(db=Path({str(file)!r}), on_ready=lambda url: print(url, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base = process.stdout.readline().strip()
        body = {"client": {"name": "Gama", "code": "G"}}
        assert httpx2.post(
            f"{base}/clients.json", params={"api_key": "sandbox-key-0000"}, json=body
        ).is_success
        process.kill()
        assert process.stdout.read() == ""  # nothing else was printed
    with (
        Sandbox(file) as sandbox,
        httpx2.Client(base_url=sandbox.base_url, params={"api_key": sandbox.api_key}, timeout=100) as http,
    ):
        assert [client["code"] for client in http.get("/clients.json").json()["clients"]] == [
            "ACME",
            "BETA",
            "G",
        ]


def test_a_temporary_box_leaves_nothing_behind() -> None:
    with Sandbox() as sandbox:
        file = sandbox.backend.store.path
        assert file.exists()
    assert not file.parent.exists()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{sandbox.base_url}/taxes.json", timeout=100)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "example.org", ""])
def test_a_box_is_served_on_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        serve(host=host)


def test_a_box_starts_again_as_it_was_seeded(api: SandboxApi) -> None:
    before = api.get("/items.json").json(), api.get("/sequences.json").json()
    api.create_issued()
    api.sandbox.set_lag(9)
    api.sandbox.set_option("language", "pt")
    api.sandbox.advance(5)
    api.sandbox.reset()
    assert (api.get("/items.json").json(), api.get("/sequences.json").json()) == before
    assert api.create_draft()["id"] == 1001
    assert count(api) == 1


def test_starting_loads_no_library_that_only_printing_needs() -> None:
    program = (
        "import sys; from ix_tools.sandbox.server import Sandbox\n"
        "assert not {'uvicorn', 'starlette', 'pydyf', 'segno'} & set(sys.modules)\n"
        "with Sandbox(): assert not {'pydyf', 'segno'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=100)
