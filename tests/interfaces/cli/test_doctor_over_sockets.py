"""`ix-tools doctor` in the first minutes: what is wrong is one sentence in the person's language, over a real connection."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ix_tools.interfaces.cli.main import run_command
from ix_tools.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def run_doctor(
    box: Sandbox,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: Mapping[str, str] | None = None,
    ahead: float = 0,
) -> dict[str, tuple[str, str]]:
    """Return message and next step of each finding that is not well, by check."""
    env = {
        "INVOICEXPRESS_ACCOUNT": "sandbox",
        "INVOICEXPRESS_API_KEY": box.api_key,
        "INVOICEXPRESS_BASE_URL": box.base_url,
        "INVOICEXPRESS_STORE": str(folder / "store.db"),
        "INVOICEXPRESS_LANGUAGE": "en",
        "IX_TOOLS_CONFIG": "",
        "XDG_CONFIG_HOME": str(folder),
        **(changes or {}),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    run_command(["doctor", "--output", "json"], clock=lambda: time.time() + ahead)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["checks"]
    return {one["check"]: (one["message"], one.get("next", "")) for one in found if one["level"] == "problem"}


@pytest.mark.parametrize(
    ("ahead", "language", "told"),
    [
        (600, "en", "this machine's clock is 10 minutes ahead of InvoiceXpress: "),
        (-600, "en", "this machine's clock is 10 minutes behind InvoiceXpress: "),
        (600, "pt", "o relógio deste computador está 10 minutos adiantado em relação ao InvoiceXpress: "),
        (-600, "pt", "o relógio deste computador está 10 minutos atrasado em relação ao InvoiceXpress: "),
    ],
)
def test_a_clock_that_is_wrong_is_told_with_the_difference_and_what_fails(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead: float,
    language: str,
    told: str,
) -> None:
    wrong = run_doctor(box, tmp_path, monkeypatch, capsys, {"INVOICEXPRESS_LANGUAGE": language}, ahead)
    assert wrong["clock"][0].startswith(told)
    assert wrong["clock"][1]


@pytest.mark.parametrize("ahead", [0, 30, -30])
def test_a_clock_that_is_about_right_is_not_told(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead: float,
) -> None:
    assert run_doctor(box, tmp_path, monkeypatch, capsys, ahead=ahead) == {}


def test_a_clock_is_compared_even_where_the_key_is_refused(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = run_doctor(box, tmp_path, monkeypatch, capsys, {"INVOICEXPRESS_API_KEY": "wrong-key"}, 600)
    assert list(wrong) == ["clock", "access"]


@pytest.mark.parametrize(
    ("language", "key_refused", "unreachable"),
    [
        ("en", "refused the API key", "could not be reached"),
        ("pt", "recusou a chave", "Não foi possível"),
    ],
)
def test_a_wrong_key_and_no_network_are_one_sentence_each(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    key_refused: str,
    unreachable: str,
) -> None:
    asked = {"INVOICEXPRESS_LANGUAGE": language}
    refused = run_doctor(box, tmp_path, monkeypatch, capsys, {**asked, "INVOICEXPRESS_API_KEY": "wrong-key"})
    assert key_refused in refused["access"][0]
    nobody = run_doctor(
        box, tmp_path, monkeypatch, capsys, {**asked, "INVOICEXPRESS_BASE_URL": "http://127.0.0.1:1"}
    )
    assert unreachable in nobody["access"][0]
    assert [one for one in (*refused.values(), *nobody.values()) if not one[1]] == []
