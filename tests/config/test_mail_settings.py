"""Settings of e-mail: addresses that cannot smuggle anything in, and a password that never travels unencrypted."""

from __future__ import annotations

from typing import Any

import pytest

from ix_tools.config.loading import load_settings
from ix_tools.config.mail_settings import MailAddress, parse_mail_address
from ix_tools.errors import SettingsError
from ix_tools.i18n.validation_faults import InvalidValue

GIVEN = {"host": "smtp.example.com", "from": "Faturas <f@example.com>", "to": "ana@example.com"}


def load(**changes: Any) -> Any:
    given = {**GIVEN, **changes}
    return load_settings(
        {f"INVOICEXPRESS_MAIL_{name.upper()}": value for name, value in given.items() if value}
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ana@example.com", MailAddress("ana@example.com")),
        ("Ana Silva <ana@example.com>", MailAddress("ana@example.com", "Ana Silva")),
        (" rui <rui.x+y@mail.example.co.uk> en ", MailAddress("rui.x+y@mail.example.co.uk", "rui", "en")),
        ("ana@example.com pt", MailAddress("ana@example.com", "", "pt")),
    ],
)
def test_an_address_may_name_its_person_and_their_language(text: str, meant: MailAddress) -> None:
    assert parse_mail_address(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "ana",
        "ana@",
        "@example.com",
        "ana@example..com",
        "ana@-example.com",
        "a b@example.com",
        "ana@example.com fr",
        "ana@example.com\r\nBcc: x@y.z",
        "Ana\r\nBcc: x@y.z <ana@example.com>",
        "Ana <ana@example.com",
        "Ana <ana@example.com>, Rui <rui@example.com>",
        '"Ana" <ana@example.com>',
        "aná@example.com",
        "ana@example.com" + "m" * 250,
        "<>",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_mail_address(text)


def test_several_are_separated_by_commas() -> None:
    assert load(to="ana <ana@example.com>, rui@example.com en").mail_to == (
        "ana <ana@example.com>",
        "rui@example.com en",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"from": ""},
        {"to": ""},
        {"user": "x"},
        {"password": "only-an-example"},
        {"security": "none"},
        {"security": "maybe"},
        {"host": "smtp.example.com/x"},
        {"host": "user@smtp.example.com"},
        {"port": "0"},
        {"port": "70000"},
    ],
)
def test_what_does_not_fit_together_is_refused_without_the_password(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load(**changes)
    assert "only-an-example" not in str(refused.value.as_dict())


def test_an_unencrypted_server_is_one_of_this_machine() -> None:
    assert load(security="none", host="127.0.0.1").mail_security == "none"
    shown = load(user="ix", password="only-an-example")
    assert "only-an-example" not in repr(shown)
