"""The MCP server: lists the tools rendered into `catalogue.json`, and runs calls through the pipeline.

A host starts the server at every launch, so nothing here imports the operations, the HTTP client or the
database before the first call that needs them.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server

from ix_tools.interfaces.mcp.tracing import TracingMiddleware
from ix_tools.schemas.rendered_lists import list_chosen_tools, load_catalogue
from ix_tools.schemas.tool_selection import ToolSelection
from ix_tools.version import __version__

if TYPE_CHECKING:
    from ix_tools.i18n.languages import Language
    from ix_tools.pipeline.execute import CallContext

Context = ServerRequestContext[Any, Any]
OpenContext = Callable[..., Awaitable["CallContext"]]
"""Opens the call's context, given the HTTP request (None over stdio) and the named account, if any."""

Tool = dict[str, Any]
ListTools = Callable[[Any], list[Tool]]
"""Lists the tools for the caller of an HTTP request."""

CreateServer = Callable[[OpenContext, ListTools, "Language"], Server[Any]]
"""Creates the MCP server: `build_server`, or a function that extends its result."""

NAME = "ix-tools"
HOUR_MILLISECONDS = 3_600_000
INSTRUCTIONS = (
    "Portuguese invoices with InvoiceXpress. What is not among the tools, search_operations finds (guides, payments, "
    "e-mail, series, clients, items, treasury, SAF-T ...), describe_operation explains and run_operation runs. "
    "Drafts first (create_invoice), then change_state finalizes: a person sees "
    "the totals and approves; never say that something is issued before the result says so. An error says what was sent "
    "and what to do next. When a result has status approval_required, tell the person how to approve and wait."
)


def _build_list_result(kind: str) -> dict[str, Any]:
    # Plain data instead of the SDK's models: validating our own rendering would slow down every start.
    return {kind: load_catalogue()[kind], "resultType": "complete"}


def build_server(
    open_context: OpenContext, tools: list[Tool] | ListTools | None = None, language: "Language" = "pt"
) -> Server[Any]:
    """Build a server that runs calls in the context that `open_context` opens when first needed.

    Listing is not permission: the pipeline decides what may be called.

    Args:
        tools: the tools to list instead of the default ones, or a function that lists them for an HTTP request.
        language: the person's; errors carry a sentence in it beside the model's English.
    """

    shown = list_chosen_tools(ToolSelection()) if tools is None or callable(tools) else tools
    schemas = {tool["name"]: tool["inputSchema"] for tool in shown}

    async def list_tools(context: Context, params: types.PaginatedRequestParams | None) -> Any:
        listing = tools(context.request) if callable(tools) else shown
        return {"tools": listing, "resultType": "complete"}

    async def call_tool(
        context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        received = time.monotonic()
        from ix_tools.interfaces.mcp.outgoing import sanitize_errors
        from ix_tools.interfaces.mcp.tool_calls import handle_call

        names = {tool["name"] for tool in tools(context.request)} if callable(tools) else schemas.keys()
        answer = handle_call(open_context, context, params, received, language, names)
        return await sanitize_errors(answer)

    async def list_resources(context: Context, params: types.PaginatedRequestParams | None) -> Any:
        return _build_list_result("resources")

    async def list_templates(context: Context, params: types.PaginatedRequestParams | None) -> Any:
        return _build_list_result("resourceTemplates")

    async def read_resource(
        context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        from ix_tools.interfaces.mcp.outgoing import sanitize_errors
        from ix_tools.interfaces.mcp.resources import load_resource

        return await sanitize_errors(
            load_resource(partial(open_context, context.request), params.uri, context.request, language)
        )

    async def list_prompts(context: Context, params: types.PaginatedRequestParams | None) -> Any:
        return _build_list_result("prompts")

    async def get_prompt(context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        from ix_tools.interfaces.mcp.outgoing import sanitize_errors
        from ix_tools.interfaces.mcp.prompts import fill_prompt

        return await sanitize_errors(fill_prompt(params.name, params.arguments or {}))

    async def complete(context: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        from ix_tools.interfaces.mcp.completions import complete

        return await complete(partial(open_context, context.request), params)

    async def keep_answers_readable(ctx: Context, call_next: CallNext) -> HandlerResult:
        if ctx.params and "inputResponses" in ctx.params:
            from ix_tools.interfaces.mcp.elicitation import extract_malformed_answer

            return await extract_malformed_answer(ctx, call_next)
        return await call_next(ctx)

    listing = CacheHint(HOUR_MILLISECONDS, "public")
    tools_listing = CacheHint(HOUR_MILLISECONDS, "private") if callable(tools) else listing
    server: Server[Any] = Server(
        NAME,
        version=__version__,
        title="InvoiceXpress (ix-tools)",
        instructions=INSTRUCTIONS,
        cache_hints={
            "tools/list": tools_listing,
            "resources/list": listing,
            "resources/templates/list": listing,
            "prompts/list": listing,
        },
        get_tool_input_schema=schemas.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
    )
    # Replaces the SDK's own tracing, which puts whatever a host sends into traces.
    server.middleware[:] = [TracingMiddleware(), keep_answers_readable]
    return server
