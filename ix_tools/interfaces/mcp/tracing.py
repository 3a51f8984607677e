"""Trace each MCP message in a span that contains only names known to this server, and the outcome.

The SDK's own middleware puts whatever a host sends into the span (the name of a tool that does not exist, an error's
message, an exception's text), and any of these may be a person's name. This middleware replaces it.
"""

from collections.abc import Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult
from opentelemetry import propagate, trace

UNKNOWN_NAME = "_OTHER"
"""Replaces names that this server does not know, as in OpenTelemetry's conventions."""
KNOWN_METHODS = frozenset(
    {
        "initialize",
        "ping",
        "server/discover",
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "notifications/initialized",
        "notifications/cancelled",
    }
)
TRACE_FIELDS = ("traceparent", "tracestate")
_tracer = trace.get_tracer("ix_tools.mcp")


class TracingMiddleware(ServerMiddleware[Any]):
    """Middleware of the MCP server."""

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        method = ctx.method if ctx.method in KNOWN_METHODS else UNKNOWN_NAME
        target = _find_target(method, ctx.params or {})
        shown = {"mcp.method.name": method}
        if method == "tools/call":
            shown["gen_ai.tool.name"] = target
        elif method == "prompts/get":
            shown["gen_ai.prompt.name"] = target
        with _tracer.start_as_current_span(
            f"{method} {target}".strip(),
            context=_extract_parent(ctx.meta),
            kind=trace.SpanKind.SERVER,
            attributes=shown,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                result = await call_next(ctx)
            except MCPError as refusal:
                span.set_attribute("error.type", str(refusal.error.code))
                span.set_status(trace.StatusCode.ERROR)
                raise
            except Exception as fault:
                span.set_attribute("error.type", type(fault).__qualname__)
                span.set_status(trace.StatusCode.ERROR)
                raise
            if isinstance(result, CallToolResult) and result.is_error:
                span.set_attribute("error.type", "tool_error")
                span.set_status(trace.StatusCode.ERROR)
            return result


def _find_target(method: str, params: Mapping[str, Any]) -> str:
    """Return the tool or prompt that the message names, if there is one of that name."""
    name = params.get("name")
    if method == "tools/call":
        from ix_tools.operations.registry import catalogue

        return name if isinstance(name, str) and name in catalogue() else UNKNOWN_NAME
    if method == "prompts/get":
        from ix_tools.schemas.prompts import PROMPTS_BY_NAME

        return name if isinstance(name, str) and name in PROMPTS_BY_NAME else UNKNOWN_NAME
    return ""


def _extract_parent(meta: Any) -> Any:
    """Return the parent span that the host names in `_meta`, or None."""
    given = meta if isinstance(meta, Mapping) else {}
    carrier = {name: given[name] for name in TRACE_FIELDS if isinstance(given.get(name), str)}
    found = propagate.extract(carrier) if carrier else None
    return found if found and trace.get_current_span(found).get_span_context().is_valid else None
