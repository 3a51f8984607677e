"""Compare predicted with stored totals of thousands of random documents and the published samples."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import anyio

from bench.documents import NOTES, RATES, TODAY, DrawnCall, Json, draw_call, has_half_cent
from bench.harness import Harness, open_harness
from bench.report import Row, Table
from bench.stdio import end_on_sigterm
from ix_tools.domain.totals import Totals, TotalsLine, predict_totals
from ix_tools.errors import IxError, StoredDifferently
from ix_tools.pipeline.execute import execute

FIGURES = ("sum", "discount", "before_taxes", "taxes", "total")
SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "vendor" / "rounding_samples.json"
PROCESSES = 2
"""Number of processes. Each has its own sandbox, context and documents."""
AT_ONCE = 1
"""Number of concurrent documents in each process: they all write the same catalogue items, which calls claim one after another."""
NOTES_PER_INVOICE = 8
"""Number of notes per invoice: every credit note makes the pipeline read all the others."""
SHOWN = 5
"""Number of failures that are described."""


@dataclass
class Outcome:
    """Results of a share of the documents."""

    kinds: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    discounted: int = 0
    halves: int = 0
    """Number of documents with a total of an exact half cent before rounding."""
    requests: int = 0
    greatest: Decimal = Decimal(0)
    """Largest difference of any total."""
    wrong: list[str] = field(default_factory=list)
    """Totals that differ from the prediction."""
    blocked: list[str] = field(default_factory=list)
    """Documents with correct totals for which the pipeline reported another difference."""
    refused: list[str] = field(default_factory=list)
    """Documents that were not created."""

    def add(self, other: Outcome) -> None:
        """Add the results of another share."""
        self.kinds += other.kinds
        self.lines += other.lines
        self.discounted += other.discounted
        self.halves += other.halves
        self.requests += other.requests
        self.greatest = max(self.greatest, other.greatest)
        self.wrong += other.wrong
        self.blocked += other.blocked
        self.refused += other.refused


def measure(documents: int, seed: int) -> Table:
    """Check the samples, then the random documents in parallel processes."""
    samples = anyio.run(_check_samples)
    started = time.perf_counter()
    outcome = Outcome()
    shares = [(seed, documents, at) for at in range(PROCESSES)]
    # Leaving the block ends the processes and their sandboxes, also when the benchmark is interrupted.
    with multiprocessing.get_context("spawn").Pool(PROCESSES, end_on_sigterm) as pool:
        for share in pool.starmap(_run_share, shares, chunksize=1):
            outcome.add(share)
    seconds = time.perf_counter() - started
    made = outcome.kinds.total()
    kinds = ", ".join(f"{count} {kind}" for kind, count in outcome.kinds.most_common())
    rows = [
        _build_zero_row("known samples with another figure", samples, f"of {_load_samples()}"),
        _build_zero_row("random documents with another figure", outcome.wrong, f"of {made}"),
        Row(
            "greatest difference in any figure", f"{outcome.greatest:.2f} EUR", "0.00", outcome.greatest == 0
        ),
        _build_zero_row("stored as predicted, yet reported as different", outcome.blocked),
        _build_zero_row("not made", outcome.refused, f"of {documents}"),
        Row("with an exact half cent in a figure", str(outcome.halves)),
        Row("with a global discount", str(outcome.discounted)),
        Row("lines", str(outcome.lines)),
        Row(
            "time per document",
            f"{seconds / documents * 1000:.1f} ms, {PROCESSES * AT_ONCE} under way at once",
        ),
        Row("requests per document", f"{outcome.requests / max(1, made):.1f}"),
    ]
    failures = [*samples, *outcome.wrong, *outcome.blocked, *outcome.refused]
    notes = [f"seed {seed}: {kinds}", *failures[:SHOWN]]
    if len(failures) > SHOWN:
        notes.append(f"... and {len(failures) - SHOWN} more")
    return Table("Predicted totals = stored totals (sum, discount, before_taxes, taxes, total)", rows, notes)


def _build_zero_row(name: str, failures: list[str], of: str = "") -> Row:
    return Row(name, f"{len(failures)} {of}".rstrip(), "0", not failures)


def _run_share(seed: int, documents: int, at: int) -> Outcome:
    return anyio.run(_run_documents, seed, range(at, documents, PROCESSES))


async def _run_documents(seed: int, numbers: range) -> Outcome:
    outcome = Outcome()
    async with open_harness() as harness:
        for name, rate in (await harness.list_rates()).items():
            if rate != RATES[name]:
                raise RuntimeError(f"the sandbox's {name} is {rate} %, not {RATES[name]} %")
        waiting = iter(numbers)

        async def lane() -> None:
            owner, notes = 0, NOTES_PER_INVOICE
            for number in waiting:
                if notes == NOTES_PER_INVOICE:
                    owner, notes = await harness.create_issued(), 0
                drawn = draw_call(seed, number, owner)
                notes += drawn.arguments["document_type"] in NOTES
                outcome.halves += has_half_cent(drawn)
                await _compare(harness, drawn, f"document {number}", outcome)

        async with anyio.create_task_group() as group:
            for _ in range(AT_ONCE):
                group.start_soon(lane)
        outcome.requests = len(await harness.take_requests())
    return outcome


async def _check_samples() -> list[str]:
    """Create each published sample as an invoice, and return the differences."""
    outcome = Outcome()
    async with open_harness() as harness:
        known = await harness.list_rates()
        for sample in json.loads(SAMPLES.read_text(encoding="utf-8"))["samples"]:
            for rate in {line["rate"] for line in sample["lines"]} - {str(rate) for rate in known.values()}:
                await harness.add_tax(f"IVA{rate}", rate)
                known[f"IVA{rate}"] = Decimal(rate)
            drawn = _build_sample(sample, {str(rate): name for name, rate in known.items()})
            expected = {name: Decimal(sample["expected"][name]) for name in FIGURES}
            if expected != _list_figures(drawn.predicted):
                outcome.wrong.append(f"{sample['name']}: predicted {drawn.predicted}, not {expected}")
            await _compare(harness, drawn, sample["name"], outcome)
    return [*outcome.wrong, *outcome.blocked, *outcome.refused]


def _load_samples() -> int:
    return len(json.loads(SAMPLES.read_text(encoding="utf-8"))["samples"])


def _build_sample(sample: Json, tax_of: dict[str, str]) -> DrawnCall:
    items = [
        {
            "name": f"Linha {at + 1}",
            **{name: line[name] for name in ("unit_price", "quantity", "discount")},
            "tax": tax_of[line["rate"]],
        }
        for at, line in enumerate(sample["lines"])
    ]
    predicted = predict_totals(
        [
            TotalsLine(
                Decimal(line["unit_price"]),
                Decimal(line["quantity"]),
                Decimal(line["discount"]),
                Decimal(line["rate"]),
            )
            for line in sample["lines"]
        ]
    )
    given = {"date": TODAY, "due_date": TODAY, "client": {"code": "ACME"}, "items": items}
    return DrawnCall(
        "create_invoice",
        {**given, "document_type": "invoices", "accept": ["overwrite_items", "vat_regions", "vat_rate"]},
        predicted,
    )


async def _compare(harness: Harness, drawn: DrawnCall, name: str, outcome: Outcome) -> None:
    """Create a document and note every total that differs from the prediction."""
    kind = drawn.arguments["document_type"]
    held = ""
    try:
        stored = (await execute(harness.context, drawn.operation, drawn.arguments)).body["document"]
    except StoredDifferently as error:
        stored = error.details["document"]
        held = _format_error(error)
    except IxError as error:
        outcome.refused.append(f"{name} ({kind}): {_format_error(error)}")
        return
    outcome.kinds[kind] += 1
    outcome.lines += len(drawn.arguments["items"])
    outcome.discounted += "global_discount" in drawn.arguments
    differing = []
    for figure, predicted in _list_figures(drawn.predicted).items():
        difference = abs(Decimal(stored[figure]) - predicted)
        if difference:
            outcome.greatest = max(outcome.greatest, difference)
            differing.append(f"{figure} predicted {predicted}, stored {stored[figure]}")
    if differing:
        outcome.wrong.append(f"{name} ({kind}): {'; '.join(differing)}")
    elif held:
        outcome.blocked.append(f"{name} ({kind}): {held}")


def _format_error(error: IxError) -> str:
    return "; ".join(f"{one.field} {one.problem} ({one.allowed})" for one in error.problems) or error.message


def _list_figures(totals: Totals) -> dict[str, Decimal]:
    return {name: getattr(totals, name) for name in FIGURES}
