"""What the user decided, read once from the environment and one file, frozen; the key is never printed.

The environment wins over the file. The table in the README is generated from this class.
"""

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationError

from ix_tools.errors import Problem, SettingsError

APP = "ix-tools"
SANDBOX_NOTICE = "Sandbox: no real account, no fiscal value."
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ACCOUNT = re.compile(_LABEL, re.IGNORECASE | re.ASCII)
_BASE_URL = re.compile(
    rf"https?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?/?", re.IGNORECASE | re.ASCII
)


def _one_label(account: str) -> str:
    # The account becomes a host name and the key travels to it: anything but one DNS label could send it elsewhere.
    # (xn-- stands for other letters than those shown.)
    if account and (not _ACCOUNT.fullmatch(account) or account.lower().startswith("xn--")):
        raise ValueError(
            "the account name only, as in https://NAME.app.invoicexpress.com: letters, digits, hyphens"
        )
    return account.lower()


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _base_url(url: str) -> str:
    if not url:
        return ""
    # Matched whole before it is taken apart: where two readers of an address disagree, one sends the key elsewhere.
    if not _BASE_URL.fullmatch(url):
        raise ValueError("scheme, host and port only, such as https://name.app.invoicexpress.com")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("an address such as https://name.app.invoicexpress.com") from None
    if port == 0:
        raise ValueError("a port from 1 to 65535")
    if parts.scheme != "https" and not is_loopback(host):
        raise ValueError("https (http is allowed on this machine's loopback only)")
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


def data_folder() -> Path:
    """Where approvals are kept when nothing else is set."""
    from platformdirs import user_data_path

    return user_data_path(APP, appauthor=False)


def config_file() -> Path:
    """The file read when IX_TOOLS_CONFIG names no other."""
    from platformdirs import user_config_path

    return user_config_path(APP, appauthor=False) / "config.toml"


class Settings(BaseModel):
    """Each setting's name in the environment is INVOICEXPRESS_ plus the name in capitals; in the file, the name."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    account: Annotated[str, AfterValidator(_one_label)] = ""
    """The account's name: the first part of https://NAME.app.invoicexpress.com."""
    api_key: SecretStr = SecretStr("")
    """The account's API key. Best kept in the environment or in a file only you can read."""
    base_url: BaseUrl = ""
    """Another host instead of https://ACCOUNT.app.invoicexpress.com: a sandbox or the vendor's staging host."""
    v1_base_url: BaseUrl = ""
    """Host of the first API version, used by update_sequence only. Default: base_url, or https://ACCOUNT.invoicexpress.net."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    """What is written to standard error."""
    language: Literal["pt", "en"] = "pt"
    """Language of what a person reads: approvals, tables."""
    approval_channel: Literal["auto", "form", "terminal"] = "auto"
    """Where a person says yes: in the host's form, or only with `ix-tools approvals` in a terminal; auto: form where the host can ask."""
    approval_minutes: Annotated[int, AfterValidator(lambda n: _between(n, 1, 1440))] = 15
    """How long an approval stays valid."""
    allow_account_setup: bool = False
    """Whether create_account, update_account and setup_at_communication may be used at all; a person approves each call."""
    policy: Path | None = None
    """TOML file that says who may do what, and whose approval it takes. Default: a person approves whatever cannot be undone."""
    principal: str = "local"
    """Whose approvals these are; an approval is good only for the principal that asked."""
    store: str = ""
    """SQLite file, or postgresql:// URL, for approvals, journal and audit trail. Default: ix-tools.db in the user's data folder."""
    documents: Path | None = None
    """Folder for PDF files. Default: documents in the user's data folder."""
    pdf_patience: Annotated[int, AfterValidator(lambda n: _between(n, 1, 60))] = 10
    """How many times to ask for a PDF that is still being made."""
    pdf_hosts: tuple[str, ...] = ()
    """Further hosts from which a PDF may be downloaded (without the key); others are only shown as a link."""
    timeout_seconds: Annotated[int, AfterValidator(lambda n: _between(n, 1, 300))] = 30
    """How long to wait for an answer."""
    requests_per_minute: Annotated[int, AfterValidator(lambda n: _between(n, 1, 780))] = 780
    """How many requests a minute may leave for the account, over all processes that share the store; InvoiceXpress allows 780."""
    catalogue_pages: Annotated[int, AfterValidator(lambda n: _between(n, 1, 100))] = 10
    """How many pages of 100 catalogue items to read when checking what a document would overwrite."""
    toolsets: tuple[str, ...] = ()
    """Which tools the MCP server lists: toolsets such as core or treasury, or all. Default: the documents of the daily work."""
    sandbox: bool = False
    """Set by --sandbox: the account is the built-in sandbox."""

    @property
    def main_url(self) -> str:
        """Where calls go."""
        return self.base_url or (f"https://{self.account}.app.invoicexpress.com" if self.account else "")

    @property
    def v1_url(self) -> str:
        """Where calls of the first API version go."""
        return (
            self.v1_base_url
            or self.base_url
            or (f"https://{self.account}.invoicexpress.net" if self.account else "")
        )

    @property
    def store_place(self) -> str:
        """Where approvals, journal and audit trail are kept."""
        return self.store or str(data_folder() / "ix-tools.db")

    def require_account(self) -> None:
        """Refuse early, with what to set, when there is no account to call."""
        missing = [
            name
            for name, value in (("account", self.account), ("api_key", self.api_key.get_secret_value()))
            if not value
        ]
        if missing:
            raise SettingsError(
                "No InvoiceXpress account is set.",
                problems=[Problem(f"INVOICEXPRESS_{name.upper()}", "is not set") for name in missing],
                next="set INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY (Account > API in InvoiceXpress), "
                "or use --sandbox to try without an account",
            )


def _between(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(f"a whole number from {low} to {high}")
    return number


def load(environment: dict[str, str] | None = None) -> Settings:
    """Read the settings; an unreadable or wrong file stops everything, it is never skipped."""
    env = dict(os.environ) if environment is None else environment
    named = env.get("IX_TOOLS_CONFIG")
    path = Path(named) if named else config_file()
    values: dict[str, Any] = {}
    if named or path.exists():
        values = _read(path)
    for name in Settings.model_fields:
        text = env.get(f"INVOICEXPRESS_{name.upper()}")
        if name != "sandbox" and text is not None and text.strip():
            values[name] = (
                [one.strip() for one in text.split(",")]
                if name in {"pdf_hosts", "toolsets"}
                else text.strip()
            )
    try:
        return Settings.model_validate(values)
    except ValidationError as wrong:
        problems = [
            Problem(
                str(error["loc"][0]) if error["loc"] else "settings",
                error["msg"].removeprefix("Value error, "),
            )
            for error in wrong.errors(include_url=False, include_input=False, include_context=False)
        ]
    # Raised out here, so that it carries no link to the exception that holds what was given, the key among it.
    raise SettingsError(
        "The settings cannot be used.",
        problems=problems,
        next=f"correct the environment (INVOICEXPRESS_...) or {path}",
    )


def _read(path: Path) -> dict[str, Any]:
    values, trouble = _parsed(path)
    if trouble:
        raise SettingsError(
            f"The settings file {path} cannot be read ({trouble}).",
            next="correct the file, or remove it to use the environment alone",
        )
    if "sandbox" in values:
        raise SettingsError(f"{path}: sandbox is chosen with --sandbox when starting, not in the file.")
    return values


def _parsed(path: Path) -> tuple[dict[str, Any], str]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), ""
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        return {}, type(wrong).__name__  # the exception itself may hold the file's text


def for_sandbox(settings: Settings, url: str, key: str) -> Settings:
    """The same settings, pointed at a sandbox on this machine."""
    return settings.model_copy(
        update={
            "account": "sandbox",
            "api_key": SecretStr(key),
            "base_url": _base_url(url),
            "v1_base_url": "",
            "sandbox": True,
        }
    )
