"""One run of `ix-tools batch run` or `discard`: carries a batch on, asks the person at this terminal, and writes the report as it goes."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from ix_tools.api_client.client import account_name
from ix_tools.approvals.models import Approval, CallOrigin
from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.models import Batch, BatchRow
from ix_tools.batch.progress import STEPS
from ix_tools.batch.report import describe_problem, find_status, summarize, write_report
from ix_tools.batch.report_columns import REPORT_HEADINGS, find_report_column
from ix_tools.batch.repository import BatchRepository
from ix_tools.batch.run import run_batch
from ix_tools.batch.start import (
    Starter,
    create_repository,
    is_left_as_draft,
    start_batch,
    turn_to_deletion,
)
from ix_tools.config.private_files import save_file
from ix_tools.config.settings import Settings
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, message_template
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.batch_progress import show_progress
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.interfaces.cli.translation import Misuse
from ix_tools.pipeline.context import CallContext

REPORT_WRITTEN = message_template("The report is in {file}.")
REPORT_SECONDS = 0.5
"""Seconds between two writings of the report, which has every row."""
MAX_HEADINGS = 20_000
"""Characters of the headings of a report."""
INTERRUPTED = message(
    "Interrupted. Run the same command again: it goes on from there, without a second document."
)
STATES = {
    "drafting": message("Its drafts are not complete."),
    "asking": message("The question to the person is being prepared."),
    "asked": message("A person must approve it; nothing was issued yet."),
    "working": message("It is approved and not finished."),
    "stopped": message("It stopped."),
    "rejected": message("It was rejected; its drafts exist."),
    "expired": message("Nobody approved it in time; its drafts exist."),
    "done": message("It is done."),
    "partial": message("It ended, and some documents were not issued."),
}
TO_APPROVE = message_template("To approve it: {command}; then run the same command again.")
TO_ASK_AGAIN = message_template("To ask about its drafts again: {command}")
TO_DISCARD = message_template("To delete its drafts: {command}")
EXIT_CODES = {
    "done": Exit.OK,
    "asked": Exit.APPROVAL_REQUIRED,
    "rejected": Exit.REFUSED,
    "expired": Exit.REFUSED,
}


def find_exit_code(batch: Batch) -> Exit:
    """Return the exit code for a batch's state: 7 if some of it was done and some was not."""
    return EXIT_CODES.get(batch.state, Exit.STORED_DIFFERENTLY)


def locate_report(file: Path) -> Path:
    """Return the place of a file's report, beside it."""
    return file.with_name(f"{file.stem}.report.csv")


def require_report_place(file: Path, source: Path | None = None) -> None:
    """Check before the batch begins that its report replaces nothing but an earlier report.

    Raises:
        Misuse: there is something else, or it is the file of the batch.
    """
    if source is not None and file.exists() and file.samefile(source):
        raise Misuse(message("The report would replace {file} itself; give another name.", file=str(file)))
    if file.exists() and not (file.is_file() and _is_report(file)):
        raise Misuse(message("{file} exists and is no report; give another name.", file=str(file)))


def _is_report(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8-sig") as opened:
            headings = re.split("[;,\t]", opened.readline(MAX_HEADINGS).strip())
    except (OSError, UnicodeDecodeError):
        return False
    return {find_report_column(one) for one in headings} >= REPORT_HEADINGS.keys()


def save_report(file: Path, batch: Batch, rows: Sequence[BatchRow], language: Language) -> None:
    """Write the report; a reader sees the old one or the new one, never half of it.

    Raises:
        IxError: It cannot be written.
    """
    try:
        save_file(file.parent, file.name, write_report(batch, rows, language))
    except OSError as trouble:
        raise IxError(
            message("{file} cannot be written ({reason}).", file=str(file), reason=trouble.strerror or ""),
            code="file_not_saved",
            sent="refused",
            next=message("write it elsewhere with `ix-tools batch report {id} FILE`", id=batch.id),
        ) from None


def load_batch(run: Invocation, identifier: str) -> tuple[Batch, list[BatchRow]]:
    """Return a batch of the account.

    Raises:
        IxError: There is none with that id.
    """
    with run.open_account() as settings, open_store(settings) as store:
        repository = BatchRepository(store, is_owner_running)
        found = repository.find(identifier.upper())
        if found is None or found.account != account_name(settings):
            raise IxError(
                message("There is no batch {id} of this account.", id=identifier),
                code="batch_unknown",
                next=message("list them with `ix-tools batch list`"),
            )
        return found, repository.list_rows(found.id)


def print_batch(run: Invocation, batch: Batch, rows: Sequence[BatchRow]) -> None:
    """Print a batch: as JSON, or its state and the documents that are not done."""
    if run.wants_json:
        body = {"ok": batch.state == "done", **summarize(batch, rows, run.language)}
        console.print_json(body)
        return
    counts: dict[str, int] = {}
    for one in rows:
        word = run.translate(find_status(one))
        counts[word] = counts.get(word, 0) + 1
    console.print_out(f"{batch.id} {batch.name}: {run.translate(STATES[batch.state])}")
    console.print_out("  " + " · ".join(f"{word}: {count}" for word, count in counts.items()))
    if batch.reason:
        console.print_out("  " + console.wrap_text(describe_problem(batch.reason, run.language), "  "))
    for one in rows:
        if one.problem:
            sentence = (
                f"{one.row}: {one.number or one.document or ''} {describe_problem(one.problem, run.language)}"
            )
            console.print_out("  " + console.wrap_text(sentence, "  "))


@dataclass
class BatchSession:
    """Carries a batch on in this process."""

    run: Invocation
    report: Path | None

    def carry_on(self, content: bytes, name: str, sheet: str) -> int:
        """Start or continue the batch of a file."""

        async def begin(context: CallContext, progress: "_Steps") -> str:
            judged = progress.for_step("judge")
            batch = await start_batch(context, content, name, sheet, Starter("cli"), judged)
            return batch.id

        return self._guard(begin)

    def discard(self, identifier: str) -> int:
        """Delete the drafts of a batch."""

        async def begin(context: CallContext, progress: "_Steps") -> str:
            await turn_to_deletion(context, identifier.upper())
            return identifier.upper()

        return self._guard(begin)

    def _guard(self, begin: Callable[..., Any]) -> int:
        try:
            with self.run.open_account() as settings:
                return self._work(settings, begin)
        except KeyboardInterrupt:
            console.print_note(console.wrap_text(self.run.translate(INTERRUPTED)))
            return Exit.INTERRUPTED

    def _work(self, settings: Settings, begin: Callable[..., Any]) -> int:
        done = anyio.run(self._carry_on_once, settings, begin, True)
        while done.batch.state == "asked" and prompt.is_interactive():
            if not self._ask(settings, done.batch):
                break
            done = anyio.run(self._carry_on_once, settings, begin, False)
        with open_store(settings) as store:
            rows = BatchRepository(store, is_owner_running).list_rows(done.batch.id)
        print_batch(self.run, done.batch, rows)
        self._print_next(done.batch, rows)
        return find_exit_code(done.batch)

    def _ask(self, settings: Settings, batch: Batch) -> bool:
        """Ask the person at this terminal; return False if they decided nothing."""
        from ix_tools.interfaces.cli.repositories import open_approvals

        with open_approvals(self.run, settings) as approvals:
            found: Approval = approvals.find(batch.approval)
            if found.state != "pending":
                return False
            choice = prompt.ask_choice(self.run, found)
            if choice is None:
                return False
            decided = approvals.approve_many(found.id, choice, by=prompt.identify_user())
        return decided.state != "pending"

    def _print_next(self, batch: Batch, rows: Sequence[BatchRow]) -> None:
        if self.run.wants_json:
            return
        if self.report is not None:
            console.print_note(self.run.translate(REPORT_WRITTEN.fill(file=str(self.report))))
        if batch.state == "asked":
            command = self.run.build_command("approvals", "approve", batch.approval)
            console.print_note(self.run.translate(TO_APPROVE.fill(command=command)))
        has_drafts = any(map(is_left_as_draft, rows))
        if batch.state == "partial" and has_drafts and self.report is not None:
            command = self.run.build_command("batch", "run", str(self.report))
            console.print_note(self.run.translate(TO_ASK_AGAIN.fill(command=command)))
        if batch.state in {"rejected", "expired", "stopped"} or (batch.state == "partial" and has_drafts):
            command = self.run.build_command("batch", "discard", batch.id)
            console.print_note(self.run.translate(TO_DISCARD.fill(command=command)))

    async def _carry_on_once(self, settings: Settings, begin: Callable[..., Any], is_first: bool) -> BatchRun:
        context = CallContext.open(settings, clock=self.run.clock, now=self.run.now)
        with _Steps(self.run) as steps:
            try:
                identifier = await begin(context, steps)
                report = _ReportWriter(context, identifier, self.report, self.run.language)

                async def progress(step: str, done: int, of: int) -> None:
                    await steps.show(step, done, of)
                    await report.write()

                try:
                    return await run_batch(
                        context, identifier, CallOrigin("cli"), progress, asks_again=is_first
                    )
                finally:
                    with anyio.CancelScope(shield=True):
                        await report.write(is_last=True)
            finally:
                with anyio.CancelScope(shield=True):
                    await context.close()


@dataclass
class _ReportWriter:
    """Writes the report as the batch goes on."""

    context: CallContext
    batch: str
    file: Path | None
    language: Language

    _written_at: float = -REPORT_SECONDS

    async def write(self, *, is_last: bool = False) -> None:
        if self.file is not None and (is_last or time.monotonic() - self._written_at >= REPORT_SECONDS):
            self._written_at = time.monotonic()
            await anyio.to_thread.run_sync(self._write, self.file)

    def _write(self, file: Path) -> None:
        repository = create_repository(self.context)
        found = repository.find(self.batch)
        if found is not None:
            save_report(file, found, repository.list_rows(self.batch), self.language)


class _Steps:
    """The progress bars of the steps, one after another."""

    def __init__(self, run: Invocation) -> None:
        self._run, self._stack, self._step = run, ExitStack(), ""
        self._report: Any = None

    def __enter__(self) -> "_Steps":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def for_step(self, step: str) -> Callable[[int, int], Any]:
        async def report(done: int, of: int) -> None:
            await self.show(step, done, of)

        return report

    async def show(self, step: str, done: int, of: int) -> None:
        if step != self._step:
            self._stack.close()
            self._step = step
            said: Message = STEPS[step]
            self._report = self._stack.enter_context(
                show_progress(self._run.translate(said), of, self._run.language)
            )
        await self._report(done, of)
