"""Serve the REST interface's description: OpenAPI for programs, and pages for people without external resources."""

import re
from collections.abc import Mapping
from html import escape
from importlib.util import find_spec
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ix_tools import error_codes, errors
from ix_tools.http_statuses import HTTP_STATUSES
from ix_tools.i18n.messages import message, verbatim
from ix_tools.interfaces.rest.endpoint import Endpoint, Respond, list_read_methods
from ix_tools.interfaces.rest.responses import JSON
from ix_tools.pipeline.context_pool import ServerContext
from ix_tools.pipeline.truncation import to_compact_json
from ix_tools.schemas.openapi import UnknownToolset, build_openapi
from ix_tools.schemas.openapi2 import convert_to_swagger

ASSETS_FOLDER = Path(__file__).parent / "assets"
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


def build_routes(server_context: ServerContext) -> list[Route]:
    """Build the public routes; they reveal nothing about any account."""
    return [
        _build_route("/docs", _show_docs),
        *(_build_route(f"/docs/{name}", _serve_asset(name, kind)) for name, kind in ASSETS.items()),
        _build_route("/openapi.json", _serve_description(server_context, old=False)),
        _build_route("/swagger.json", _serve_description(server_context, old=True)),
        _build_route("/problems", _show_problems),
    ]


def _build_route(path: str, respond: Respond) -> Route:
    return Route(path, Endpoint(respond, list_read_methods))


async def _show_docs(request: Request) -> Response:
    return FileResponse(ASSETS_FOLDER / "docs.html", headers=HEADERS)


def _serve_asset(name: str, kind: str) -> Respond:
    async def respond(request: Request) -> Response:
        return FileResponse(_locate_asset(name), headers=HEADERS, media_type=kind)

    return respond


def _locate_asset(name: str) -> Path:
    if (ASSETS_FOLDER / name).exists():
        return ASSETS_FOLDER / name
    # A checkout. The wheel contains the files: tools/build_hook.py copies them from the package that follows Swagger UI's
    # releases, which would bring a web framework that nobody runs here.
    found = find_spec("flask_swagger_ui")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "dist" / name


def _serve_description(server_context: ServerContext, *, old: bool) -> Respond:
    cached: list[bytes] = []

    def render(toolsets: tuple[str, ...]) -> bytes:
        described = build_openapi(server_context.address, toolsets)
        return to_compact_json(convert_to_swagger(described) if old else described).encode()

    async def respond(request: Request) -> Response:
        chosen = tuple(filter(None, request.query_params.get("toolsets", "").split(",")))
        try:
            content = cached[0] if cached and not chosen else await anyio.to_thread.run_sync(render, chosen)
        except UnknownToolset as unknown:
            raise errors.InvalidArguments(
                message("The description cannot be built."),
                problems=[errors.Problem("toolsets", verbatim(str(unknown)))],
                next=message("name existing toolsets, separated by commas"),
            ) from None
        if not chosen:
            cached[:] = [content]
        return Response(content, headers=HEADERS, media_type=JSON)

    return respond


async def _show_problems(request: Request) -> Response:
    rows = "".join(
        f"<tr><td>{status} {it.title}</td><td>{_render_code_spans(it.meaning)}</td><td><ul>{_list_codes(status)}</ul></td></tr>"
        for status, it in HTTP_STATUSES.items()
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


def _render_code_spans(said: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(said))


def _list_codes(status: int) -> str:
    return "".join(
        f'<li id="{code}"><code>{code}</code>: {_render_code_spans(str(row.meaning))}</li>'
        for code, row in sorted(error_codes.ERROR_CODES.items())
        if row.status == status
    )
