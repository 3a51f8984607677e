"""What every page checks of a request, and the headers of every response."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup
from starlette.requests import Request

from ix_tools.i18n.languages import Language

MAX_FORM_BYTES = 16_384
"""Bytes of a submitted form; the answer of an authenticator is the longest part."""
MAX_FIELDS = 10
BOX_PREFIX = "out-"
"""Beginning of the names of the boxes that leave a document out of a joint approval."""
MAX_BOXES, MAX_BOXES_BYTES = 1000, 20_000
"""Further fields of a form, one for each of these boxes, and their bytes."""
HEADERS = {
    "Cache-Control": "no-store",
    # Not `no-referrer`, which hides even our own form's origin; other sites learn nothing either way.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@dataclass(frozen=True, slots=True)
class Site:
    """The addresses of a server's pages."""

    address: str
    """Where programs and links reach the server: scheme, host and port."""
    people_address: str = ""
    """Where people sign in: the same, but `localhost` on this machine, because passkeys are bound to a host name."""

    @property
    def is_secure(self) -> bool:
        """Check if browsers reach the pages over HTTPS."""
        return self.address.startswith("https:")

    def find_address(self, request: Request) -> str:
        """Return the address that a request was sent to; empty if its Host is another one, as after DNS rebinding."""
        hosts = request.headers.getlist("host")
        known = {urlsplit(one).netloc: one for one in (self.address, self.people_address) if one}
        return known.get(hosts[0], "") if len(hosts) == 1 else ""

    def is_own_form(self, request: Request) -> bool:
        """Check that a form was sent from a page at the same address."""
        address = self.find_address(request)
        return bool(address) and request.headers.getlist("origin") == [address]

    def build_cookie_name(self, name: str) -> str:
        """Return the name of a cookie that other servers of the same host do not use, nor overwrite over HTTPS."""
        if self.is_secure:
            return f"__Host-ix_{name}"
        return f"ix_{name}_{hashlib.sha256(self.address.encode()).hexdigest()[:8]}"


def build_headers(*, with_script: bool = False) -> dict[str, str]:
    """Build the headers of a page; only a page that uses a passkey runs a script, and only ours."""
    script = f"script-src 'sha256-{_hash_asset('passkey.js')}'; " if with_script else ""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_hash_asset('page.css')}'; {script}form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {"Content-Security-Policy": policy, **HEADERS}


@cache
def load_asset(name: str) -> Markup:
    """Return a style or script that stands in the pages themselves."""
    text = resources.files("ix_tools.interfaces.web").joinpath(f"templates/{name}").read_text("utf-8")
    return Markup(text.strip())  # noqa: S704 - a file of ours


@cache
def _hash_asset(name: str) -> str:
    return b64encode(hashlib.sha256(load_asset(name).encode()).digest()).decode()


def choose_language(request: Request, default: Language) -> Language:
    """Return the language that a page's address asks for, or the default."""
    asked = request.query_params.get("lang")
    return "pt" if asked == "pt" else "en" if asked == "en" else default


def build_csrf_token(nonce: str, purpose: str) -> str:
    """Build a form's CSRF token, bound to the browser that has the nonce in a cookie, and to one purpose."""
    return (
        hmac.new(nonce.encode(), purpose.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        if nonce
        else " "
    )


def has_csrf_token(fields: Mapping[str, str], nonce: str, purpose: str) -> bool:
    """Check the CSRF token of a submitted form."""
    return hmac.compare_digest(fields.get("csrf", "").encode(), build_csrf_token(nonce, purpose).encode())


def read_cookie(request: Request, name: str) -> str:
    """Return a cookie of ours; empty if there is none or it has other characters than our secrets."""
    kept = request.cookies.get(name, "")
    return kept if re.fullmatch(r"[A-Za-z0-9_-]{32,43}", kept) else ""


async def read_form(request: Request) -> Mapping[str, str] | None:
    """Read a submitted form; None if it is not one of ours: another type, too long, a field given twice."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES + MAX_BOXES_BYTES:
            return None
    try:
        given = parse_qs(
            body.decode("ascii"),
            max_num_fields=MAX_FIELDS + MAX_BOXES,
            errors="strict",
            keep_blank_values=True,
        )
    except ValueError:
        return None
    if any(len(values) > 1 for values in given.values()):
        return None
    fields = {name: values[0] for name, values in given.items()}
    others = {
        name: value for name, value in fields.items() if not (name.startswith(BOX_PREFIX) and value == "yes")
    }
    size = sum(len(name) + len(value) for name, value in others.items())
    return fields if len(others) <= MAX_FIELDS and size <= MAX_FORM_BYTES else None
