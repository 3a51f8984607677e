"""HTTP endpoints under /_sandbox that control a sandbox in another process, on this machine only and without a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ix_tools.sandbox.control import Fault
from ix_tools.sandbox.rows import Mail

if TYPE_CHECKING:
    from ix_tools.sandbox.backend import SandboxBackend

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def list_outbox(backend: SandboxBackend) -> list[dict[str, Any]]:
    """Return the e-mails that would have been sent, oldest first."""
    with backend.store.transaction():
        return [
            {key: value for key, value in asdict(mail).items() if key != "id"}
            for mail in backend.store.find(Mail)
        ]


def build_control_routes(backend: SandboxBackend) -> list[Route]:
    """Build a route for each control."""
    control = backend.control

    def clock(sent: dict[str, Any]) -> Any:
        if "now" in sent:
            control.set_clock(sent["now"])
        control.advance(float(sent.get("advance") or 0))
        return {"now": control.now().isoformat(timespec="seconds")}

    def lag(sent: dict[str, Any]) -> Any:
        control.lag = float(sent["seconds"])

    def options(sent: dict[str, Any]) -> Any:
        for name, value in sent.items():
            control.options.set(name, value)
        return asdict(control.options)

    def archive(sent: dict[str, Any]) -> Any:
        backend.archive(int(sent["document"]), bool(sent.get("archived", True)))

    actions: tuple[tuple[str, str, Callable[[dict[str, Any]], Any]], ...] = (
        ("GET", "requests", lambda sent: control.requests()),
        ("DELETE", "requests", lambda sent: control.clear_requests()),
        ("GET", "outbox", lambda sent: list_outbox(backend)),
        ("PUT", "clock", clock),
        ("POST", "faults", lambda sent: control.add_fault(Fault(**sent))),
        ("DELETE", "faults", lambda sent: control.clear_faults()),
        ("PUT", "lag", lag),
        ("PUT", "options", options),
        ("PUT", "archive", archive),
        ("POST", "reset", lambda sent: backend.reset()),
    )
    return [
        Route(f"/_sandbox/{name}", _build_endpoint(action), methods=[method])
        for method, name, action in actions
    ]


def _build_endpoint(action: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        # A web page could make a browser post here; its Host or Origin header shows it.
        host = request.url.hostname or ""
        if host not in LOOPBACK or "origin" in request.headers:
            return Response(status_code=403)
        try:
            body = await request.body()
            sent = json.loads(body) if body else {}
            result = await run_in_threadpool(action, sent)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return Response(status_code=204) if result is None else JSONResponse(result)

    return endpoint
