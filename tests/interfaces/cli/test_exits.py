"""The exit code says what happened; the table in `ix_tools.errors` is all there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.interfaces.cli.conftest import Cli, run_piped

DRAFT = ("create-invoice", "--date", "2026-11-20", "--due-date", "+30d", "--client.code", "ACME",
         "--items", "name=Revisão,unit_price=100,quantity=1,tax=IVA23")  # fmt: skip


def tweaked(cli: Cli) -> None:
    number = cli.draft()
    body = cli("get-document", "--document-type", "invoices", "--document-id", number).body["document"]
    cli.box.fault(
        "GET", r"/invoices/\d+\.json", body={"invoice": {**body, "total": "1.00", "items": []}}, status=200
    )


CASES: list[tuple[str, int, str, tuple[str, ...], Callable[[Cli], None]]] = [
    ("done", 0, "", ("list-taxes",), lambda cli: None),
    ("no such field", 1, "invalid_arguments", ("get-document", "--document-type", "invoices"), lambda cli: None),
    ("a rule says no", 1, "refused", (*DRAFT[:-1], "name=X,unit_price=1,quantity=1,tax=IVA99"), lambda cli: None),
    ("unknown option", 2, "usage", ("list-taxes", "--no-such-option"), lambda cli: None),
    ("not found", 4, "not_found", ("get-document", "--document-type", "invoices", "--document-id", "9"), lambda cli: None),
    ("key refused", 4, "access_denied", ("list-taxes",), lambda cli: cli.box.fault("GET", status=401)),
    ("content refused", 4, "rejected", DRAFT, lambda cli: cli.box.fault("POST", status=422, body={"errors": "no"})),
    ("too many", 5, "rate_limited", ("list-taxes",), lambda cli: cli.box.fault("GET", times=None, status=429)),
    ("read failed", 5, "unavailable", ("list-taxes",), lambda cli: cli.box.fault("GET", times=None, status=503)),
    ("answer lost, read", 5, "unreachable", ("list-taxes",), lambda cli: cli.box.fault("GET", times=None, drop="before")),
    ("write failed", 6, "outcome_unknown", DRAFT, lambda cli: cli.box.fault("POST", times=None, status=500)),
    ("answer lost, write", 6, "outcome_unknown", DRAFT,
     lambda cli: cli.box.fault("POST", times=None, drop="before")),
    ("stored otherwise", 7, "stored_differently", (*DRAFT, "--reference", "PO-1"), tweaked),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "said", "argv", "arrange"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_every_way_to_end_has_its_code(
    cli: Cli, code: int, said: str, argv: tuple[str, ...], arrange: Callable[[Cli], None]
) -> None:
    arrange(cli)
    ran = cli(*argv)
    assert (ran.code, ran.body.get("code", "")) == (code, said), ran
    assert ran.err == ""
    cli.box.clear_faults()


def test_without_an_account_nothing_can_be_called(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INVOICEXPRESS_API_KEY")
    ran = cli("list-taxes")
    assert (ran.code, ran.body["code"]) == (2, "settings")
    assert [one["field"] for one in ran.body["problems"]] == ["INVOICEXPRESS_API_KEY"]


def test_what_is_answered_here_needs_no_account(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCOUNT", "API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"INVOICEXPRESS_{name}")
    assert cli("lookup-exemption-codes", "--code", "M07").body["codes"][0]["code"] == "M07"


def test_a_host_that_is_not_there_is_unreachable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICEXPRESS_BASE_URL", "http://127.0.0.1:1")
    assert cli("list-taxes").code == 5


def test_a_store_that_cannot_be_written_is_a_matter_of_settings(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = cli.draft()
    monkeypatch.setenv("INVOICEXPRESS_STORE", "/dev/null/nowhere.db")
    ran = cli(*cli.finalize(number))
    assert (ran.code, ran.body["code"]) == (2, "store_unavailable")


def test_a_fault_of_ours_does_not_pretend_that_nothing_happened(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("ix_tools.interfaces.cli.execute.execute", broken)
    ran = cli(*DRAFT)
    assert (ran.code, ran.body["code"], ran.body["sent"]) == (6, "internal_error", "unknown")


def test_a_process_ends_with_the_code_and_one_json_object(cli: Cli) -> None:
    ran = run_piped("get-document", "--document-type", "invoices", "--document-id", "9")
    assert ran.returncode == 4
    assert ran.stdout.count("\n") == 1
    assert ran.stderr == ""
    assert cli.box.api_key not in ran.stdout
