"""`ix-tools doctor` finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ix_tools.__main__ import refuse_old_python
from ix_tools.config.mail_settings import MailAddress
from ix_tools.domain.records import Sequence, Tax
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import render
from ix_tools.interfaces.cli.checks import check_clock, check_pdf_invoices, check_series, check_taxes
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.notifications.mail_queue import MailDraft, MailQueue, insert_mail
from ix_tools.storage.database import Store
from tests.interfaces.cli.conftest import Cli
from tests.interfaces.web.open_provider import CLIENT_SECRET, OpenProvider

Found = dict[str, list[tuple[str, str]]]


def run_doctor(cli: Cli, code: int, *options: str) -> Found:
    """What is not in order, by check: level and what to do."""
    ran = cli("doctor", *options)
    assert ran.code == code, ran.out
    assert ran.body["ok"] == (code == 0)
    wrong: Found = {}
    for one in ran.body["checks"]:
        if one["level"] != "ok":
            wrong.setdefault(one["check"], []).append((one["level"], f"{one['message']} | {one['next']}"))
    return wrong


def test_a_healthy_account_has_nothing_to_do(cli: Cli) -> None:
    assert run_doctor(cli, 0) == {}
    assert cli.writes() == []
    text = cli.text("doctor")
    assert "Everything is ready." in text
    assert "the key is set (it is not shown)" in text


def test_a_provider_is_read_and_what_is_missing_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with OpenProvider() as provider:
        for name in ("oidc_issuer", "oidc_client_id"):
            monkeypatch.setenv(f"INVOICEXPRESS_{name.upper()}", str(provider.settings[name]))
        monkeypatch.setenv("INVOICEXPRESS_OIDC_CLIENT_SECRET", CLIENT_SECRET)
        ((level, text),) = run_doctor(cli, 0)["sign_in"]
        assert (level, f"{provider.url}#SUB" in text) == ("warning", True)
        policy = tmp_path / "policy.toml"
        policy.write_text(f'[people]\nana = ["{provider.identity("1")}"]\n', "utf-8")
        policy.chmod(0o600)
        monkeypatch.setenv("INVOICEXPRESS_POLICY", str(policy))
        assert run_doctor(cli, 0) == {}
        assert CLIENT_SECRET not in cli.text("doctor")
        provider.keys = []
        assert "no key" in run_doctor(cli, 1)["sign_in"][0][1]
        provider.description = {"token_endpoint": "https://oauth2.example.com/token"}
        assert "oidc_hosts" in run_doctor(cli, 1)["sign_in"][0][1]
        monkeypatch.setenv("INVOICEXPRESS_OIDC_HOSTS", "oauth2.example.com")
        assert "no key" in run_doctor(cli, 1)["sign_in"][0][1]
        provider.answers = {"/.well-known/openid-configuration": (404, b"", {})}
        assert run_doctor(cli, 1)["sign_in"][0][0] == "problem"


def test_it_speaks_portuguese(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICEXPRESS_LANGUAGE", "pt")
    assert "Está tudo pronto." in cli.text("doctor")


def test_the_built_in_sandbox_is_healthy_and_needs_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCOUNT", "API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"INVOICEXPRESS_{name}")
    assert run_doctor(cli, 0, "--sandbox") == {}
    assert cli.box.requests() == [], "another one than the account's"


def test_a_wrong_key_is_named_as_that(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICEXPRESS_API_KEY", "wrong-key")
    wrong = run_doctor(cli, 1)
    assert list(wrong) == ["access"]
    assert "refused the API key" in wrong["access"][0][1]
    assert "INVOICEXPRESS_API_KEY" in wrong["access"][0][1]


def test_a_port_where_nobody_listens_is_unreachable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICEXPRESS_BASE_URL", "http://127.0.0.1:1")
    wrong = run_doctor(cli, 1)
    assert "could not be reached" in wrong["access"][0][1]


def test_no_account_is_said_with_where_to_find_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INVOICEXPRESS_ACCOUNT")
    monkeypatch.delenv("INVOICEXPRESS_API_KEY")
    (level, text), = run_doctor(cli, 1)["account"]  # fmt: skip
    assert level == "problem"
    assert "INVOICEXPRESS_ACCOUNT, INVOICEXPRESS_API_KEY" in text
    assert "--sandbox" in text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("INVOICEXPRESS_API_KY", "INVOICEXPRESS_API_KEY"),
        ("INVOICEXPRESS_APIKEY", "INVOICEXPRESS_API_KEY"),
        ("INVOICEXPRESS_ACOUNT", "INVOICEXPRESS_ACCOUNT"),
        ("IX_TOOLS_CONF", "IX_TOOLS_CONFIG"),
        ("INVOICEXPRESS_SOMETHING_ELSE_ALTOGETHER", None),
    ],
)
def test_a_misspelt_variable_is_found(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, meant: str | None
) -> None:
    monkeypatch.setenv(name, "s3cret-value")
    (level, text), = run_doctor(cli, 1)["settings"]  # fmt: skip
    assert level == "problem"
    assert name in text
    assert (f"did you mean {meant}?" if meant else "ix-tools settings shows the names") in text
    assert "s3cret" not in cli("doctor").out


def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, mode: int = 0o600) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(content)
    file.chmod(mode)
    monkeypatch.setenv("IX_TOOLS_CONFIG", str(file))
    return file


@pytest.mark.parametrize(
    ("mode", "level"), [(0o644, "problem"), (0o640, "problem"), (0o600, None), (0o400, None)]
)
def test_a_file_that_holds_the_key_is_for_its_owner_alone(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, level: str | None
) -> None:
    monkeypatch.delenv("INVOICEXPRESS_API_KEY")
    file = configured(tmp_path, monkeypatch, f'api_key = "{cli.box.api_key}"\n', mode)
    wrong = run_doctor(cli, 1 if level else 0)
    assert wrong.get("key_file", [("", "")])[0][0] == (level or "")
    if level:
        assert f"chmod 600 {file}" in wrong["key_file"][0][1]
    assert cli.box.api_key not in cli("doctor").out


def test_a_file_without_the_key_may_be_read_by_anybody(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path, monkeypatch, 'principal = "ana"\n', 0o644)
    assert run_doctor(cli, 0) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("account = ", "cannot be read"),
        ("apikey = 'x'", "did you mean api_key?"),
        ("timeout_seconds = 0", "timeout_seconds"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, said: str
) -> None:
    configured(tmp_path, monkeypatch, content)
    assert said in str(run_doctor(cli, 1)["settings"])


def test_a_store_that_cannot_be_written_is_a_problem(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICEXPRESS_STORE", "/dev/null/nowhere.db")
    assert "INVOICEXPRESS_STORE" in run_doctor(cli, 1)["store"][0][1]


def test_a_default_series_that_is_not_registered_is_a_problem_with_the_command_that_helps(cli: Cli) -> None:
    series = {
        "current_invoice_sequence_id": 70000,
        "current_invoice_number": 3,
        "current_invoice_validation_code": "N/D",
    }
    rows = [{"id": 70000, "serie": "2026", "default_sequence": "1", **series}]
    cli.box.fault("GET", r"/sequences\.json", status=200, body={"sequences": rows})
    (level, text), = run_doctor(cli, 1)["series"]  # fmt: skip
    assert level == "problem"
    assert "2026 is not registered with AT for: Invoice" in text
    assert "ix-tools register-sequence --sequence-id 70000" in text


def part(number: int, code: str) -> dict[str, Any]:
    return {"sequence_id": 1, "number": number, "validation_code": code}


@pytest.mark.parametrize(
    ("rows", "levels"),
    [
        ([("A", True, 0, "AAAA1111")], ["ok"]),
        ([("A", True, 0, "N/A")], ["ok"]),
        ([("A", True, 0, "N/D")], ["problem"]),
        ([("A", False, 0, "AAAA1111")], ["problem"]),
        ([("A", True, 0, "AAAA1111"), ("B", False, 0, "N/D")], ["ok"]),
        ([("A", True, 0, "AAAA1111"), ("B", False, 5, "N/D")], ["ok", "warning"]),
        ([], ["problem"]),
    ],
    ids=["registered", "needs no code", "not registered", "no default", "another unused", "another in use", "none at all"],
)  # fmt: skip
def test_series(rows: list[tuple[str, bool, int, str]], levels: list[str]) -> None:
    series = [
        Sequence.model_validate(
            {"id": 1, "serie": name, "default": default, "types": {"invoice": part(number, code)}}
        )
        for name, default, number, code in rows
    ]
    found = list(check_series(Invocation(), series))
    assert [one.level for one in found] == levels
    # Where another series has a code, the account is connected with AT.
    hints = ["connect the account with AT first" in str(one.next) for one in found]
    assert any(hints) == (levels == ["problem"] and rows != [] and rows[0][3] == "N/D")


@pytest.mark.parametrize(
    ("taxes", "levels"),
    [
        ([("IVA23", "23", True), ("Isento", "0", False)], ["ok", "ok"]),
        ([("IVA23", "23", False), ("Isento", "0", False)], ["problem", "ok"]),
        ([("IVA23", "23", True)], ["ok", "warning"]),
    ],
)
def test_taxes(taxes: list[tuple[str, str, bool]], levels: list[str]) -> None:
    rows = [
        Tax.model_validate({"name": name, "value": value, "default_tax": default})
        for name, value, default in taxes
    ]
    assert [one.level for one in check_taxes(rows)] == levels


@pytest.mark.parametrize(
    ("lisbon", "local", "level"),
    [
        ("2026-11-20T10:00", "2026-11-20T10:00", "ok"),
        ("2026-11-20T23:30", "2026-11-21T08:30", "warning"),
        ("1970-01-01T01:00", "1970-01-01T01:00", "problem"),
    ],
)
def test_clocks(lisbon: str, local: str, level: str) -> None:
    moments = (datetime.fromisoformat(text).replace(tzinfo=LISBON) for text in (lisbon, local))
    assert [one.level for one in check_clock(*moments)] == [level]


@pytest.mark.parametrize(
    ("today", "pt", "en"),
    [
        ("2026-11-30", "", ""),
        ("2026-12-01", "depois de 31/12/2026", "after 31/12/2026"),
        ("2026-12-31", "depois de 31/12/2026", "after 31/12/2026"),
        ("2027-01-01", "desde 01/01/2027", "since 01/01/2027"),
    ],
)
def test_the_end_of_plain_pdfs_is_told_from_december_on(today: str, pt: str, en: str) -> None:
    told = list(check_pdf_invoices(date.fromisoformat(today)))
    assert [one.level for one in told] == (["warning"] if pt else [])
    for one in told:
        assert pt in render(one.message, "pt")
        assert en in render(one.message, "en")
        assert "Lei 73-A/2025, art. 95.º, n.º 3" in render(one.message, "pt")
        assert "InvoiceXpress" in render(one.next, "pt")


def test_a_mail_server_that_takes_nothing_and_e_mails_that_were_not_sent_are_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "HOST": "127.0.0.1",
        "PORT": "1",
        "SECURITY": "none",
        "FROM": "a@b.example",
        "TO": "ana <a@c.example>",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"INVOICEXPRESS_MAIL_{name}", value)
    store = Store(cli.store)
    queue = MailQueue(store)
    with store.writing() as connection:
        for number in range(3):
            draft = MailDraft(
                f"evt_{number}", "request", "ABCD2345", MailAddress(f"{number}@c.example"), "pt", 0, 10**10
            )
            insert_mail(connection, draft, 0)
    first, second, _ = queue.take_due()
    queue.postpone(first, "SMTPConnectError")
    queue.finish(second, "failed", "address refused (550)")
    store.close()
    problem, waiting, failed, pin, address = run_doctor(cli, 1)["mail"]
    assert problem[0] == "problem"
    assert "127.0.0.1:1 does not take e-mail" in problem[1]
    assert "SMTPConnectError" in waiting[1]
    assert "1@c.example about ABCD2345: address refused (550)" in failed[1]
    assert "approvals pin --principal ana" in pin[1]
    assert "public_url" in address[1]


def test_the_file_of_kept_keys_is_for_its_owner_alone(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IX_TOOLS_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").touch()
    keys = tmp_path / "keys.json"
    keys.write_text("{}", encoding="utf-8")
    keys.chmod(0o644)
    ((level, told),) = run_doctor(cli, 1)["key_file"]
    assert (level, told.partition(" | ")[2]) == ("problem", f"chmod 600 {keys}")
    keys.chmod(0o600)
    assert "key_file" not in run_doctor(cli, 0)


@pytest.mark.parametrize(
    ("version", "told"), [((3, 9, 1), "3.9"), ((3, 10, 12), "3.10"), ((3, 11, 0), ""), ((3, 14, 0), "")]
)
def test_an_old_python_is_told_in_both_languages(version: tuple[int, ...], told: str) -> None:
    said = refuse_old_python(version)
    assert bool(said) == bool(told)
    assert told in said
    if told:
        assert len(said.splitlines()) == 2
