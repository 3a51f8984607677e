"""Check whether a URL from a response is safe to show as a link."""

import re
from urllib.parse import urlsplit

MAX_LENGTH = 2048
_CHARACTERS = re.compile(r"[!-~]+", re.ASCII)
"""Printable ASCII without blanks: no line breaks, hidden characters or look-alike letters."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+", re.ASCII)
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def is_web_address(text: str) -> bool:
    """Tell whether a text is an https URL of a named host without a user name; http only for this machine, for the sandbox."""
    if len(text) > MAX_LENGTH or not _CHARACTERS.fullmatch(text) or set(text) & set('\\"<>^`{|}'):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or (port is not None and not 0 < port < 65536):
        return False
    if parts.scheme == "http":
        return host in _LOOPBACK_HOSTS
    labels = host.split(".")
    named = _HOST.fullmatch(host) is not None and not labels[-1].isdecimal()
    # xn-- stands for other letters than those shown.
    return parts.scheme == "https" and named and not any(one.startswith("xn--") for one in labels)
