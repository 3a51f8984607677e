"""Generated calls from our own description: every response is as described, and none is an internal error."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from ix_tools.schemas.openapi import build_openapi
from tests.interfaces.rest.caller import ADDRESS, Caller, check_response

TOOLSETS = tuple(filter(None, os.environ.get("DRAWN_TOOLSETS", "core").split(",")))
EXAMPLES = int(os.environ.get("DRAWN_EXAMPLES", "1"))
"""Calls drawn per operation as the description has them, and as many that break it."""

JSON = {"Content-Type": "application/json"}


def drawn(operation: Any, mode: Any) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:
        found.append(case)

    draw()
    return found


async def test_every_drawn_call_is_answered_as_described(caller: Caller) -> None:
    # Imported here, because it takes half a second.
    import schemathesis
    from schemathesis.core import NotSet
    from schemathesis.generation import GenerationMode

    described: Any = schemathesis.openapi.from_dict(build_openapi(ADDRESS, TOOLSETS))
    seen: dict[int, int] = {}
    for found in described.get_all_operations():
        operation = found.ok()
        if operation.method != "post":
            continue
        for mode in GenerationMode:
            for case in drawn(operation, mode):
                body = None if isinstance(case.body, NotSet) else case.body
                if isinstance(body, dict):
                    body.pop("account", None)  # almost every word there is the same refusal
                sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
                answer = check_response(await caller.client.post(operation.path, headers=JSON, **sent))
                assert answer.status_code in {200, 202, 400, 404, 409, 422}, (
                    operation.label,
                    body,
                    answer.text,
                )
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
    assert seen[422] > 0
    assert seen[200] > 0
