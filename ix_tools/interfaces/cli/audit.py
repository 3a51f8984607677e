"""`ix-tools audit`: verify the audit trail, and reconcile the account with the approvals."""

import re
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import anyio
import click

from ix_tools.approvals.signature_audit import Proof, find_proofs, verify_signatures
from ix_tools.approvals.signatures import compute_challenge
from ix_tools.audit.trail import describe_cut
from ix_tools.audit.trail import verify_chain as faults_of
from ix_tools.config.folders import data_folder
from ix_tools.config.settings import Settings
from ix_tools.error_codes import Exit
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.repositories import open_store

if TYPE_CHECKING:
    from ix_tools.pipeline.reconciliation_report import ReconciliationReport

WHOLE = message("The trail is whole.")
ROW = message_template("row {seq}: {what}")
HEAD = message_template("{month}: {documents} documents in {account}")
NO_PROOF = message_template("No signed approval of {document} is in the audit trail.")
ERASED = message_template("Rows up to {through} were erased by their age, last on {at}.")
NO_SERIES = message("No document was issued in this month.")
FITS = message("Everything that was issued was approved.")
KINDS = {
    "orphan": message("not approved here"),
    "duplicate": message("duplicate"),
    "no_document": message("no document"),
    "gap": message("number missing"),
    "unknown": message("not known"),
    "twice": message("asked for twice"),
    "draft": message("not issued"),
}


@click.group("audit", context_settings=SETTINGS)
def command() -> None:
    """Verify the audit trail, and compare the account with it."""


@command.command("verify", params=[global_options()[0]])
@click.pass_context
def verify(ctx: click.Context, output: Any) -> int:
    """Name every row that was changed, removed or reordered, and every signature that does not verify. Exit code 1 if there is one."""
    run = apply_global_options(ctx, output)
    with open_store(run.settings, checks_note=False) as kept:
        faults = [*faults_of(kept, data_folder()), *verify_signatures(kept)]
        erased = describe_cut(kept)
    if run.wants_json:
        body = {"ok": not faults, "faults": [asdict(one) for one in faults]}
        console.print_json({**body, **({"erased": asdict(erased)} if erased else {})})
    else:
        if erased:
            console.print_out(run.translate(ERASED.fill(through=erased.through, at=erased.at[:10])))
        for one in faults:
            console.print_out(run.translate(ROW.fill(seq=one.seq, what=one.what)))
        if not faults:
            console.print_out(run.translate(WHOLE))
    return Exit.REFUSED if faults else Exit.OK


@subcommand(command, "prove")
@click.argument("document", metavar="DOCUMENT")
@click.option("--offline", is_flag=True, help="Do not read the document from InvoiceXpress.")
def prove(run: Invocation, document: str, offline: bool) -> int:
    """Print who signed the approvals of DOCUMENT, such as invoices/1001, and check it: signature, record, content.

    Exit code 1 if there is no valid signature, or the document has another content than the one that was signed.
    """
    with open_store(run.settings, checks_note=False) as kept:
        proofs = find_proofs(kept, document)
    content = "" if offline or not proofs else _digest_present_content(run, document)
    rows = [_describe_proof(one, content, run) for one in proofs]
    ok = bool(rows) and all(row["valid"] and row["content"] != "different" for row in rows)
    if run.wants_json:
        console.print_json({"ok": ok, "document": document, "proofs": rows})
    elif not rows:
        console.print_out(run.translate(NO_PROOF.fill(document=document)))
    else:
        from ix_tools.interfaces.cli.tables import Report

        report = Report(run.language)
        for row in rows:
            report.add_pairs({name: value for name, value in row.items() if value not in ("", None)})
        console.print_out(report.render())
    return Exit.OK if ok else Exit.REFUSED


def _digest_present_content(run: Invocation, document: str) -> str:
    """Return the digest of the document as InvoiceXpress has it now."""
    from ix_tools.pipeline.context import CallContext
    from ix_tools.pipeline.issued_content import digest_present_content

    async def read(settings: Settings) -> str:
        context = CallContext.open(settings, clock=run.clock, now=run.now)
        try:
            return await digest_present_content(context, document)
        finally:
            await context.close()

    with run.open_account() as settings:
        return anyio.run(read, settings)


def _describe_proof(one: Proof, content: str, run: Invocation) -> dict[str, Any]:
    """Describe a proof; `content` is the digest of the document now, empty if it was not read."""
    same = (
        "not_compared"
        if not content or not one.content
        else "same"
        if content == one.content
        else "different"
    )
    return {
        "valid": not one.fault,
        "person": one.signed.person,
        "also": one.signed.shared_with,
        "passkey": one.signed.passkey,
        "approval": one.approval,
        "operation": one.operation,
        "account": one.account,
        "at": one.at,
        "outcome": one.outcome,
        "content": same,
        "fault": one.fault,
        "record": one.signed.record,
        "challenge": compute_challenge(one.signed.record).hex(),
        "credential": one.signed.credential,
        "client_data": one.signed.client_data,
        "authenticator_data": one.signed.authenticator_data,
        "signature": one.signed.signature,
    }


def _parse_month(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise click.BadParameter("a month is written 2026-11")


@command.command(
    "reconcile",
    params=[
        click.Option(
            ["--month"],
            callback=_parse_month,
            metavar="YYYY-MM",
            help="Which month; default: the current one.",
        ),
        *global_options(),
    ],
)
@click.pass_context
def reconcile(ctx: click.Context, /, month: date | None, **options: Any) -> int:
    """Match a month's documents with the approvals; list orphans, duplicates, gaps, drafts. Reads only.

    Exit code 1 if an issued document has no approval, content exists twice, an entry has no document, a number
    is missing or an outcome is unknown. Drafts alone do not count.
    """
    run = apply_global_options(ctx, **options)
    from ix_tools.pipeline.account_reconciliation import reconcile as reconciled
    from ix_tools.pipeline.reconciliation_report import Month

    with run.open_account() as settings:
        when = Month.containing(month or run.now().date())

        async def go(settings: Settings) -> "ReconciliationReport":
            from ix_tools.pipeline.context import CallContext

            context = CallContext.open(settings, clock=run.clock, now=run.now)
            try:
                return await reconciled(context, when)
            finally:
                await context.close()

        found = anyio.run(go, settings)
    if run.wants_json:
        console.print_json(found.as_dict())
    else:
        console.print_out(_render_report(run, found))
    return Exit.OK if found.ok else Exit.REFUSED


def _render_report(run: Invocation, found: "ReconciliationReport") -> str:
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    head = HEAD.fill(month=found.month.name, documents=found.documents, account=found.account)
    report.add_heading((run.translate(head), "bold"))
    shown = found.as_dict()
    report.add_table(shown["series"], empty=run.translate(NO_SERIES))
    rows = []
    for one in found.findings:
        row = one.as_dict(run.language)
        name = row.pop("document_type", "")
        rows.append(
            {
                "finding": run.translate(KINDS[row.pop("kind")]),
                "document_type": name,
                "document": row.get("number") or (f"#{row['id']}" if "id" in row else ""),
                "date": row.get("date", ""),
                "total": row.get("total", ""),
                "why": row["why"],
            }
        )
    if rows:
        report.add_table(rows)
    if found.ok:
        report.add_note(run.translate(FITS))
    for note in found.notes:
        report.add_note(run.translate(note))
    return report.render()
