"""Run look-ups in parallel."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from ix_tools.errors import IxError


async def gather(jobs: Mapping[str, Callable[[], Awaitable[Any]]]) -> dict[str, Any]:
    """Run look-ups in parallel; raise the first failure itself, not an exception group."""
    found: dict[str, Any] = {}
    failures: list[Exception] = []
    if not jobs:
        return found

    async def run(name: str, job: Callable[[], Awaitable[Any]]) -> None:
        try:
            found[name] = await job()
        except Exception as failure:  # noqa: BLE001 - raised again below, out of the group
            failures.append(failure)
            if isinstance(failure, IxError):
                failure.sent = "nothing"
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for name, job in jobs.items():
            group.start_soon(run, name, job)
    if failures:
        raise failures[0]
    return found
