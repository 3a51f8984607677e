"""Answers that are given before any face is reached."""

from starlette.responses import JSONResponse

from ix_tools.errors import NOTHING_SENT
from ix_tools.legible import all_legible
from ix_tools.statuses import TITLES


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A refusal as problem details (RFC 9457), with the fields that every refusal of ix-tools has."""
    body = {
        "type": f"/problems#{code}",
        "title": TITLES[status],
        "status": status,
        "detail": f"{detail} {NOTHING_SENT}",
        "ok": False,
        "code": code,
        "message": f"{detail} {NOTHING_SENT}",
        "problems": [],
        "sent": "nothing",
        "next": "",
        "retryable": status in {429, 503},
    }
    return JSONResponse(all_legible(body), status, headers, media_type="application/problem+json")
