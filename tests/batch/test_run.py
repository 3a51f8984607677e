"""Runs of a batch: drafts, one sheet, one approval with the typed total, issued in order; repeated anywhere without a second document."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from ix_tools.api_client.protocol import Request, Response
from ix_tools.approvals.joint_decisions import Choice
from ix_tools.approvals.joint_preview import JointPreview
from ix_tools.approvals.models import Approval, CallOrigin
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.stored_preview import load_preview
from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.models import Batch, BatchRow
from ix_tools.batch.report import write_report
from ix_tools.batch.repository import BatchRepository
from ix_tools.batch.run import run_batch
from ix_tools.batch.start import create_repository, start_batch
from ix_tools.errors import ApprovalRefused, InvalidArguments, IxError, StoreUnavailable
from ix_tools.i18n.messages import message
from ix_tools.storage.schema import approvals
from tests.batch.workbooks import HEADINGS, build_csv, change
from tests.harness import Harness, document_arguments, line
from tests.policy.test_policy import rule, write_policy

CLI = CallOrigin("cli")
MAIL = (*HEADINGS, "enviar_para")


def file_of(*rows: Any, headings: Any = HEADINGS) -> bytes:
    return build_csv(*rows, headings=headings).encode()


THREE = file_of(change(), change(artigo="B", preco="100,00"), change(artigo="C", preco="200,00"))
"""Totals 74.42 (74.415), 123.00 and 246.00."""


async def start(harness: Harness, content: bytes = THREE) -> Batch:
    return await start_batch(harness.context, content, "socios.csv")


async def go_on(harness: Harness, batch: Batch, *, asks_again: bool = False) -> BatchRun:
    return await run_batch(harness.context, batch.id, CLI, asks_again=asks_again)


async def ask(harness: Harness, content: bytes = THREE) -> BatchRun:
    run = await go_on(harness, await start(harness, content))
    assert run.batch.state == "asked"
    return run


def find_approval(harness: Harness, run: BatchRun) -> Approval:
    return harness.context.approvals.find(run.batch.approval)


def sheet_of(harness: Harness, run: BatchRun) -> JointPreview:
    sheet = load_preview(find_approval(harness, run).sheet)
    assert isinstance(sheet, JointPreview)
    return sheet


def approve(harness: Harness, run: BatchRun, total: str, *left_out: int) -> None:
    choice = Choice(Decimal(total), frozenset(left_out))
    harness.context.approvals.approve_many(run.batch.approval, choice, by="terminal:ana")


def rows_of(harness: Harness, run: BatchRun) -> list[BatchRow]:
    return create_repository(harness.context).list_rows(run.batch.id)


def states(harness: Harness, run: BatchRun) -> list[str]:
    return [one.state for one in rows_of(harness, run)]


async def test_a_file_is_issued_in_order_with_one_approval(harness: Harness) -> None:
    run = await ask(harness)
    assert states(harness, run) == ["drafted"] * 3
    sheet = sheet_of(harness, run)
    assert [one.total for one in sheet.documents] == [Decimal("74.42"), Decimal(123), Decimal(246)]
    assert (await go_on(harness, run.batch)).batch.state == "asked"
    approve(harness, run, "443.42")
    done = await go_on(harness, run.batch)
    assert done.batch.state == "done"
    assert [one.number for one in rows_of(harness, run)] == ["1/2026", "2/2026", "3/2026"]
    before = len(harness.list_writes())
    assert (await go_on(harness, await start(harness))).batch.state == "done"
    assert len(harness.list_writes()) == before
    events = harness.context.events.read_after(0).events
    assert [one.type for one in events][-1] == "batch.done"
    assert events[-1].data == {"batch": run.batch.id, "state": "done", "documents": {"done": 3}}
    assert len([one for one in events if one.type == "approval.requested"]) == 1


async def test_the_text_tells_sums_and_those_that_need_attention_first(harness: Harness) -> None:
    row = (*change(cliente_codigo="NOVO", artigo="Z"), "Novo Lda")
    run = await ask(harness, file_of((*change(), ""), row, headings=(*HEADINGS, "cliente_nome")))
    text = find_approval(harness, run).text
    assert "Documents: 2" in text
    assert (
        text.index("Look at these first")
        < text.index("Novo Lda")
        < text.index("The others")
        < text.index("Revisão")
    )
    assert "IVA23 23%: €121.00 + €27.84" in text
    assert "! new client" in text


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(Decimal("443.41")), "control_sum_wrong"),
        (Choice(None), "control_sum_missing"),
        (Choice(Decimal("443.42"), frozenset({1})), "control_sum_wrong"),
        (Choice(Decimal(0), frozenset({1, 2, 3})), "control_sum_wrong"),
        (Choice(Decimal("443.42"), frozenset({7})), "control_sum_wrong"),
    ],
)
async def test_a_wrong_total_approves_nothing(harness: Harness, choice: Choice, code: str) -> None:
    run = await ask(harness)
    with pytest.raises(ApprovalRefused) as refusal:
        harness.context.approvals.approve_many(run.batch.approval, choice)
    assert refusal.value.code == code
    with pytest.raises(ApprovalRefused) as refusal:
        harness.context.approvals.decide(run.batch.approval, approve=True)
    assert refusal.value.code == "control_sum_missing"
    assert find_approval(harness, run).state == "pending"


async def test_rows_can_be_left_out(harness: Harness) -> None:
    run = await ask(harness)
    approve(harness, run, "320.42", 2)
    done = await go_on(harness, run.batch)
    assert done.batch.state == "partial"
    assert [(one.state, one.number) for one in rows_of(harness, run)] == [
        ("done", "1/2026"), ("left_out", ""), ("done", "2/2026"),
    ]  # fmt: skip


async def test_a_document_that_changes_after_the_sheet_is_held_and_the_others_go_on(harness: Harness) -> None:
    run = await ask(harness)
    second = rows_of(harness, run)[1]
    about = {"document_type": "invoices", "document_id": second.document}
    await harness.call("update_invoice", {**about, "reference": "changed"})
    approve(harness, run, "443.42")
    done = await go_on(harness, run.batch)
    assert (done.batch.state, states(harness, run)) == ("partial", ["done", "held", "done"])
    problem = rows_of(harness, run)[1].problem
    assert problem is not None
    assert problem["code"] == "document_changed"


async def test_a_draft_that_was_stored_differently_is_not_in_the_common_approval(harness: Harness) -> None:
    batch = await start(harness)
    altered = {"id": 1001, "status": "draft", "total": "1.0", "date": "20/11/2026"}
    harness.sandbox.fault("GET", "/invoices/", status=200, body={"invoice": altered})
    run = await go_on(harness, batch)
    assert sorted(states(harness, run)) == ["drafted", "drafted", "held"]
    assert len(sheet_of(harness, run).documents) == 2


async def test_a_later_document_of_somebody_else_stops_the_series_and_says_so(harness: Harness) -> None:
    run = await ask(harness)
    await harness.create_issued(date="2026-11-25", due_date="2026-11-30", items=[line(name="Outra")])
    approve(harness, run, "443.42")
    stopped = await go_on(harness, run.batch)
    assert stopped.batch.state == "stopped"
    assert stopped.batch.reason is not None
    assert stopped.batch.reason["code"] == "batch_stopped"
    assert states(harness, run) == ["drafted"] * 3


async def test_a_rejected_batch_can_delete_its_drafts_with_one_approval(harness: Harness) -> None:
    run = await ask(harness)
    harness.context.approvals.decide(run.batch.approval, approve=False, reason="wrong month")
    assert (await go_on(harness, run.batch)).batch.state == "rejected"
    create_repository(harness.context).update(run.batch.id, purpose="delete", state="asking")
    asked = await go_on(harness, run.batch)
    assert sheet_of(harness, asked).action == "deleted_batch"
    approve(harness, asked, "443.42")
    assert (await go_on(harness, run.batch)).batch.state == "done"
    assert states(harness, run) == ["deleted"] * 3
    assert (await start(harness)).state == "done"


async def test_e_mails_go_out_once_each(harness: Harness) -> None:
    rows = [(*change(), "a@example.pt"), (*change(artigo="B"), "")]
    run = await ask(harness, file_of(*rows, headings=MAIL))
    assert [one.recipient for one in sheet_of(harness, run).documents] == ["a@example.pt", ""]
    approve(harness, run, "148.84")
    assert (await go_on(harness, run.batch)).batch.state == "done"
    mails = [one for one in harness.list_writes() if "email-document" in one["path"]]
    assert len(mails) == 1


def list_steps(harness: Harness, since: int) -> list[str]:
    """Return what was sent about documents since then, such as `PUT 1001`."""
    sent = harness.sandbox.requests()[since:]
    return [
        f"{one['method']} {one['path'].removesuffix('.json').split('/')[2]}"
        for one in sent
        if one["path"].startswith("/invoices/")
    ]


@pytest.mark.parametrize("shows_nothing", [False, True])
async def test_each_is_read_directly_before_it_is_issued_and_after_the_one_before_it_was(
    harness: Harness, shows_nothing: bool
) -> None:
    """Where the answer shows that the one before it is issued; otherwise after that one was read back."""
    harness.sandbox.set_option("empty_update_answer", shows_nothing)
    run = await ask(harness)
    approve(harness, run, "443.42")
    before = len(harness.sandbox.requests())
    assert (await go_on(harness, run.batch)).batch.state == "done"
    steps = list_steps(harness, before)
    assert sorted(steps) == sorted(
        f"{step} {number}" for number in (1001, 1002, 1003) for step in ("GET", "PUT", "GET")
    )
    for number in (1001, 1002, 1003):
        sent = steps.index(f"PUT {number}")
        assert steps[:sent].count(f"GET {number}") == 1
        if number > 1001:
            read = steps.index(f"GET {number}")
            assert f"PUT {number - 1}" in steps[:read]
            if shows_nothing:
                assert steps[:read].count(f"GET {number - 1}") == 2


def watch_requests(
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    before_answer: Callable[[str, list[str]], Awaitable[None]],
) -> list[str]:
    """Return a list that fills with the requests about documents: `> PUT 1001` when one is sent, `< PUT 1001` when it was answered."""
    seen: list[str] = []

    def wrap(send: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def sent(request: Request) -> Response:
            name = f"{request.method} {request.path.removesuffix('.json').split('/')[2]}"
            seen.append(f"> {name}")
            response = await send(request)
            await before_answer(name, seen)
            seen.append(f"< {name}")
            return response

        return sent

    for name in ("send", "send_once"):
        monkeypatch.setattr(harness.context.account, name, wrap(getattr(harness.context.account, name)))
    return seen


async def test_the_last_read_waits_for_the_answer_of_the_one_before_and_the_request_for_no_read_back(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read-back of each is answered only after the next one was sent."""
    run = await ask(harness)
    approve(harness, run, "443.42")
    sent = {number: anyio.Event() for number in (1001, 1002, 1003, 1004)}
    sent[1004].set()

    async def hold_read_back(name: str, seen: list[str]) -> None:
        method, number = name.split()
        if method == "PUT":
            sent[int(number)].set()
        elif number in {"1001", "1002", "1003"} and f"< PUT {number}" in seen:
            await sent[int(number) + 1].wait()

    seen = watch_requests(harness, monkeypatch, hold_read_back)
    with anyio.fail_after(30):
        assert (await go_on(harness, run.batch)).batch.state == "done"
    for number in (1001, 1002, 1003):
        read, wrote = seen.index(f"> GET {number}"), seen.index(f"> PUT {number}")
        assert seen.index(f"< GET {number}") < wrote
        assert number == 1001 or seen.index(f"< PUT {number - 1}") < read
    assert [one.number for one in rows_of(harness, run)] == ["1/2026", "2/2026", "3/2026"]


async def test_after_a_refused_document_nothing_more_of_its_series_is_sent(harness: Harness) -> None:
    run = await ask(harness)
    approve(harness, run, "443.42")
    harness.sandbox.fault("PUT", "/invoices/1001/change-state", status=422, body={"errors": ["no"]})
    before = len(harness.sandbox.requests())
    assert (await go_on(harness, run.batch)).batch.state == "stopped"
    assert [one for one in list_steps(harness, before) if one.startswith("PUT")] == ["PUT 1001"]
    assert states(harness, run) == ["drafted"] * 3
    again = await go_on(harness, run.batch, asks_again=True)
    approve(harness, again, "443.42")
    assert (await go_on(harness, run.batch)).batch.state == "done"
    assert [one.number for one in rows_of(harness, run)] == ["1/2026", "2/2026", "3/2026"]


async def test_trouble_that_passes_leaves_everything_where_it_is(harness: Harness) -> None:
    run = await ask(harness)
    approve(harness, run, "443.42")
    harness.sandbox.fault("PUT", "/invoices/1002/change-state", status=429, times=9)
    with pytest.raises(IxError):
        await go_on(harness, run.batch)
    harness.sandbox.clear_faults()
    assert states(harness, run)[0] == "done"
    again = await go_on(harness, run.batch)
    assert again.batch.state == "done"
    numbers = [one.number for one in rows_of(harness, run)]
    assert numbers == ["1/2026", "2/2026", "3/2026"]


async def test_only_one_process_carries_a_batch_on(harness: Harness) -> None:
    batch = await start(harness)
    repository = create_repository(harness.context)
    assert repository.claim(batch.id, f"{'x' * 5}/99999/abc", 60.0)
    with pytest.raises(IxError) as refusal:
        await go_on(harness, batch)
    assert refusal.value.code == "in_progress"


async def test_a_refused_row_leaves_nothing_behind(harness: Harness) -> None:
    with pytest.raises(InvalidArguments):
        await start(harness, file_of(change(), change(cliente_codigo="NINGUEM")))
    assert harness.list_writes() == []
    assert create_repository(harness.context).list_batches(harness.context.account.name) == []


async def test_a_draft_that_was_issued_elsewhere_is_not_issued_again(harness: Harness) -> None:
    run = await ask(harness)
    approve(harness, run, "443.42")
    first = rows_of(harness, run)[0]
    document = await harness.read_document({"document_type": "invoices", "id": first.document})
    await harness.call("change_state", document_arguments(document, state="finalized"))
    done = await go_on(harness, run.batch)
    assert [one.number for one in rows_of(harness, run)][1:] == ["2/2026", "3/2026"], states(harness, done)


async def test_a_report_is_fed_in_again(harness: Harness) -> None:
    run = await ask(harness)
    approve(harness, run, "320.42", 2)
    await go_on(harness, run.batch)
    batch = create_repository(harness.context).find(run.batch.id)
    assert batch is not None
    report = write_report(batch, rows_of(harness, run), "pt")
    lines = report.decode("utf-8-sig").splitlines()
    assert lines[0].endswith("IVA;ix_estado;ix_id;ix_numero;ix_total;ix_problema;ix_chave")
    assert [line.split(";")[7] for line in lines[1:]] == ["emitido", "excluído", "emitido"]
    drafts = [one for one in harness.list_writes() if one["path"] == "/invoices.json"]
    again = await go_on(harness, await start_batch(harness.context, report, "relatorio.csv"))
    assert [one.total for one in sheet_of(harness, again).documents] == [Decimal(123)]
    approve(harness, again, "123.00")
    done = await go_on(harness, again.batch)
    assert (done.batch.state, states(harness, again)) == ("done", ["skipped", "done", "skipped"])
    assert [one for one in harness.list_writes() if one["path"] == "/invoices.json"] == drafts


async def test_no_cell_of_a_report_is_a_formula_and_it_is_fed_in_again(harness: Harness) -> None:
    """A spreadsheet program would run +cmd|… as it opens the report; amounts stay amounts."""
    texts = ("@SUM(1)", "+cmd|x", "-2+3", "'-a", " @SUM(1)", "＝1+1")
    rows = [change(artigo=one, preco="100,00") for one in texts]
    run = await ask(harness, file_of(*rows))
    approve(harness, run, "615.00", 1)
    await go_on(harness, run.batch)
    batch = create_repository(harness.context).find(run.batch.id)
    assert batch is not None
    report = write_report(batch, rows_of(harness, run), "en")
    table = list(csv.reader(io.StringIO(report.decode("utf-8-sig")), delimiter=";"))
    assert [row[3] for row in table[1:]] == [f"'{one}" for one in texts]
    assert {row[5] for row in table[1:]} == {"100,00"}
    again = await go_on(harness, await start_batch(harness.context, report, "report.csv"))
    assert [one.total for one in sheet_of(harness, again).documents] == [Decimal(123)]
    assert states(harness, again) == ["drafted", *["skipped"] * 5]


async def test_a_report_of_another_caller_is_refused(harness: Harness) -> None:
    """Whether a lost request of theirs made a draft would not be found under a key of this caller."""
    run = await ask(harness)
    approve(harness, run, "443.42")
    await go_on(harness, run.batch)
    report = write_report(run.batch, rows_of(harness, run), "en")
    settings = harness.context.settings.model_copy(update={"principal": "zapier"})
    other = replace(harness.context, settings=settings)
    with pytest.raises(InvalidArguments) as refusal:
        await start_batch(other, report, "report.csv")
    assert {str(one.problem) for one in refusal.value.problems} == {
        "belongs to a batch that another caller began"
    }


async def test_a_changed_row_of_a_report_whose_document_exists_is_refused(harness: Harness) -> None:
    run = await ask(harness)
    approve(harness, run, "443.42")
    await go_on(harness, run.batch)
    report = (
        write_report(run.batch, rows_of(harness, run), "en").decode("utf-8-sig").replace("60,50", "61,50", 1)
    )
    with pytest.raises(InvalidArguments) as refusal:
        await start_batch(harness.context, report.encode(), "report.csv")
    assert "was changed, and its document 1/2026 exists" in str(refusal.value.problems[0].problem)


@pytest.mark.parametrize(("limit", "people"), [(400, 2), (500, 1), (100, 2)])
async def test_a_policy_limit_counts_for_each_document_and_for_the_sum(
    harness: Harness, tmp_path: Path, limit: int, people: int
) -> None:
    """The documents are 74.42, 123.00 and 246.00; together 443.42."""
    text = rule(name="large", operations=["change_state"], above=limit, decision="four-eyes")
    harness.context.policy = write_policy(tmp_path / "policy.toml", text)
    run = await ask(harness)
    found = find_approval(harness, run)
    assert ApprovalRequirement.from_json(found.terms).people == people
    choice = Choice(Decimal("443.42"))
    for person in ("terminal:ana", "terminal:rui")[:people]:
        assert find_approval(harness, run).state == "pending"
        harness.context.approvals.approve_many(found.id, choice, by=person)
    assert (await go_on(harness, run.batch)).batch.state == "done"


async def test_two_people_approve_the_same_choice(harness: Harness, tmp_path: Path) -> None:
    text = rule(name="all", operations=["change_state"], decision="four-eyes")
    harness.context.policy = write_policy(tmp_path / "policy.toml", text)
    run = await ask(harness)
    approvals = harness.context.approvals
    approvals.approve_many(run.batch.approval, Choice(Decimal("320.42"), frozenset({2})), by="terminal:ana")
    with pytest.raises(ApprovalRefused) as refusal:
        approvals.approve_many(run.batch.approval, Choice(Decimal("443.42")), by="terminal:rui")
    assert refusal.value.code == "control_sum_wrong"
    approvals.approve_many(run.batch.approval, Choice(Decimal("320.42"), frozenset({2})), by="terminal:rui")
    await go_on(harness, run.batch)
    assert states(harness, run) == ["done", "left_out", "done"]


async def test_a_batch_that_was_interrupted_or_never_decided_ends_too(harness: Harness) -> None:
    repository = create_repository(harness.context)
    begun = await start(harness)
    asked = await ask(harness, file_of(change(artigo="D", preco="10,00")))
    days = 31 * 86_400
    harness.context.store.clock = lambda: time.time() + days
    with harness.context.store.writing() as connection:
        pending = approvals.update().where(approvals.c.id == asked.batch.approval)
        connection.execute(pending.values(expires_at=time.time() + days + 60))
    repository.forget()
    found = [repository.find(one) for one in (begun.id, asked.batch.id)]
    assert [one and one.state for one in found] == ["partial", "asked"], "one waits for a person"
    harness.context.store.clock = lambda: time.time() + days + 120
    repository.forget()
    found = [repository.find(one) for one in (begun.id, asked.batch.id)]
    assert [one and one.state for one in found] == ["partial", "partial"]
    assert not any(row.arguments for row in rows_of(harness, asked))


async def test_a_database_that_goes_away_leaves_the_batch_to_the_next_attempt(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await start(harness)

    def lose_it(*given: object) -> None:
        raise StoreUnavailable(message("away"), next=message("later"))

    with monkeypatch.context() as away:
        away.setattr(BatchRepository, "release", lose_it)
        with pytest.raises(StoreUnavailable):
            await go_on(harness, batch)
    assert (await go_on(harness, batch)).batch.state == "asked"
    assert len([one for one in harness.list_writes() if one["path"] == "/invoices.json"]) == 3


async def test_a_rejected_batch_that_nobody_carries_on_ends_and_is_emptied(harness: Harness) -> None:
    run = await ask(harness)
    harness.context.approvals.decide(run.batch.approval, approve=False)
    await go_on(harness, run.batch)
    repository = create_repository(harness.context)
    repository.forget()
    assert rows_of(harness, run)[0].arguments
    later = time.time() + 31 * 86_400
    harness.context.store.clock = lambda: later
    repository.forget()
    batch = repository.find(run.batch.id)
    assert batch is not None
    assert batch.state == "partial"
    assert [one.arguments for one in rows_of(harness, run)] == [{}] * 3
    harness.context.store.clock = lambda: later + 31 * 86_400
    repository.forget()
    assert [one.cells for one in rows_of(harness, run)] == [()] * 3
