"""Render the SDK's answers to a host's first questions, by asking a server of the SDK in memory."""

from collections.abc import Sequence
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp_types.jsonrpc import jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from ix_tools.interfaces.mcp.early_answers import (
    ENVELOPE_CAPABILITIES,
    ENVELOPE_VERSION,
    MODERN,
    Json,
    RenderedAnswers,
)

CLIENT = {"name": "rendering", "version": "1"}
ENVELOPE = {"_meta": {ENVELOPE_VERSION: MODERN, ENVELOPE_CAPABILITIES: {}}}
UNKNOWN_VERSION = "1999-01-01"


async def render_answers(server: Any, tools: Sequence[Json]) -> RenderedAnswers | None:
    """Return the answers of a server that lists these tools; None for an SDK that no longer speaks this module's protocol.

    A protocol version in which the SDK changes a tool has no envelope, so that its list is left to the SDK.
    """
    if MODERN not in MODERN_PROTOCOL_VERSIONS:
        return None
    envelopes: dict[str, Json] = {}
    handshakes: dict[str, Json] = {}
    for version in (*HANDSHAKE_PROTOCOL_VERSIONS, UNKNOWN_VERSION):
        asked = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
        handshakes[version], listed = await ask_server(server, [("initialize", asked), ("tools/list", {})])
        _keep_envelope(envelopes, handshakes[version]["protocolVersion"], listed, tools)
    discovered, listed = await ask_server(server, [("server/discover", ENVELOPE), ("tools/list", ENVELOPE)])
    _keep_envelope(envelopes, MODERN, listed, tools)
    otherwise = handshakes.pop(UNKNOWN_VERSION)
    return RenderedAnswers(discovered, handshakes, otherwise, envelopes)


def _keep_envelope(envelopes: dict[str, Json], version: str, listed: Json, tools: Sequence[Json]) -> None:
    if listed.get("tools") == list(tools):
        envelopes[version] = {name: value for name, value in listed.items() if name != "tools"}


async def ask_server(server: Any, requests: Sequence[tuple[str, Json]]) -> list[Json]:
    """Send requests to a server in memory, and return its results in their order."""
    to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](len(requests))
    outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](len(requests))
    results: list[Json] = []
    async with anyio.create_task_group() as tasks, to_server, from_server:
        tasks.start_soon(server.run, incoming, outgoing, server.create_initialization_options())
        for number, (method, params) in enumerate(requests):
            request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            message = jsonrpc_message_adapter.validate_python(request, by_name=False)
            await to_server.send(SessionMessage(message))
            answer = (await from_server.receive()).message
            results.append(answer.model_dump(mode="json", by_alias=True, exclude_unset=True)["result"])
        to_server.close()
    return results
