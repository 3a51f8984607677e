"""Checks of single settings: each returns the value as it is used, or names the values that are allowed."""

import ipaddress
import re
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator

from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue

Account = TypeVar("Account")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ACCOUNT = re.compile(_LABEL, re.IGNORECASE | re.ASCII)
_ACCOUNT_ADDRESS = re.compile(
    rf"(?:https?://)?({_LABEL})\.app\.invoicexpress\.com(?:/.*)?", re.IGNORECASE | re.ASCII
)
_BASE_URL = re.compile(
    rf"https?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?/?", re.IGNORECASE | re.ASCII
)


def check_account_name(account: str) -> str:
    """Check an account's name, in lower case; who copied the address of its pages means the name in it."""
    if address := _ACCOUNT_ADDRESS.fullmatch(account):
        account = address[1]
    # The account becomes part of the host name to which the key is sent: only a single DNS label keeps it at InvoiceXpress.
    # (xn-- stands for other letters than those shown.)
    if account and (not _ACCOUNT.fullmatch(account) or account.lower().startswith("xn--")):
        raise InvalidValue(
            message(
                "the account name only, as in https://NAME.app.invoicexpress.com: letters, digits, hyphens"
            )
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


def check_base_url(url: str) -> str:
    """Check a URL of scheme, host and port; https, except on this machine."""
    if not url:
        return ""
    # Matched as a whole before it is parsed: where two URL parsers disagree, one would send the key elsewhere.
    if not _BASE_URL.fullmatch(url):
        raise InvalidValue(message("scheme, host and port only, such as https://name.app.invoicexpress.com"))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidValue(message("an address such as https://name.app.invoicexpress.com")) from None
    if port == 0:
        raise InvalidValue(message("a port from 1 to 65535"))
    if parts.scheme != "https" and not is_loopback(host):
        raise InvalidValue(message("https (http is allowed on this machine's loopback only)"))
    return url.rstrip("/")


def check_origin(text: str) -> str:
    """Check the origin of a web page."""
    return check_base_url(text).lower()


def check_keys_url(url: str) -> str:
    """Check the URL of an issuer's keys."""
    host, slash, path = url.removeprefix("https://").removeprefix("http://").partition("/")
    if url:
        check_base_url(url[: len(url) - len(path) - len(slash)])
        if not host or not re.fullmatch(r"[A-Za-z0-9._~/?=&%-]*", path):
            raise InvalidValue(message("an address such as https://login.example.com/keys"))
    return url


def check_issuer(url: str) -> str:
    """Check the URL of an issuer of tokens: they name it letter by letter, so nothing is changed."""
    if check_keys_url(url) and set("?=&") & set(url):
        raise InvalidValue(message("an address without a query, such as https://login.example.com"))
    return url


def check_host(text: str) -> str:
    """Check a host name, with its port unless it is the usual one."""
    if not _BASE_URL.fullmatch(f"https://{text}") or text.endswith("/"):
        raise InvalidValue(message("a host name only, such as www.googleapis.com"))
    return text.lower()


def check_network(text: str) -> str:
    """Check an IP address or network."""
    try:
        ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidValue(message("an address or network such as 192.168.1.20 or 10.0.0.0/8")) from None
    return text.strip()


def check_seconds(number: float) -> float:
    """Check a short time in seconds."""
    if not 0 <= number <= 60:  # false for NaN as well
        raise InvalidValue(message("a number from 0 to 60"))
    return number


BaseUrl = Annotated[str, AfterValidator(check_base_url)]


_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def check_account_names(accounts: dict[str, Account]) -> dict[str, Account]:
    """Check the names of further accounts."""
    if any(not _NAME.fullmatch(name) for name in accounts):
        raise InvalidValue(
            message("names of small letters, digits and hyphens, such as [accounts.padaria-lda]")
        )
    return accounts


def whole_number(low: int, high: int) -> AfterValidator:
    """Return the check of a whole number from `low` to `high`."""

    def check(number: int) -> int:
        if not low <= number <= high:
            raise InvalidValue(message("a whole number from {low} to {high}", low=low, high=high))
        return number

    return AfterValidator(check)
