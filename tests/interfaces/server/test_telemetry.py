"""Traces and metrics: names and outcomes, and nothing of what was in a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace

from ix_tools import telemetry
from ix_tools.interfaces.server import telemetry as requests
from tests.harness import invoice
from tests.interfaces.server.in_process_server import Served


class Recorded(trace.NonRecordingSpan):
    """A span that remembers what was put on it."""

    def __init__(self, name: str, attributes: Any) -> None:
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self.name, self.attributes = name, dict(attributes or {})

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_attributes(self, attributes: Any) -> None:
        self.attributes.update(attributes)

    def update_name(self, name: str) -> None:
        self.name = name


class Recorder(trace.NoOpTracer):
    """Keeps every span."""

    def __init__(self) -> None:
        self.spans: list[Recorded] = []
        self.measured: list[tuple[float, Any]] = []

    @contextmanager
    def start_as_current_span(self, name: str, *_: Any, **given: Any) -> Iterator[Recorded]:  # type: ignore[override]
        self.spans.append(Recorded(name, given.get("attributes")))
        yield self.spans[-1]

    def record(self, amount: float, attributes: Any = None) -> None:
        """As a histogram does."""
        self.measured.append((amount, attributes))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    for module in (telemetry, requests):
        monkeypatch.setattr(module, "_tracer", recorder)
        monkeypatch.setattr(module, "_duration", recorder)
    return recorder


async def test_requests_and_operations_are_told_by_name_and_outcome(
    served: Served, recorder: Recorder
) -> None:
    token = served.create_token("ana")
    await served.call("create_invoice", invoice(client={"name": "Canário Secreto", "code": "ACME"}), token)
    await served.call("no_such_tool", {}, token)
    await served.client.get(
        "/secret-path?api_key=canary-7f3a9b", headers={"authorization": f"Bearer {token}"}
    )
    names = [span.name for span in recorder.spans]
    assert names == ["POST /mcp", "operation create_invoice", "POST /mcp", "GET"]
    assert recorder.spans[0].attributes["http.response.status_code"] == 200
    assert recorder.spans[1].attributes["ix_tools.face"] == "mcp"
    assert recorder.spans[1].attributes["ix_tools.outcome"] in {"ok", "acceptance_needed", "refused"}
    assert recorder.spans[3].attributes["http.response.status_code"] == 404
    assert len(recorder.measured) == len(recorder.spans)
    told = str([(span.name, span.attributes) for span in recorder.spans]) + str(recorder.measured)
    for kept_away in ("Canário", "ACME", "canary", token, "secret-path", "no_such_tool", "ana"):
        assert kept_away not in told
