"""Traces and metrics of HTTP requests through OpenTelemetry's API; nothing leaves without an exporter."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import metrics, propagate, trace
from starlette.types import Scope

_tracer = trace.get_tracer("ix_tools.interfaces.server")
_duration = metrics.get_meter("ix_tools.interfaces.server").create_histogram(
    "http.server.request.duration", unit="s", description="Duration of HTTP server requests."
)


@contextmanager
def observe_request(scope: Scope) -> Iterator[Callable[[int], None]]:
    """Observe one request; yields a function that takes its status. Queries and headers are not kept: they hold secrets."""
    began = time.perf_counter()
    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    shown = {"http.request.method": scope["method"], "url.scheme": scope.get("scheme", "http")}
    with _tracer.start_as_current_span(
        scope["method"],
        context=propagate.extract(carrier),
        kind=trace.SpanKind.SERVER,
        attributes=shown,
        record_exception=False,
    ) as span:

        def record_status(status: int) -> None:
            # The pattern, not the path: every path would become a metric of its own.
            route = getattr(scope.get("route"), "path", "")
            done = {**shown, "http.response.status_code": status, **({"http.route": route} if route else {})}
            span.set_attributes(done)
            if route:
                span.update_name(f"{scope['method']} {route}")
            if status >= 500:
                span.set_status(trace.StatusCode.ERROR)
            _duration.record(time.perf_counter() - began, done)

        yield record_status
