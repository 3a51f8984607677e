"""Drafts of a batch: several at a time, but those of one client, or of an item that is new, one after another."""

from collections.abc import Sequence
from typing import Any

import anyio

from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.judgement import select_draft_arguments
from ix_tools.batch.models import BatchRow
from ix_tools.errors import IxError, NotPermitted, SettingsError, StoredDifferently
from ix_tools.pipeline.execute import execute
from ix_tools.pipeline.outcomes import Completed

AT_ONCE = 8
"""Drafts that are made side by side. More would only wait for the rate limit."""


async def create_drafts(run: BatchRun) -> None:
    """Create the drafts that are missing.

    Raises:
        IxError: A passing trouble; drafts that exist stay recorded.
    """
    rows = await run.load_rows()
    missing = [one for one in rows if one.state == "new"]
    progress = _Counter(run, len(rows), len(rows) - len(missing))
    first, lanes = _plan(missing)
    for row in first:
        await _create(run, row)
        await progress.add()
    failures: list[IxError] = []
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def work(lane: Sequence[BatchRow]) -> None:
        for row in lane:
            async with limit:
                if failures:
                    return
                try:
                    await _create(run, row)
                except IxError as failure:
                    failures.append(failure)
                    return
                await progress.add()

    async with anyio.create_task_group() as group:
        for lane in lanes:
            group.start_soon(work, lane)
    if failures:
        raise failures[0]


class _Counter:
    """Counts the drafts that exist."""

    def __init__(self, run: BatchRun, total: int, done: int) -> None:
        self._run, self._total, self._done = run, total, done

    async def add(self) -> None:
        self._done += 1
        await self._run.progress("drafts", self._done, self._total)


def _plan(rows: Sequence[BatchRow]) -> tuple[list[BatchRow], list[list[BatchRow]]]:
    """Return the rows to make first, and the others in lanes.

    A line writes its catalogue item, so the first row with an item is made before others rely on it.
    """
    first: list[BatchRow] = []
    lanes: dict[str, list[BatchRow]] = {}
    known: set[str] = set()
    for row in rows:
        items = {str(one.get("name")) for one in row.arguments.get("items", [])}
        if items <= known:
            lanes.setdefault(name_client(row.arguments), []).append(row)
        else:
            first.append(row)
            known |= items
    return first, list(lanes.values())


def name_client(arguments: Any) -> str:
    """Return what tells the client of a document from those of the others."""
    client = arguments.get("client") or {}
    return str(client.get("code") or client.get("fiscal_id") or client.get("name") or "")


async def _create(run: BatchRun, row: BatchRow) -> None:
    given = {**select_draft_arguments(row.arguments), "idempotency_key": row.key}
    try:
        outcome = await execute(run.context, "create_invoice", given, origin=run.origin)
    except StoredDifferently as difference:
        document = difference.details.get("document") or {}
        await run.update_row(
            row.place,
            state="held",
            document=document.get("id"),
            total=str(document.get("total") or ""),
            problem=difference.dump(),
        )
        return
    except IxError as failure:
        if is_passing(failure):
            raise
        await run.update_row(row.place, state="failed", problem=failure.dump())
        return
    assert isinstance(outcome, Completed)
    document = outcome.body["document"]
    await run.update_row(row.place, state="drafted", document=document["id"], total=str(document["total"]))


def is_passing(failure: IxError) -> bool:
    """Tell whether a failure concerns every document, not this one: it is temporary, or the account or settings are wrong."""
    return (
        failure.retryable
        or failure.sent == "unknown"
        or isinstance(failure, NotPermitted | SettingsError)
        or failure.code
        in {"access_denied", "read_only", "operation_excluded", "store_unavailable", "unavailable"}
    )
