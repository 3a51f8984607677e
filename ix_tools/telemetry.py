"""Traces and metrics of operations, through OpenTelemetry's API: nothing leaves unless whoever runs it adds an exporter."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace

from ix_tools.errors import IxError

_tracer = trace.get_tracer("ix_tools")
_duration = metrics.get_meter("ix_tools").create_histogram(
    "ix_tools.operation.duration", unit="s", description="Duration of operations, by what came of them."
)


@contextmanager
def observed(operation: str, face: str) -> Iterator[None]:
    """Observe one operation. Names and outcomes only: arguments and messages hold other people's data."""
    shown = {"ix_tools.operation": operation, "ix_tools.face": face}
    began = time.perf_counter()
    outcome = "ok"
    with _tracer.start_as_current_span(
        f"operation {operation}", attributes=shown, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except IxError as failure:
            outcome = failure.code
            raise
        except BaseException as fault:
            outcome = type(fault).__name__
            raise
        finally:
            span.set_attribute("ix_tools.outcome", outcome)
            if outcome not in {"ok", "ApprovalNeeded"}:
                span.set_status(trace.StatusCode.ERROR)
            _duration.record(time.perf_counter() - began, {**shown, "ix_tools.outcome": outcome})
