"""Answer a host's first questions with the SDK's own answers, rendered before, while the SDK is not loaded yet.

A host starts every server at every launch, and some wait for little more than a second. Importing the SDK takes half of
one, so `initialize`, `server/discover` and `tools/list` are answered from plain data. Only messages of a known form are
answered: whatever the SDK might refuse or understand otherwise is kept for it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MODERN = "2026-07-28"
"""The protocol version without a handshake, in which every request carries an envelope."""
ENVELOPE_VERSION = "io.modelcontextprotocol/protocolVersion"
ENVELOPE_CLIENT = "io.modelcontextprotocol/clientInfo"
ENVELOPE_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
REPLAYED_ID = "ix-tools/answered-early"
"""Id under which the SDK is told of an `initialize` that was answered; its answer to this id is dropped."""

MAX_LENGTH = 65_536
"""Characters of a message that is looked at; the first messages of a host are far shorter."""
MAX_DEPTH = 10
MAX_NUMBER = 2**53


@dataclass(frozen=True)
class RenderedAnswers:
    """Results of the SDK's server for one version of the SDK and of this package."""

    discover: Json
    """Result of `server/discover`."""
    initialize: Mapping[str, Json]
    """Result of `initialize` by the protocol version that was asked for."""
    initialize_otherwise: Json
    """Result of `initialize` for a version that the SDK does not know."""
    list_envelopes: Mapping[str, Json]
    """Result of `tools/list` without its tools, by protocol version."""


@dataclass(frozen=True)
class Decision:
    """Decision on a message: the early answer, and the line kept for the SDK."""

    answer: Json | None = None
    """The response to write, if the message is answered early."""
    line_for_sdk: str | None = None
    """The line that the SDK must still be told, if any."""


@dataclass
class EarlyAnswers:
    """Decides message by message what is answered early. Keeps the order and loses nothing."""

    rendered: RenderedAnswers
    tools: Sequence[Json]
    """The tools of this server, as they are listed."""
    protocol: str | None = None
    """The version that was agreed on, or None before. A `server/discover` alone agrees on nothing: clients that probe
    with it fall back to `initialize` on the same pipe.
    """
    has_lines_for_sdk: bool = field(default=False, init=False)
    """True once a line is kept for the SDK's server."""
    _silent: bool = field(default=False, init=False)

    def decide(self, line: str) -> Decision:
        """Decide what becomes of a line from the host."""
        request = None if self._silent else _read_message(line)
        if request is None:
            # How the SDK understands it is unknown, and later answers might depend on that.
            self._silent = True
        elif (decision := self._answer(request)) is not None:
            self.has_lines_for_sdk = self.has_lines_for_sdk or decision.line_for_sdk is not None
            return decision
        elif request.get("method") in {"initialize", "server/discover"}:
            self._silent = True
        self.has_lines_for_sdk = True
        return Decision(line_for_sdk=line)

    def _answer(self, request: Json) -> Decision | None:
        method, params = request.get("method"), request.get("params")
        if "id" not in request:
            return None
        if method == "initialize":
            return self._answer_initialize(request, params)
        if method == "server/discover" and self.protocol is None and _is_modern_request(params):
            return Decision(_build_response(request, self.rendered.discover))
        if method == "tools/list":
            return self._answer_list(request, params)
        return None

    def _answer_initialize(self, request: Json, params: Any) -> Decision | None:
        if self.protocol is not None or not _is_handshake(params):
            return None
        result = self.rendered.initialize.get(params["protocolVersion"], self.rendered.initialize_otherwise)
        self.protocol = result["protocolVersion"]
        replayed = json.dumps({**request, "id": REPLAYED_ID}, ensure_ascii=False, separators=(",", ":"))
        return Decision(_build_response(request, result), line_for_sdk=f"{replayed}\n")

    def _answer_list(self, request: Json, params: Any) -> Decision | None:
        if _is_modern_request(params) and self.protocol in {None, MODERN}:
            self.protocol = version = MODERN
        elif self.protocol not in {None, MODERN} and _is_plain_list(params):
            version = str(self.protocol)
        else:
            return None
        envelope = self.rendered.list_envelopes.get(version)
        if envelope is None:
            return None
        return Decision(_build_response(request, {**envelope, "tools": self.tools}))


def _build_response(request: Json, result: Json) -> Json:
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def _read_message(line: str) -> Json | None:
    """Return a request or notification, or None for what is neither or might be read in more than one way."""
    # Escapes may hide half a character, which JSON readers treat differently.
    if len(line) > MAX_LENGTH or "\\u" in line:
        return None
    try:
        message = json.loads(
            line, object_pairs_hook=_refuse_duplicates, parse_constant=_refuse, parse_float=_refuse
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or not {"jsonrpc", "method"} <= message.keys():
        return None
    if message.keys() - {"jsonrpc", "id", "method", "params"} or message["jsonrpc"] != "2.0":
        return None
    well_formed = (
        isinstance(message["method"], str)
        and isinstance(message.get("params", {}), dict)
        and ("id" not in message or _is_id(message["id"]))
        and _is_plain_data(message.get("params", {}), MAX_DEPTH)
    )
    return message if well_formed else None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not read the same everywhere")


def _is_plain_data(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_is_plain_data(one, depth - 1) for one in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_is_plain_data(one, depth - 1) for one in value)
    return not isinstance(value, int) or abs(value) < MAX_NUMBER


def _is_id(value: Any) -> bool:
    return value != REPLAYED_ID and isinstance(value, int | str) and not isinstance(value, bool)


def _is_handshake(params: Any) -> bool:
    """Tell whether these are parameters of `initialize` that every version of the protocol accepts."""
    return (
        isinstance(params, dict)
        and params.keys() == {"protocolVersion", "capabilities", "clientInfo"}
        and isinstance(params["protocolVersion"], str)
        and _are_capabilities(params["capabilities"])
        and _is_client(params["clientInfo"])
    )


def _is_modern_request(params: Any) -> bool:
    """Tell whether a request has the envelope of the modern protocol, and nothing else besides a progress token."""
    if not isinstance(params, dict) or params.keys() != {"_meta"} or not isinstance(params["_meta"], dict):
        return False
    envelope = params["_meta"]
    known = {ENVELOPE_VERSION, ENVELOPE_CLIENT, ENVELOPE_CAPABILITIES, "progressToken"}
    return (
        not envelope.keys() - known
        and envelope.get(ENVELOPE_VERSION) == MODERN
        and _are_capabilities(envelope.get(ENVELOPE_CAPABILITIES))
        and (ENVELOPE_CLIENT not in envelope or _is_client(envelope[ENVELOPE_CLIENT]))
        and ("progressToken" not in envelope or _is_id(envelope["progressToken"]))
    )


def _is_plain_list(params: Any) -> bool:
    """Tell whether these are parameters of `tools/list` after a handshake: none, or a progress token."""
    if not params:
        return True
    meta = params.get("_meta")
    return (
        params.keys() == {"_meta"}
        and isinstance(meta, dict)
        and not meta.keys() - {"progressToken"}
        and all(_is_id(token) for token in meta.values())
    )


def _is_client(value: Any) -> bool:
    """Tell whether a value is a client's name and version, perhaps with the texts and icons that the protocol names."""
    if not isinstance(value, dict) or not {"name", "version"} <= value.keys():
        return False
    texts = {"name", "version", "title", "description", "websiteUrl"}
    return all(
        isinstance(one, str) if name in texts else name == "icons" and _are_icons(one)
        for name, one in value.items()
    )


def _are_icons(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(icon, dict)
        and "src" in icon
        and all(
            _are_texts(one) if name == "sizes" else name in {"src", "mimeType"} and isinstance(one, str)
            for name, one in icon.items()
        )
        for icon in value
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_capabilities(value: Any) -> bool:
    """Tell whether a value is a client's capabilities as all versions of the protocol understand them."""
    return isinstance(value, dict) and all(
        _are_settings(one)
        if name in {"roots", "sampling", "elicitation", "tasks"}
        else name in {"experimental", "extensions"} and _are_extensions(one)
        for name, one in value.items()
    )


def _are_settings(value: Any) -> bool:
    return isinstance(value, dict) and all(
        one in (True, False) if name in {"listChanged", "applyDefaults"} else _are_settings(one)
        for name, one in value.items()
    )


def _are_extensions(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
