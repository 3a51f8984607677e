"""Settings: read once from environment and file, validated strictly, and never shown with the key."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.domain.field_docs import read_field_docs
from ix_tools.errors import SettingsError

KEY = "canary-7f3a9b"


def environment(**given: str) -> dict[str, str]:
    """Build an environment with settings."""
    return {f"INVOICEXPRESS_{name.upper()}": value for name, value in given.items()}


def find_problems(**given: str) -> dict[str, str]:
    """Return the problems of settings by field."""
    with pytest.raises(SettingsError) as refused:
        load_settings(environment(**given))
    assert refused.value.sent == "nothing"
    return {problem.field: str(problem.problem) for problem in refused.value.problems}


def test_the_environment_alone_is_enough() -> None:
    settings = load_settings(environment(account=" ACME ", api_key=f" {KEY} "))
    assert (settings.account, settings.api_key.get_secret_value()) == ("acme", KEY)
    assert settings.main_url == "https://acme.app.invoicexpress.com"
    assert settings.v1_url == "https://acme.invoicexpress.net"
    settings.require_account()


@pytest.mark.parametrize(
    "given",
    [
        "https://acme.app.invoicexpress.com",
        "acme.app.invoicexpress.com/invoices/1",
        "HTTP://Acme.app.InvoiceXpress.com/",
    ],
)
def test_the_address_of_an_account_names_it(given: str) -> None:
    assert load_settings(environment(account=given, api_key=KEY)).account == "acme"


@pytest.mark.parametrize(
    "given",
    [
        "https://acme.app.invoicexpress.com.example", "https://a.b.app.invoicexpress.com", "https://app.invoicexpress.com",
        "https://me@acme.app.invoicexpress.com", "https://acme.app.invoicexpress.com:8443", "https://acme.invoicexpress.com",
        "https://xn--acme.app.invoicexpress.com", "acme.app.invoicexpress.com\n.example",
    ],
)  # fmt: skip
def test_another_address_names_no_account(given: str) -> None:
    with pytest.raises(SettingsError):
        load_settings(environment(account=given, api_key=KEY))


def test_an_empty_word_in_the_environment_is_no_setting() -> None:
    """Hosts pass on the empty fields of their forms."""
    settings = load_settings(environment(account="", api_key="  ", timeout_seconds=""))
    assert settings == Settings()


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('account = "filed"\nlanguage = "en"\npdf_hosts = ["files.example"]\n')
    settings = load_settings(
        {**environment(account="given", pdf_hosts="a.example,b.example"), "IX_TOOLS_CONFIG": str(file)}
    )
    assert (settings.account, settings.language) == ("given", "en")
    assert settings.pdf_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    "text",
    ["account = ", "\x00", 'account = "x"\nnothing_like_it = 1\n', "sandbox = maybe\n", 'account = ["x"]\n'],
)
def test_a_file_that_cannot_be_used_stops_everything(tmp_path: Path, text: str) -> None:
    """It is never skipped, since that could select another account."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(SettingsError):
        load_settings({"IX_TOOLS_CONFIG": str(file)})


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_is_named_must_be_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({"IX_TOOLS_CONFIG": str(tmp_path / name)})


@pytest.mark.parametrize("text", ["account = " + "[" * 5000 + "]" * 5000, "timeout_seconds = " + "9" * 5000])
def test_a_file_that_no_reader_reads_stops_everything_without_a_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({"IX_TOOLS_CONFIG": str(tmp_path / "config.toml")})


def test_a_file_that_is_no_text_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'account = "\xff"')
    with pytest.raises(SettingsError, match="UnicodeDecodeError"):
        load_settings({"IX_TOOLS_CONFIG": str(tmp_path / "config.toml")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_level", "LOUD"),
        ("language", "fr"),
        ("approval_channel", "none"),
        ("approval_minutes", "0"),
        ("approval_minutes", "1441"),
        ("pdf_poll_attempts", "61"),
        ("timeout_seconds", "301"),
        ("timeout_seconds", "soon"),
        ("catalogue_pages", "0"),
        ("account", "a.b"),
        ("base_url", "x"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    assert list(find_problems(**{name: value})) == [name]


@pytest.mark.parametrize("in_file", [True, False])
def test_a_renamed_setting_is_refused_with_its_present_name(tmp_path: Path, in_file: bool) -> None:
    """Ignoring it would silently use the default."""
    file = tmp_path / "config.toml"
    file.write_text("pdf_patience = 3" if in_file else "")
    env = {"IX_TOOLS_CONFIG": str(file), **({} if in_file else environment(pdf_patience="3"))}
    with pytest.raises(SettingsError) as refused:
        load_settings(env)
    [problem] = refused.value.problems
    assert (problem.field, str(problem.problem)) == ("pdf_patience", "was renamed")
    assert (
        str(problem.allowed)
        == "pdf_poll_attempts in the file, INVOICEXPRESS_PDF_POLL_ATTEMPTS in the environment"
    )


def test_every_wrong_setting_is_named_at_once() -> None:
    assert set(find_problems(log_level="LOUD", language="fr", account="a b")) == {
        "log_level",
        "language",
        "account",
    }


@pytest.mark.parametrize("value", ["true", "1", "yes", "on", "TRUE", " true "])
def test_a_chosen_sandbox_leaves_no_account_in_the_settings(value: str) -> None:
    """No command can reach an account with them."""
    real = {
        "account": "acme",
        "api_key": "k" * 20,
        "base_url": "https://acme.example",
        "v1_base_url": "https://v1.example",
    }
    other = {
        "INVOICEXPRESS_ACCOUNTS__SHOP__ACCOUNT": "shop",
        "INVOICEXPRESS_ACCOUNTS__SHOP__API_KEY": "k" * 20,
    }
    for chosen in (
        {"sandbox": value},
        {"sandbox_file": "box.db"},
        {"sandbox": value, "sandbox_file": "box.db"},
    ):
        found = load_settings({**environment(**real, **chosen), **other})
        assert (found.sandbox, found.account, found.api_key.get_secret_value()) == (True, "", "")
        assert (found.main_url, found.v1_url, found.by_account()) == ("", "", {})


@pytest.mark.parametrize("value", ["false", "0", "no", "off", "", "  "])
def test_a_sandbox_that_is_not_wanted_is_not_used(value: str) -> None:
    found = load_settings(environment(account="acme", api_key="k" * 20, sandbox=value))
    assert (found.sandbox, found.account) == (False, "acme")


@pytest.mark.parametrize("value", ["maybe", "2", "sandbox", "tru", "-", "yes please"])
def test_a_sandbox_that_cannot_be_read_is_refused(value: str) -> None:
    assert set(find_problems(account="acme", sandbox=value)) == {"sandbox"}


def test_no_sandbox_with_a_file_for_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(environment(sandbox="false", sandbox_file="box.db"))
    assert "leave one of them out" in str(refused.value.problems[0].problem)
    file = tmp_path / "config.toml"
    file.write_text('sandbox = false\nsandbox_file = "box.db"\n')
    with pytest.raises(SettingsError):
        load_settings({"IX_TOOLS_CONFIG": str(file)})


def test_the_sandbox_is_a_setting_of_the_file_too(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for text in ("sandbox = true", 'sandbox_file = "box.db"'):
        file.write_text(f'account = "acme"\napi_key = "{"k" * 20}"\n{text}\n')
        found = load_settings({"IX_TOOLS_CONFIG": str(file)})
        assert (found.sandbox, found.account) == (True, "")


def test_an_account_is_asked_for_by_name() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings().require_account()
    assert [problem.field for problem in refused.value.problems] == [
        "INVOICEXPRESS_ACCOUNT",
        "INVOICEXPRESS_API_KEY",
    ]
    assert "--sandbox" in str(refused.value.next)
    with pytest.raises(SettingsError) as refused:
        Settings(account="acme").require_account()
    assert [problem.field for problem in refused.value.problems] == ["INVOICEXPRESS_API_KEY"]


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().account = "other"  # type: ignore[misc]


def test_every_setting_is_described_and_everything_else_is_unknown() -> None:
    assert all(read_field_docs(Settings).values())
    with pytest.raises(ValidationError):
        Settings.model_validate({"acount": "x"})


def test_a_sandbox_never_sees_the_account() -> None:
    real = Settings(account="acme", api_key=SecretStr(KEY), v1_base_url="https://old.example")
    settings = point_at_sandbox(real, "http://127.0.0.1:9", "sandbox-key")
    assert settings.api_key.get_secret_value() == "sandbox-key"
    assert (settings.main_url, settings.v1_url) == ("http://127.0.0.1:9",) * 2
    assert settings.sandbox


def test_no_way_of_showing_settings_shows_the_key() -> None:
    settings = Settings(account="acme", api_key=SecretStr(KEY))
    shown = [
        repr(settings),
        str(settings),
        f"{settings!s}",
        settings.model_dump_json(),
        str(settings.model_dump()),
        json.dumps(settings.model_dump(mode="json"), default=str),
        str(settings.model_dump(mode="json")),
        str(dict(settings)),
        str(list(settings)),
        repr(settings.model_copy(update={"language": "en"})),
        str(Settings.model_json_schema()),
    ]
    assert [one for one in shown if KEY in one] == []
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize("changes", [{"log_level": "LOUD"}, {"account": "a b"}, {"timeout_seconds": "x"}])
def test_no_complaint_about_settings_shows_the_key(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Linked exceptions do not contain it either."""
    with pytest.raises(SettingsError) as refused:
        load_settings(environment(account="acme", api_key=KEY) | environment(**changes))
    assert_silent(refused.value)
    with pytest.raises(ValidationError) as invalid:
        Settings.model_validate({"api_key": KEY, **changes})
    assert KEY not in f"{invalid.value} {invalid.value!r}"


@pytest.mark.parametrize(
    "text", [f'api_key = "{KEY}', f'api_key = "{KEY}"\nx = ', f'api_key = ["{KEY}"]', f"{KEY} = 1"]
)
def test_no_complaint_about_the_file_shows_the_key(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_settings({"IX_TOOLS_CONFIG": str(file)})
    if f"{KEY} = 1" != text:
        assert_silent(refused.value)


def assert_silent(error: BaseException) -> None:
    """Check that neither an exception nor its causes contain the key."""
    seen: BaseException | None = error
    while seen is not None:
        assert KEY not in f"{seen} {seen!r} {vars(seen)}"
        assert not isinstance(seen, ValidationError), "it holds what was given"
        seen = seen.__cause__ or seen.__context__


# --- accounts of the HTTP server


def test_accounts_come_from_the_file_and_the_environment(tmp_path: Path) -> None:
    """The environment adds to the account's section in the file, and takes precedence."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'[accounts.padaria]\naccount = "padaria-lda"\napi_key = "{KEY}"\n[accounts.talho-lda]\naccount = "talho"\n'
    )
    settings = load_settings(
        {
            **environment(account="acme", api_key=KEY, ACCOUNTS__TALHO_LDA__API_KEY="other-key"),
            "IX_TOOLS_CONFIG": str(file),
        }
    )
    found = settings.by_account()
    assert {name: one.account for name, one in found.items()} == {
        "acme": "acme",
        "padaria": "padaria-lda",
        "talho-lda": "talho",
    }
    assert found["talho-lda"].api_key.get_secret_value() == "other-key"
    assert found["padaria"].main_url == "https://padaria-lda.app.invoicexpress.com"
    assert KEY not in repr(settings)


def test_the_sandbox_is_the_only_account_beside_itself() -> None:
    """Calls to a real account must not be mixed with calls to the sandbox."""
    given = environment(ACCOUNTS__REAL__ACCOUNT="real", ACCOUNTS__REAL__API_KEY=KEY)
    boxed = point_at_sandbox(load_settings(given), "http://127.0.0.1:9", "k" * 20)
    assert list(boxed.by_account()) == ["sandbox"]


@pytest.mark.parametrize(
    "given",
    [
        {"ACCOUNTS__SHOP__ACCOUNT": "shop"},
        {"ACCOUNTS__SHOP__API_KEY": KEY},
        {"ACCOUNTS__SHOP__ACCOUNT": "a/b", "ACCOUNTS__SHOP__API_KEY": KEY},
        {
            "ACCOUNTS__SHOP__ACCOUNT": "shop",
            "ACCOUNTS__SHOP__API_KEY": KEY,
            "ACCOUNTS__SHOP__BASE_URL": "http://evil.com",
        },
        {"ACCOUNTS__SHOP__ACCOUNT": "shop", "ACCOUNTS__SHOP__API_KEY": KEY, "ACCOUNTS__SHOP__COLOUR": "red"},
        {"ACCOUNTS__A.B__ACCOUNT": "shop", "ACCOUNTS__A.B__API_KEY": KEY},
        {"ACCOUNTS____ACCOUNT": "shop", "ACCOUNTS____API_KEY": KEY},
        {"ACCOUNTS__ÉVORA__ACCOUNT": "shop", "ACCOUNTS__ÉVORA__API_KEY": KEY},
        {"ACCOUNT": "shop", "ACCOUNTS__SHOP__ACCOUNT": "other", "ACCOUNTS__SHOP__API_KEY": KEY},
    ],
    ids=str,
)
def test_a_wrong_account_stops_everything(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({f"INVOICEXPRESS_{name}": value for name, value in given.items()})
    assert any(
        problem.field.startswith("accounts") or "accounts." in str(problem.problem)
        for problem in refused.value.problems
    )
    assert_silent(refused.value)
