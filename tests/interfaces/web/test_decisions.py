"""The approval's page: shows what a person must see, and decides once, for whoever has link, token and PIN, and nobody else."""

from __future__ import annotations

import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sql
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ix_tools.approvals.links import ENDED_LINK_RETENTION, ServerPages
from ix_tools.approvals.pins import FIRST_WAIT, WRONG_GUESSES_WITHOUT_WAIT
from ix_tools.approvals.repository import Approval, ApprovalRepository
from ix_tools.config.launch_command import format_launch_command
from ix_tools.domain.comparison import Difference
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.i18n.formats import LISBON
from ix_tools.interfaces.web.local_server import LocalPageServer
from ix_tools.storage.schema import audit
from tests.harness import ApprovalNeeded, Harness, document_arguments, execute, invoice
from tests.interfaces.web.visitor import (
    FULL,
    HERE,
    Visitor,
    build_finalization,
    extract_text,
    find_csrf_token,
    request_approval,
    request_with_link,
    with_pages,
)

PIN = "bacalhau"


@pytest.fixture
def paper(harness: Harness) -> Harness:
    """A harness whose approvals have pages."""
    return with_pages(harness)


@pytest.fixture
def visitor(paper: Harness) -> Visitor:
    """Somebody with a browser."""
    return Visitor(paper.context)


def state(harness: Harness, approval: Approval) -> str:
    return harness.context.approvals.find(approval.id).state


def trail(harness: Harness, approval: Approval) -> list[tuple[str, str]]:
    with harness.context.store.reading() as connection:
        rows = connection.execute(
            sql.select(audit.c.event, audit.c.face)
            .where(audit.c.approval == approval.id)
            .order_by(audit.c.seq)
        ).all()
    return [(row.event, row.face) for row in rows]


def decided_by(harness: Harness, approval: Approval) -> str:
    """As the audit trail says it."""
    with harness.context.store.reading() as connection:
        wanted = sql.select(audit.c.outcome).where(
            audit.c.approval == approval.id, audit.c.event == "approval approved"
        )
        return str(connection.execute(wanted).scalar_one())


# --- what it shows


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "pt",
            [
                "Finalizar: Fatura 1/2026 (n.º previsto)",
                "ACME, Lda",
                "NIF 508112230",
                "Avenida da Bigorna, 7",
                "20 de novembro de 2026",
                "Revisão de contas Novembro de 2026 2 × 1.234,50 € IVA23 23 % 2.469,00 €",
                "1 × 120,00 €, desconto 10 % Isento 0 % 108,00 €",
                "IVA23 23 % 2.469,00 € 567,87 €",
                "Isento 0 % 108,00 € 0,00 €",
                "Total 2.577,00 € 567,87 €",
                "Valor ilíquido 2.589,00 € Descontos nas linhas -12,00 € Total sem IVA 2.577,00 € Total do IVA 567,87 €",
                "Total 3.144,87 €",
                "M07 Isento artigo 9.º do CIVA",
                "Obrigado pela preferência. Pagamento a 30 dias.",
                "Irreversível Emite um documento fiscal definitivo",
                "Utilizador local",
                "um assistente (MCP): Claude Desktop 1.4 (nome dado pelo próprio programa)",
                "hora de Lisboa",
                "Sandbox: sem valor fiscal",
            ],
        ),
        (
            "en",
            [
                "Finalize: Invoice 1/2026 (expected number)",
                "Tax number 508112230",
                "20 November 2026",
                "Revisão de contas Novembro de 2026 2 × €1,234.50 IVA23 23% €2,469.00",
                "1 × €120.00, discount 10% Isento 0% €108.00",
                "Total €3,144.87",
                "M07 Isento artigo 9.º do CIVA",
                "Irreversible Issues a certified tax document",
                "an assistant (MCP): Claude Desktop 1.4 (the name that the program gives itself)",
                "Lisbon time",
                "Sandbox: no fiscal value",
            ],
        ),
    ],
)
async def test_the_page_shows_what_a_person_must_see(
    paper: Harness, visitor: Visitor, language: str, expected: list[str]
) -> None:
    made = (await paper.call("create_invoice", FULL))["document"]
    _, _, link = await request_with_link(paper, document_arguments(made, state="finalized"))
    page = await visitor.look(f"{link}?lang={language}")
    text = extract_text(page.text)
    assert [one for one in expected if one not in text] == [], text
    assert f'<html lang="{"pt-PT" if language == "pt" else "en-GB"}">' in page.text


@pytest.mark.parametrize(("setting", "heading"), [("pt", "A sua decisão"), ("en", "Your decision")])
async def test_the_language_is_the_settings_unless_the_person_changes_it(
    harness: Harness, setting: str, heading: str
) -> None:
    paper = with_pages(harness, language=setting)
    _, _, link = await request_with_link(paper)
    visitor = Visitor(paper.context)
    assert heading in (await visitor.look(link)).text
    assert "Your decision" in (await visitor.look(f"{link}?lang=en")).text
    assert heading in (await visitor.look(f"{link}?lang=<script>")).text


async def test_a_page_tells_the_browser_to_let_nothing_in_and_nothing_out(
    paper: Harness, visitor: Visitor
) -> None:
    _, _, link = await request_with_link(paper)
    page = await visitor.look(link)
    policy = page.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        policy,
    )
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert re.search(
        r"ix_page=[\w-]+; HttpOnly; Path=/approve/\S+; SameSite=strict; Secure", page.headers["set-cookie"]
    )
    for outside in ("<script", "<img", "<link", "@import", "url("):
        assert outside not in page.text
    assert set(re.findall(r'(?:href|src|action)="([^"]*)"', page.text)) == {
        "?lang=pt",
        "?lang=en",
        "#decision",
    }


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        (
            "send_email",
            {"email": "compras@acme.example", "subject": "A sua fatura", "body": "Olá,\n\nsegue a fatura."},
            ["Send by e-mail: Invoice 1/2026", "Recipient compras@acme.example", "Text Olá, segue a fatura."],
        ),
        (
            "generate_payment",
            {"amount": "100.5", "payment_mechanism": "TB", "payment_date": "2026-11-20"},
            ["Record a payment: Invoice 1/2026", "Payment €100.50", "TB – ", "Payment date 20 November 2026"],
        ),
    ],
)
async def test_every_kind_of_call_says_what_it_brings(
    paper: Harness, visitor: Visitor, name: str, arguments: dict[str, str], expected: list[str]
) -> None:
    other = with_pages(paper, approval_channel="auto")
    number = (await other.create_issued())["id"]
    about_it = {"document_type": "invoices"} if name == "send_email" else {}
    asked = await request_approval(paper, {"document_id": number, **about_it, **arguments}, name)
    text = extract_text((await visitor.look(paper.context.links.create(asked, "message"))).text)
    assert [one for one in expected if one not in text] == [], text


# --- deciding


async def test_a_yes_on_the_page_lets_the_same_call_through_once(paper: Harness, visitor: Visitor) -> None:
    call, asked, link = await request_with_link(paper)
    before = len(paper.list_writes())
    answer = await visitor.decide(link)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link.removeprefix(HERE)}?lang=en")
    assert "Approved" in extract_text((await visitor.look(link)).text)
    assert len(paper.list_writes()) == before, "deciding sends nothing"
    assert (await execute(paper.context, "change_state", call))["document"]["status"] == "final"
    assert state(paper, asked) == "used"
    assert trail(paper, asked)[:3] == [
        ("approval asked", "page"),
        ("approval approved", "page"),
        ("approval used", "page"),
    ]
    ended = await visitor.look(link)
    assert "Approved, and done" in extract_text(ended.text)
    assert "Revisão" not in ended.text, "what was read is not kept, but for its title"
    assert kept_of(paper, asked) == ("", "")


def kept_of(harness: Harness, approval: Approval) -> tuple[str, str]:
    kept = harness.context.approvals.find(approval.id)
    return kept.text, kept.sheet


async def test_a_no_tells_whoever_asked_why(paper: Harness, visitor: Visitor) -> None:
    call, asked, link = await request_with_link(paper)
    assert (await visitor.decide(link, "reject", reason="Preço errado <b>")).status_code == 303
    page = await visitor.look(link)
    assert "Reason: Preço errado <b>" in extract_text(page.text)
    assert "&lt;b&gt;" in page.text
    with pytest.raises(ApprovalRefused, match="Preço errado"):
        await execute(paper.context, "change_state", call)
    assert trail(paper, asked)[-1] == ("approval rejected", "page")


async def test_a_second_click_is_told_that_it_was_decided(paper: Harness, visitor: Visitor) -> None:
    _, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    form = {"csrf": find_csrf_token(page.text), "decision": "approve"}
    await visitor.send(link, form)
    for again in (form, {**form, "decision": "reject"}):
        answer = await visitor.send(link, again)
        assert answer.status_code == 409
        assert "It was decided already" in extract_text(answer.text)
    assert state(paper, asked) == "approved"
    assert trail(paper, asked) == [("approval asked", "page"), ("approval approved", "page")]


async def test_of_many_clicks_at_once_one_decides(paper: Harness, visitor: Visitor) -> None:
    _, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    statuses: list[int] = []

    async def click(decision: str) -> None:
        answer = await visitor.send(link, {"csrf": find_csrf_token(page.text), "decision": decision})
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as clicks:
        for number in range(8):
            clicks.start_soon(click, "reject" if number % 2 else "approve")
    assert sorted(statuses) == [303, *[409] * 7]
    assert len(trail(paper, asked)) == 2


async def test_a_decision_in_a_terminal_counts_for_the_page_and_the_other_way_round(
    paper: Harness, visitor: Visitor
) -> None:
    call, asked, link = await request_with_link(paper)
    assert [one.id for one in paper.context.approvals.list_waiting()] == [asked.id]
    paper.context.approvals.decide(asked.id, approve=True)
    answer = await visitor.decide(link)
    assert answer.status_code == 403, "no form, no token"
    assert "Approved" in extract_text((await visitor.look(link)).text)
    assert (await execute(paper.context, "change_state", call))["ok"]


async def test_differences_want_a_tick_of_their_own(paper: Harness, visitor: Visitor) -> None:
    made = await paper.create_draft()
    found = [Difference("total", "123.00", "122.99")]
    desk = paper.context
    desk.differences.save(desk.account.name, "invoices", made["id"], found)
    _, asked, link = await request_with_link(paper, document_arguments(made, state="finalized"))
    page = await visitor.look(link)
    assert (
        "The stored document is not what was asked Field Asked Stored Total €123.00 €122.99"
        in extract_text(page.text)
    )
    answer = await visitor.decide(link)
    assert answer.status_code == 422
    assert "tick that you accept the differences" in extract_text(answer.text)
    assert state(paper, asked) == "pending"
    assert (await visitor.decide(link, accept_differences="yes")).status_code == 303
    assert state(paper, asked) == "approved"


async def test_a_document_that_changed_after_the_yes_is_shown_again(paper: Harness, visitor: Visitor) -> None:
    call, asked, link = await request_with_link(paper)
    await visitor.decide(link)
    await paper.call(
        "update_invoice", {"document_type": "invoices", "document_id": call["document_id"], "reference": "X"}
    )
    with pytest.raises(ApprovalRefused) as refused:
        await execute(paper.context, "change_state", call)
    assert refused.value.code == "document_changed"
    assert "The document changed" in extract_text((await visitor.look(link)).text)
    assert (await request_approval(paper, call)).id != asked.id


async def test_a_page_ends_with_its_approval(harness: Harness, tmp_path: Path) -> None:
    now = 1_800_000_000.0
    paper = with_pages(harness)
    paper.context.approvals = ApprovalRepository(paper.context.store, 15, lambda: now)
    visitor = Visitor(paper.context)
    _, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    now = asked.expires_at
    answer = await visitor.send(link, {"csrf": find_csrf_token(page.text), "decision": "approve"})
    assert answer.status_code == 409
    for shown in (answer, await visitor.look(link)):
        assert "Time is up" in extract_text(shown.text)
        assert "ACME" not in shown.text
    assert trail(paper, asked) == [("approval asked", "page")]
    now = asked.expires_at + ENDED_LINK_RETENTION
    assert (await visitor.look(link)).status_code == 404


# --- who cannot decide


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
async def test_only_a_post_decides(paper: Harness, visitor: Visitor, method: str) -> None:
    _, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    asking = {"csrf": find_csrf_token(page.text), "decision": "approve"}
    for headers in ({"Origin": HERE}, {"Sec-Purpose": "prefetch"}, {"X-HTTP-Method-Override": "POST"}):
        await visitor.client.request(method, link, params=asking, headers=headers)
    assert state(paper, asked) == "pending"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://ix.example.pt"}, 403),
        ({"Origin": HERE + ":444"}, 403),
        ({"Host": "evil.example", "Origin": "https://evil.example"}, 403),
        ({"Host": "ix.example.pt.evil.example"}, 403),
        ({"Content-Type": "application/json"}, 400),
        ({"Content-Type": "text/plain"}, 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 400),
    ],
    ids=str,
)
async def test_an_answer_from_elsewhere_is_none(
    paper: Harness, visitor: Visitor, headers: dict[str, str], status: int
) -> None:
    _, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    answer = await visitor.send(link, {"csrf": find_csrf_token(page.text), "decision": "approve"}, headers)
    assert answer.status_code == status
    assert "Nothing was decided" in extract_text(answer.text)
    assert state(paper, asked) == "pending"


async def test_an_answer_without_an_origin_is_none(paper: Harness, visitor: Visitor) -> None:
    _, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    fields = {"csrf": find_csrf_token(page.text), "decision": "approve"}
    assert (await visitor.client.post(link, data=fields)).status_code == 403
    assert state(paper, asked) == "pending"


async def test_a_page_is_shown_under_its_own_name_only(paper: Harness, visitor: Visitor) -> None:
    _, _, link = await request_with_link(paper)
    answer = await visitor.look(link, headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert "ACME" not in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {"decision": "approve"},
        {"decision": "approve", "csrf": ""},
        {"decision": "approve", "csrf": "0" * 64},
        {"csrf": "right"},
        {"decision": "", "csrf": "right"},
        {"decision": "APPROVE", "csrf": "right"},
        {"decision": "approve", "csrf": "right", "reason": "x" * 20_000},
        {"decision": "approve", "csrf": "right", **{f"field{number}": "" for number in range(12)}},
    ],
    ids=lambda form: ",".join(form)[:40],
)
async def test_a_form_that_is_not_ours_decides_nothing(
    paper: Harness, visitor: Visitor, form: dict[str, str]
) -> None:
    _, asked, link = await request_with_link(paper)
    token = find_csrf_token((await visitor.look(link)).text)
    given = {name: token if value == "right" else value for name, value in form.items()}
    assert (await visitor.send(link, given)).status_code in {400, 403}
    assert state(paper, asked) == "pending"


async def test_a_field_given_twice_decides_nothing(paper: Harness, visitor: Visitor) -> None:
    _, asked, link = await request_with_link(paper)
    token = find_csrf_token((await visitor.look(link)).text)
    headers = {"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"}
    body = f"csrf={token}&decision=reject&decision=approve"
    assert (await visitor.client.post(link, content=body, headers=headers)).status_code == 400
    assert state(paper, asked) == "pending"


async def test_the_token_of_another_approval_or_browser_opens_nothing(
    paper: Harness, visitor: Visitor
) -> None:
    _, first, link = await request_with_link(paper)
    _, second, other = await request_with_link(paper, await build_finalization(paper, reference="another"))
    token = find_csrf_token((await visitor.look(link)).text)
    await visitor.look(other)
    assert (await visitor.send(other, {"csrf": token, "decision": "approve"})).status_code == 403
    stranger = Visitor(paper.context)
    assert (await stranger.send(link, {"csrf": token, "decision": "approve"})).status_code == 403
    await stranger.look(link)
    assert (await stranger.send(link, {"csrf": token, "decision": "approve"})).status_code == 403
    assert (state(paper, first), state(paper, second)) == ("pending", "pending")


@pytest.mark.parametrize("secret", ["x", "0" * 32, "%00", "..%2f..%2fetc", "é", "' OR 1=1 --", "a" * 4000])
async def test_a_guessed_link_leads_nowhere(paper: Harness, visitor: Visitor, secret: str) -> None:
    _, asked, _ = await request_with_link(paper)
    for guess in (secret, asked.id):
        answer = await visitor.look(f"/approve/{guess}")
        assert answer.status_code == 404
        assert "ACME" not in answer.text
        assert (await visitor.decide(f"/approve/{guess}")).status_code in {403, 404}
    assert state(paper, asked) == "pending"


async def test_a_form_in_the_host_has_no_page(paper: Harness, visitor: Visitor) -> None:
    """Who answers a host's form answers there."""
    harness = with_pages(paper, approval_channel="auto")
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(
            harness.context, "change_state", await build_finalization(harness), can_ask=True, can_link=True
        )
    assert needed.value.approval.channel == "form"
    with pytest.raises(ApprovalRefused) as refused:
        harness.context.links.create(needed.value.approval, "message")
    assert refused.value.code == "approval_without_page"


async def test_a_sign_in_comes_before_the_page_and_before_the_decision(paper: Harness) -> None:
    """The seam for servers that know who people are."""

    async def known(request: Request, approval: Approval) -> Response | str:
        who = request.headers.get("x-signed-in", "")
        return who if who in {"ana", approval.principal} else PlainTextResponse("Who?", 401)

    visitor = Visitor(paper.context, known)
    _, asked, link = await request_with_link(paper)
    assert (await visitor.look(link)).text == "Who?"
    visitor.client.headers["x-signed-in"] = "ana"
    page = await visitor.look(link)
    form = {"csrf": find_csrf_token(page.text), "decision": "approve"}
    assert (await visitor.send(link, form, {"x-signed-in": "eve"})).status_code == 401
    assert state(paper, asked) == "pending"
    assert (await visitor.send(link, form)).status_code == 303
    assert decided_by(paper, asked) == "by page:ana"


# --- the PIN


async def test_with_a_pin_the_link_alone_approves_nothing(paper: Harness, visitor: Visitor) -> None:
    paper.context.links.pins.set("local", PIN, by="terminal:local")
    _, asked, link = await request_with_link(paper)
    assert 'type="password"' in (await visitor.look(link)).text
    for wrong in ({}, {"pin": ""}, {"pin": "bacalhao"}):
        answer = await visitor.decide(link, **wrong)
        assert answer.status_code == 403
        assert "That is not the PIN" in extract_text(answer.text)
    assert state(paper, asked) == "pending"
    assert (await visitor.decide(link, pin=PIN)).status_code == 303
    assert state(paper, asked) == "approved"
    assert decided_by(paper, asked) == "by page:local with a PIN set by terminal:local"


async def test_a_pin_cannot_be_guessed_at_leisure_and_the_lock_ends_by_itself(
    paper: Harness, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with another approval, either; and a terminal decides all the while."""
    now = time.time()
    monkeypatch.setattr(paper.context.store, "clock", lambda: now)
    paper.context.links.pins.set("local", PIN, by="terminal:local")
    _, asked, link = await request_with_link(paper)
    _, other, second = await request_with_link(paper, await build_finalization(paper, reference="another"))
    for number in range(WRONG_GUESSES_WITHOUT_WAIT + 1):
        answer = await visitor.decide(link, pin=f"wrong{number}")
    until = f"{datetime.fromtimestamp(now + FIRST_WAIT, LISBON):%H:%M}"
    for shown in (answer, await visitor.look(second), await visitor.decide(second, pin=PIN)):
        text = extract_text(shown.text)
        assert "The PIN was wrong too often. You can try again from " in text
        assert f"{until} (Lisbon time)." in text
        assert "ix-tools approvals approve" in text
    assert answer.status_code == 403
    assert (state(paper, asked), state(paper, other)) == ("pending", "pending")
    paper.context.approvals.decide(other.id, approve=True, by="terminal:ana")
    now += FIRST_WAIT
    assert "wrong too often" not in extract_text((await visitor.look(link)).text)
    assert (await visitor.decide(link, pin=PIN)).status_code == 303


async def test_a_no_wants_no_pin(paper: Harness, visitor: Visitor) -> None:
    paper.context.links.pins.set("local", PIN, by="terminal:local")
    _, asked, link = await request_with_link(paper)
    assert (await visitor.decide(link, "reject")).status_code == 303
    assert state(paper, asked) == "rejected"


@pytest.mark.parametrize("kept", ["pin", "link"])
async def test_what_opens_a_page_is_kept_as_a_hash_only(paper: Harness, tmp_path: Path, kept: str) -> None:
    paper.context.links.pins.set("local", PIN, by="terminal:local")
    _, _, link = await request_with_link(paper)
    secret = PIN if kept == "pin" else link.rsplit("/", 1)[1]
    content = all_of(tmp_path)
    assert b"508112230" in content
    assert secret.encode() not in content


def all_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("ix-tools.db*"))


# --- how the link reaches the person


@pytest.mark.parametrize(
    ("link", "pin", "shown"),
    [
        ("auto", False, False),
        ("auto", True, True),
        ("terminal", True, False),
        ("browser", True, False),
        ("result", False, True),
    ],
)
async def test_a_model_gets_the_link_only_where_it_is_not_enough_or_where_the_owner_says_so(
    harness: Harness, link: str, pin: bool, shown: bool
) -> None:
    paper = with_pages(harness, approval_link=link)
    if pin:
        paper.context.links.pins.set("local", PIN, by="terminal:local")
    body = await execute(paper.context, "change_state", await build_finalization(paper))
    assert ("url" in body["approval"]) is shown
    assert ("/approve/" in str(body)) is shown
    assert body["approval"]["command"] == format_launch_command(
        "approvals", "approve", body["approval"]["id"]
    )
    assert ("approval.url" in body["next"][0]["why"]) is shown
    if shown:
        assert "ACME" in (await Visitor(paper.context).look(body["approval"]["url"])).text
    else:
        assert "ix-tools approvals link" in body["next"][0]["why"]


@pytest.mark.parametrize("channel", ["auto", "page", "terminal", "form"])
async def test_the_setting_says_where_a_call_without_a_form_is_decided(
    harness: Harness, channel: str
) -> None:
    paper = with_pages(harness, approval_channel=channel)
    call = await build_finalization(with_pages(harness, approval_channel="auto"))
    if channel == "form":
        with pytest.raises(IxError) as refused:
            await execute(paper.context, "change_state", call)
        assert refused.value.code == "approval_impossible"
    else:
        asked = await request_approval(paper, call)
        assert (asked.channel, asked.page) == (("terminal", "") if channel == "terminal" else ("page", HERE))


async def test_a_page_that_moved_is_where_the_waiting_approval_is(paper: Harness) -> None:
    """A server that was started again listens elsewhere."""
    call, first, _ = await request_with_link(paper)
    paper.context.page_host = ServerPages("https://elsewhere.example.pt")
    again = await request_approval(paper, call)
    assert (again.id, again.page) == (first.id, "https://elsewhere.example.pt")


async def test_what_cannot_be_listened_on_leaves_the_terminal(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any) -> None:
        raise PermissionError("no sockets here")

    paper = with_pages(harness)
    paper.context.page_host = LocalPageServer(paper.context)
    monkeypatch.setattr("ix_tools.interfaces.web.local_server._open_socket", forbidden)
    assert (await request_approval(paper, await build_finalization(paper))).channel == "terminal"


async def test_a_recipe_shows_everything_that_its_yes_lets_happen(paper: Harness, visitor: Visitor) -> None:
    """Issuing and sending, say: one page, one yes, and what cannot be undone of both."""
    call = {**invoice(), "email": "compras@acme.example"}
    asked = await request_approval(paper, call, "issue_invoice")
    text = extract_text((await visitor.look(paper.context.links.create(asked, "message"))).text)
    for expected in (
        "Finalize + Send by e-mail: Invoice 1/2026 (expected number)",
        "Then, with the same approval: Send by e-mail Recipient compras@acme.example",
        "Issues a certified tax document",
        "A sent e-mail cannot be called back.",
    ):
        assert expected in text
