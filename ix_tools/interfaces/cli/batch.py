"""`ix-tools batch`: many documents from one file."""

from decimal import Decimal
from pathlib import Path

import anyio
import click

from ix_tools.api_client.client import account_name
from ix_tools.batch.documents import DocumentTable, parse_documents
from ix_tools.batch.drafting import name_client
from ix_tools.batch.faults import refuse_file, refuse_if_faulty
from ix_tools.batch.files import read_table
from ix_tools.batch.judgement import Judged, judge
from ix_tools.batch.repository import BatchRepository
from ix_tools.batch.table import MAX_BYTES
from ix_tools.batch.template import write_template
from ix_tools.config.settings import Settings
from ix_tools.error_codes import Exit
from ix_tools.errors import SettingsError
from ix_tools.i18n.formats import format_rfc3339
from ix_tools.i18n.messages import Money, message, message_template
from ix_tools.idempotency.process_identity import is_owner_running
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.batch_progress import show_progress
from ix_tools.interfaces.cli.batch_session import (
    REPORT_WRITTEN,
    BatchSession,
    find_exit_code,
    load_batch,
    locate_report,
    print_batch,
    require_report_place,
    save_report,
)
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.output import print_outcome, print_rows
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.interfaces.cli.translation import Misuse
from ix_tools.pipeline.context import CallContext

PASSED = message("Every row passed; nothing was written.")
SUMS = message_template(
    "Documents: {documents} · Total with VAT: {total} · New clients: {new} · Warnings: {warnings}"
)
NO_BATCH = message("There is no batch yet.")
WRITTEN = message_template("The template is in {file}.")
JUDGING = message("Checking")
SHEET = click.option(
    "--sheet", default="", metavar="NAME", help="The sheet of a workbook; default the only filled one."
)


@click.group("batch", context_settings=SETTINGS)
def command() -> None:
    """Many documents from a CSV, xlsx, ods or xls file, approved together."""


@subcommand(command, "template")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--wide", is_flag=True, help="One row for each document with up to 3 lines, as in InvoiceXpress's import."
)
def template(run: Invocation, file: Path | None, wide: bool) -> int:
    """Write a CSV file with all headings and two examples, to FILE or to standard output."""
    content = write_template(run.language, run.now().date(), is_wide=wide)
    if file is None:
        console.print_out(content.decode("utf-8-sig"))
        return Exit.OK
    if file.exists():
        raise Misuse(message("{file} exists; give another name.", file=str(file)))
    try:
        file.write_bytes(content)
    except OSError as trouble:
        raise Misuse(
            message("{file} cannot be written ({reason}).", file=str(file), reason=trouble.strerror or "")
        ) from None
    return print_outcome(run, {"file": str(file)}, run.translate(WRITTEN.fill(file=str(file))))


@subcommand(command, "check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@SHEET
def check(run: Invocation, file: Path, sheet: str) -> int:
    """Check every row by every rule, and write nothing. The account is read."""
    table = parse_documents(read_table(read_bytes(file), file.name, sheet))
    if not table.documents:
        refuse_if_faulty(table.faults)
    try:
        with run.open_account() as settings:
            judged = anyio.run(_judge, run, settings, table)
    except SettingsError:
        refuse_if_faulty(table.faults)
        raise
    total = sum((one.total or Decimal(0) for one in judged), Decimal(0))
    new = len({name_client(one.arguments) for one in judged if one.is_new_client})
    warnings = [(one.document, found.problem) for one in judged for found in one.warnings]
    if not run.wants_json:
        for document, problem in warnings:
            said = f"{document.locate(problem.field)}: {run.translate(problem.problem)}"
            console.print_note(console.wrap_text(said))
    sums = SUMS.fill(documents=len(judged), total=Money(total), new=new, warnings=len(warnings))
    text = f"{run.translate(PASSED)}\n  {console.wrap_text(run.translate(sums), '  ')}"
    body = {
        "documents": len(judged),
        "total": str(total),
        "new_clients": new,
        "warnings": [
            {"row": document.row, **problem.as_dict(run.language)} for document, problem in warnings
        ],
        "sent": "nothing",
    }
    return print_outcome(run, body, text)


async def _judge(run: Invocation, settings: Settings, table: DocumentTable) -> list[Judged]:
    context = CallContext.open(settings, clock=run.clock, now=run.now)
    try:
        with show_progress(run.translate(JUDGING), len(table.documents), run.language) as progress:
            return await judge(context, table.documents, "cli", progress, table.faults)
    finally:
        with anyio.CancelScope(shield=True):
            await context.close()


@subcommand(command, "run")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@SHEET
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the report is written; default beside the file.",
)
def run_file(run: Invocation, file: Path, sheet: str, report_file: Path | None) -> int:
    """Create the drafts, ask for one approval, and issue them in order. Repeated, it goes on from where it stopped."""
    content = read_bytes(file)
    report_file = report_file or locate_report(file)
    require_report_place(report_file, file)
    session = BatchSession(run, report_file)
    return session.carry_on(content, file.name, sheet)


@subcommand(command, "list")
def list_(run: Invocation) -> int:
    """List the newest batches of the account."""
    with run.open_account() as settings, open_store(settings) as store:
        found = BatchRepository(store, is_owner_running).list_batches(account_name(settings))
    rows = [
        {"id": one.id, "file": one.name, "state": one.state, "created_at": format_rfc3339(one.created_at)}
        for one in found
    ]
    print_rows(run, "batches", rows, empty=run.translate(NO_BATCH))
    return Exit.OK


@subcommand(command, "status")
@click.argument("identifier", metavar="ID")
def status(run: Invocation, identifier: str) -> int:
    """Show how far a batch is, and what became of each document."""
    batch, rows = load_batch(run, identifier)
    print_batch(run, batch, rows)
    return find_exit_code(batch)


@subcommand(command, "report")
@click.argument("identifier", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def report(run: Invocation, identifier: str, file: Path) -> int:
    """Write the report of a batch to FILE: its rows with status, number, total and problem, as CSV."""
    require_report_place(file)
    batch, rows = load_batch(run, identifier)
    save_report(file, batch, rows, run.language)
    return print_outcome(run, {"file": str(file)}, run.translate(REPORT_WRITTEN.fill(file=str(file))))


@subcommand(command, "discard")
@click.argument("identifier", metavar="ID")
def discard(run: Invocation, identifier: str) -> int:
    """Delete the drafts of a batch that was rejected, expired, stopped or left some out, with one approval."""
    return BatchSession(run, None).discard(identifier)


def read_bytes(file: Path) -> bytes:
    """Return the content of a file; more than the limit is not read."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as trouble:
        raise refuse_file(
            message("{file} cannot be read ({reason}).", file=str(file), reason=trouble.strerror or "")
        ) from None
