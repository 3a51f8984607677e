"""What describes the face itself: documents for other programs, and pages for people that load nothing from elsewhere."""

import re
from collections.abc import Mapping
from html import escape
from importlib.util import find_spec
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ix_tools import errors
from ix_tools.interfaces.rest.endpoint import Answering, Endpoint, only_reading
from ix_tools.interfaces.rest.responses import JSON
from ix_tools.pipeline.context_pool import Hosting
from ix_tools.pipeline.truncation import dense
from ix_tools.schemas.openapi import UnknownToolset, document
from ix_tools.schemas.openapi2 import swagger

OURS = Path(__file__).parent / "assets"
ASSETS = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def pages(hosting: Hosting) -> list[Route]:
    """The addresses that anyone may read: they tell nothing of any account."""
    return [
        _page("/docs", _docs),
        *(_page(f"/docs/{name}", _asset(name, kind)) for name, kind in ASSETS.items()),
        _page("/openapi.json", _described(hosting, old=False)),
        _page("/swagger.json", _described(hosting, old=True)),
        _page("/problems", _problems),
    ]


def _page(path: str, respond: Answering) -> Route:
    return Route(path, Endpoint(respond, only_reading))


async def _docs(request: Request) -> Response:
    return FileResponse(OURS / "docs.html", headers=HEADERS)


def _asset(name: str, kind: str) -> Answering:
    async def respond(request: Request) -> Response:
        return FileResponse(_place(name), headers=HEADERS, media_type=kind)

    return respond


def _place(name: str) -> Path:
    if (OURS / name).exists():
        return OURS / name
    # Only the files of that package are of use here: imported, it would bring a web framework along. It is the one that
    # keeps up with Swagger UI. Those that need no framework stand at 4.15, which shows no OpenAPI 3.1, or carry an editor,
    # too; the other current ones need FastAPI, Django or another framework instead of Flask.
    found = find_spec("flask_swagger_ui")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "dist" / name


def _described(hosting: Hosting, *, old: bool) -> Answering:
    whole: list[bytes] = []

    def made(toolsets: tuple[str, ...]) -> bytes:
        described = document(hosting.address, toolsets)
        return dense(swagger(described) if old else described).encode()

    async def respond(request: Request) -> Response:
        chosen = tuple(filter(None, request.query_params.get("toolsets", "").split(",")))
        try:
            content = whole[0] if whole and not chosen else await anyio.to_thread.run_sync(made, chosen)
        except UnknownToolset as unknown:
            raise errors.InvalidArguments(
                "There is nothing to describe.",
                problems=[errors.Problem("toolsets", str(unknown))],
                next="name toolsets that exist, by commas",
            ) from None
        if not chosen:
            whole[:] = [content]
        return Response(content, headers=HEADERS, media_type=JSON)

    return respond


async def _problems(request: Request) -> Response:
    rows = "".join(
        f"<tr><td>{status} {it.title}</td><td>{_marked(it.meaning)}</td><td><ul>{_codes_of(status)}</ul></td></tr>"
        for status, it in errors.HTTP_STATUSES.items()
        if status >= 400
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ix-tools: problems</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/docs/page.css"></head><body><main class="problems"><h1>Problems</h1>'
        "<p>What the status of a failed call means, and the codes it comes with.</p>"
        f"<table><thead><tr><th>Status</th><th>Meaning</th><th>Codes</th></tr></thead><tbody>{rows}</tbody></table>"
        "</main></body></html>"
    )
    return Response(page, headers=HEADERS, media_type="text/html; charset=utf-8")


def _marked(said: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(said))


def _codes_of(status: int) -> str:
    return "".join(
        f'<li id="{code}"><code>{code}</code>: {_marked(row.meaning)}</li>'
        for code, row in sorted(errors.ERROR_CODES.items())
        if row.status == status
    )
