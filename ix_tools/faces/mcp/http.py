"""MCP over streamable HTTP: both eras of the protocol on one endpoint, and nothing remembered between two requests."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.routing import Route

from ix_tools.desks import Hosting
from ix_tools.faces.mcp.server import build, chosen

PATH = "/mcp"


@dataclass(frozen=True)
class Endpoint:
    """The endpoint's route, and what must be running for it to answer."""

    routes: Sequence[Route]
    manager: StreamableHTTPSessionManager

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run it; once."""
        return self.manager.run()


def endpoint(hosting: Hosting) -> Endpoint:
    """The endpoint of a server. Host, Origin, size and caller were checked before a request comes here."""
    toolsets = hosting.settings.toolsets
    server: Any = build(hosting.desk, chosen(toolsets) if toolsets else None)
    manager = StreamableHTTPSessionManager(server, stateless=True)
    return Endpoint([Route(PATH, StreamableHTTPASGIApp(manager))], manager)
