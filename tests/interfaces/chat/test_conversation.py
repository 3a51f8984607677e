"""The conversation in a chat: the gate walked by people who write and press, over an adapter that records what they see."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
import sqlalchemy as sql

from ix_tools.approvals.expiry import expire_overdue
from ix_tools.interfaces.chat.conversation.shapes import ReplyPlace
from ix_tools.storage.erasure import erase_client
from ix_tools.storage.schema import approvals, metadata
from tests.harness import Harness, document_arguments, execute, invoice
from tests.interfaces.chat.conversation import (
    FOUR_EYES,
    INVOICE,
    POLICY,
    Conversation,
    get_button,
    open_conversation,
)
from tests.interfaces.web.visitor import request_approval, with_pages


@pytest.fixture
def chat(harness: Harness, tmp_path: Path) -> Conversation:
    return open_conversation(harness, tmp_path)


async def test_an_invoice_is_issued_after_a_colleague_pressed_approve(chat: Conversation) -> None:
    card = await chat.ask("UANA", INVOICE)
    assert "ACME, Lda" in card.text
    assert "221" in card.text
    assert "Asked by ana" in card.text
    assert chat.list_issued() == []
    answer = await chat.press("URUI", get_button(card, "yes").value)
    assert "is approved" in answer.text
    assert not chat.card.buttons, "a decided card has no buttons"
    await chat.drive()
    assert len(chat.list_issued()) == 1
    assert "1/2026" in chat.card.text
    assert chat.adapter.told[-1].user == "T1.UANA"
    assert "1/2026" in chat.adapter.told[-1].text
    told = len(chat.adapter.told)
    await chat.drive()
    assert len(chat.adapter.told) == told, "told once"
    trail = chat.context.approvals.find(card.title.split()[-1])
    assert trail.face == "chat"


async def test_a_wrong_person_decides_nothing(chat: Conversation) -> None:
    card = await chat.ask("UANA", INVOICE)
    value = get_button(card, "yes").value
    assert "requester may not approve" in (await chat.press("UANA", value)).text
    stranger = await chat.press("UEVIL", value)
    assert "slack:T1.UEVIL" in stranger.text
    assert "[people]" in stranger.text
    assert "slack:T1.UEVIL" in (await chat.say("UEVIL", INVOICE)).text
    await chat.drive()
    assert chat.list_issued() == []
    assert chat.card.buttons, "it still waits"
    await chat.press("URUI", value)
    await chat.drive()
    assert len(chat.list_issued()) == 1


async def test_of_two_presses_at_once_one_counts(chat: Conversation) -> None:
    card = await chat.ask("UANA", INVOICE)
    value = get_button(card, "yes").value
    async with anyio.create_task_group() as tasks:
        for user in ("URUI", "URUI", "UEVA"):
            tasks.start_soon(chat.press, user, value)
    texts = [one.text for one in chat.adapter.told[-3:]]
    assert sum("cannot" not in one for one in texts) == 1
    assert sum("cannot be decided" in one for one in texts) == 2
    await chat.drive()
    await chat.drive()
    assert len(chat.list_issued()) == 1


async def test_a_redelivered_command_asks_once_and_issues_once(chat: Conversation) -> None:
    await chat.say("UANA", INVOICE, "trigger-1")
    again = await chat.say("UANA", INVOICE, "trigger-1")
    assert "já espera" in again.text
    assert len(chat.adapter.cards) == 1
    await chat.press("URUI", get_button(chat.card, "yes").value)
    await chat.drive()
    await chat.say("UANA", INVOICE, "trigger-1")
    await chat.drive()
    assert len(chat.list_issued()) == 1
    assert len([one for one in chat.harness.list_writes() if one["method"] == "POST"]) == 1


async def test_a_restart_between_question_and_yes_loses_nothing(
    chat: Conversation, harness: Harness, tmp_path: Path
) -> None:
    card = await chat.ask("UANA", INVOICE)
    after = open_conversation(harness, tmp_path)
    after.adapter.cards = dict(chat.adapter.cards)
    await after.press("URUI", get_button(card, "yes").value)
    await after.drive()
    assert len(after.list_issued()) == 1
    assert "1/2026" in after.card.text, "the new process edits the old one's card"
    assert after.adapter.told[-1].user == "T1.UANA"


async def test_a_card_that_was_never_posted_is_posted_by_the_next_process(
    chat: Conversation, harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> str:
        raise OSError("Slack is away")

    with monkeypatch.context() as patched:
        patched.setattr(chat.adapter, "post_card", fail)
        assert "Something went wrong" in (await chat.say("UANA", INVOICE)).text
    monkeypatch.setattr("ix_tools.storage.chat_messages.POST_SECONDS", -1)
    after = open_conversation(harness, tmp_path)
    await after.drive()
    assert get_button(after.card, "yes").label


async def test_an_expired_approval_edits_its_card_and_tells_the_asker(chat: Conversation) -> None:
    card = await chat.ask("UANA", INVOICE)
    identifier = get_button(card, "yes").value.partition(":")[2]
    expire_overdue(chat.context.store, chat.context.approvals.find(identifier).expires_at + 1)
    await chat.drive()
    assert "Expired" in chat.card.text
    assert not chat.card.buttons
    told = chat.adapter.told[-1]
    assert "expirou" in told.text
    late = await chat.press("URUI", get_button(card, "yes").value)
    assert "cannot be decided" in late.text
    deletion = await chat.press("UANA", get_button(told, "answer").value)
    assert "falta a aprovação" in deletion.text, "deleting a draft has an approval of its own"
    assert chat.list_issued() == []


async def test_a_decision_elsewhere_edits_the_card(chat: Conversation) -> None:
    card = await chat.ask("UANA", INVOICE)
    identifier = get_button(card, "yes").value.partition(":")[2]
    chat.context.approvals.decide(identifier, approve=False, reason="preço errado", by="terminal:eva")
    await chat.drive()
    assert "Rejected" in chat.card.text
    assert "preço errado" in chat.card.text
    assert "preço errado" in chat.adapter.told[-1].text
    assert "cannot be decided" in (await chat.press("URUI", get_button(card, "yes").value)).text


async def test_two_people_must_approve_where_the_policy_wants_it(harness: Harness, tmp_path: Path) -> None:
    chat = open_conversation(harness, tmp_path, FOUR_EYES)
    card = await chat.ask("UANA", INVOICE)
    value = get_button(card, "yes").value
    assert "Another person" in (await chat.press("URUI", value)).text
    assert "approved already by rui" in chat.card.text
    assert chat.card.buttons
    assert "already approved" in (await chat.press("URUI", value)).text
    await chat.drive()
    assert chat.list_issued() == []
    await chat.press("UEVA", value)
    await chat.drive()
    assert len(chat.list_issued()) == 1
    assert "eva" in chat.card.text


async def test_a_policy_that_wants_the_page_gives_each_person_their_own_link(
    harness: Harness, tmp_path: Path
) -> None:
    policy = POLICY.replace('decision = "person"', 'decision = "page"')
    chat = open_conversation(harness, tmp_path, policy, public_url="https://ix.example.pt")
    card = await chat.ask("UANA", INVOICE)
    assert [one.value.partition(":")[0] for one in card.buttons] == ["link"]
    identifier = card.buttons[0].value.partition(":")[2]
    assert "has no PIN" in (await chat.press("URUI", card.buttons[0].value)).text
    chat.context.links.pins.set("rui", "a-long-pin-123", by="terminal:rui")
    answer = await chat.press("URUI", card.buttons[0].value)
    assert answer.buttons[0].url.startswith("https://ix.example.pt/approve/")
    forged = await chat.press("URUI", f"yes:{identifier}")
    assert forged.buttons[0].url, "a forged button gets no further"
    await chat.drive()
    assert chat.list_issued() == []


async def test_a_policy_that_wants_a_signature_leads_to_the_page(harness: Harness, tmp_path: Path) -> None:
    policy = POLICY.replace('decision = "person"', 'decision = "signed"')
    chat = open_conversation(harness, tmp_path, policy, public_url="https://ix.example.pt")
    card = await chat.ask("UANA", INVOICE)
    assert [one.value.partition(":")[0] for one in card.buttons] == ["link"]
    answer = await chat.press("URUI", card.buttons[0].value)
    assert answer.buttons[0].url.startswith("https://ix.example.pt/approve/")
    identifier = card.buttons[0].value.partition(":")[2]
    await chat.press("URUI", f"yes:{identifier}")
    await chat.drive()
    assert chat.list_issued() == []


async def test_a_setting_that_wants_a_terminal_holds_in_a_chat(harness: Harness, tmp_path: Path) -> None:
    chat = open_conversation(harness, tmp_path, approval_channel="terminal")
    card = await chat.ask("UANA", INVOICE)
    answer = await chat.press("URUI", f"yes:{card.buttons[0].value.partition(':')[2]}")
    assert "ix-tools approvals approve" in answer.text
    await chat.drive()
    assert chat.list_issued() == []


async def test_a_person_whom_the_policy_dropped_is_carried_out_no_more(chat: Conversation) -> None:
    card = await chat.ask("UANA", INVOICE)
    await chat.press("URUI", get_button(card, "yes").value)
    chat.policy.write_text(POLICY.replace('"slack:T1.UANA", ', ""))
    await chat.drive()
    assert chat.list_issued() == []
    assert "not carried out" in chat.card.text


@pytest.mark.parametrize(
    ("sentence", "asked", "choice"),
    [
        ('fatura ACME "Peça" 1x10 vence 30d', "Which VAT has “Peça”?", "IVA23"),
        ('fatura ACME "Peça" 1x10 iva23', "When is it due?", "30"),
        ('fatura ACME "Peça" 1x1.234 iva23 vence 30d', "What does 1.234 mean?", "1234"),
        ('fatura ACM "Peça" 1x10 iva23 vence 30d', "ACM", "ACME, Lda"),
        ('fatura ACME "Consultoria" 3x60 iva23 vence 30d', "Consultoria", "use the catalogue's values"),
        ('fatura ACME "Consultoria" 3x60 iva23 vence 30d', "Consultoria", "change the catalogue item too"),
    ],
)
async def test_what_is_missing_or_unsure_is_asked_and_never_guessed(
    chat: Conversation, sentence: str, asked: str, choice: str
) -> None:
    chat.runtime.service._settings = chat.context.settings
    question = await chat.say(
        "UANA", sentence.replace("fatura", "invoice").replace("vence", "due").replace("iva", "vat")
    )
    assert asked in question.text
    assert not chat.adapter.cards
    assert [one for one in chat.harness.list_writes() if one["method"] == "POST"] == []
    button = next(one for one in question.buttons if choice in one.label)
    other = await chat.press("URUI", button.value)
    assert "is for whoever wrote the command" in other.text
    await chat.press("UANA", button.value)
    assert len(chat.adapter.cards) == 1, chat.adapter.told[-1].text
    await chat.press("UANA", button.value)
    assert len(chat.adapter.cards) == 1, "pressed twice, asked once"


async def test_hostile_names_stay_text(chat: Conversation) -> None:
    name = "<!channel> *x* [a](http://evil) \u202eevil"
    card = await chat.ask("UANA", f'fatura para "{name}" nif 508025338 "@here `rm`" 1x10 iva23 vence 30d')
    assert "\u202e" not in card.text
    assert "<!channel>" in card.text


async def test_drafts_credits_payments_and_cancelling(chat: Conversation) -> None:
    draft = await chat.say("UANA", 'rascunho ACME "Peça" 1x10 iva23 vence 30d')
    assert "12,30" in draft.text
    issue = next(one for one in draft.buttons if one.label == "Emitir" or "Issue" in one.label)
    await chat.press("UANA", issue.value)
    await chat.press("URUI", get_button(chat.card, "yes").value)
    await chat.drive()
    assert "1/2026" in (await chat.say("UANA", "estado FT 1/2026")).text
    await chat.say("UANA", "pdf FT 1/2026")
    name, content = chat.adapter.files[-1]
    assert name == "FT-1-2026.pdf"
    assert content.startswith(b"%PDF")
    assert "12,30" in (await chat.say("UANA", "por pagar ACME")).text
    amount = await chat.say("UANA", "pago FT 1/2026 transferência hoje")
    await chat.press("UANA", amount.buttons[0].value)
    await chat.press("URUI", get_button(chat.card, "yes").value)
    await chat.drive()
    assert "Nada" in (await chat.say("UANA", "por pagar")).text
    await chat.ask("UANA", 'anular RG 1/2026 "Pagamento registado na fatura errada"')
    await chat.press("URUI", get_button(chat.card, "yes").value)
    await chat.drive()
    await chat.ask("UANA", 'crédito FT 1/2026 "Serviço não prestado por inteiro"')
    assert "Nota de crédito" in chat.card.text or "Credit note" in chat.card.text
    await chat.press("URUI", get_button(chat.card, "no").value)
    await chat.drive()
    assert "Rejected" in chat.card.text


async def test_pending_lists_and_shows_with_buttons(chat: Conversation) -> None:
    assert "Nada" in (await chat.say("URUI", "pendentes")).text
    card = await chat.ask("UANA", INVOICE)
    identifier = get_button(card, "yes").value.partition(":")[2]
    assert identifier in (await chat.say("URUI", "pendentes")).text
    shown = await chat.say("URUI", f"aprovar {identifier.lower()}")
    await chat.press("URUI", get_button(shown, "yes").value)
    assert not chat.card.buttons, "the card in the room is edited too"
    assert "não se pode decidir" in (await chat.say("URUI", f'rejeitar {identifier} "tarde"')).text


async def test_a_form_is_a_sentence(chat: Conversation) -> None:
    chat.adapter.has_forms = True
    await chat.say("UANA", "fatura")
    form = chat.adapter.forms[-1]
    from ix_tools.interfaces.chat.conversation.forms import write_form_sentence

    values = {
        "client": "ACME",
        "line0": '"Peça" 2x10 iva23',
        "line1": '"Mão de obra" 1x5 iva23',
        "due": "30d",
        "more": "ref PO-7",
    }
    sentence = write_form_sentence(values, form.sentence_start)
    assert sentence == 'fatura para "ACME" "Peça" 2x10 iva23; "Mão de obra" 1x5 iva23 vence 30d ref PO-7'
    await chat.ask("UANA", sentence)
    assert "PO-7" in chat.card.text


async def test_help_and_refusals_in_the_language_of_the_sentence(chat: Conversation) -> None:
    assert "vence 30d" in (await chat.say("UANA", "ajuda")).text
    assert "due 30d" in (await chat.say("UANA", "help invoice")).text
    assert "Parei em" in (await chat.say("UANA", "fatura ACME !")).text
    assert "I stopped at" in (await chat.say("UANA", "invoice ACME !")).text


async def test_an_invoice_is_sent_to_the_clients_own_address_or_asks_for_one(chat: Conversation) -> None:
    await chat.ask("UANA", 'fatura ACME "Peça" 1x10 iva23 vence 30d enviar')
    assert "compras@acme.example" in chat.card.text
    asked = await chat.say("UANA", 'fatura "Nova, Lda" nif 508025338 "Peça" 1x10 iva23 vence 30d enviar')
    assert "e-mail" in asked.text
    before = len(chat.adapter.cards)
    await chat.press("UANA", asked.buttons[0].value)
    assert len(chat.adapter.cards) == before + 1, "not sent, when the person says so"
    await chat.ask("UANA", 'fatura ACME "Peça" 1x10 iva23 vence 30d enviar para outra@acme.example')
    assert "outra@acme.example" in chat.card.text


async def test_a_simplified_invoice_needs_no_client_and_an_estimate_no_approval(chat: Conversation) -> None:
    await chat.ask("UANA", 'fatura simplificada "Café" 1x2 iva13')
    estimate = await chat.say("UANA", 'orçamento ACME "Obra" 1x100 iva23 vence 30d')
    assert "123.00" in estimate.text or "123,00" in estimate.text
    refused = await chat.say("UANA", 'fatura ACME "Curso" 1x100 isento vence 30d')
    assert "isento M??" in refused.text, "no code is suggested"
    doubtful = await chat.say("UANA", 'fatura ACME "Curso" 1x100 isento M99 vence 30d')
    assert [one.label for one in doubtful.buttons] == ["continuar mesmo assim"]


async def test_what_a_command_lacks_is_said_with_the_sentence_to_write(chat: Conversation) -> None:
    assert 'anular FT 1/2026 "…"' in (await chat.say("UANA", "anular FT 1/2026")).text
    assert "x10" in (await chat.say("UANA", "fatura ACME")).text.replace(" ", "")
    assert "Who is the client" in (await chat.say("UANA", 'invoice "Peça" 1x10 vat23 due 30d')).text
    how = await chat.say("UANA", "pago FT 1/2026")
    assert [one.label for one in how.buttons][:2] == ["transferência", "multibanco"]
    when = await chat.press("UANA", how.buttons[0].value)
    assert [one.label for one in when.buttons] == ["hoje", "ontem"]
    assert "1/2026" in (await chat.press("UANA", when.buttons[0].value)).text, "there is no such document"


async def test_after_a_rejection_the_asker_corrects_the_invoice_in_a_form(chat: Conversation) -> None:
    chat.adapter.has_forms = True
    await chat.ask("UANA", INVOICE)
    await chat.press("URUI", get_button(chat.card, "no").value)
    offered = next(one for one in chat.adapter.told if one.buttons)
    assert offered.user == "T1.UANA"
    assert [one.label for one in offered.buttons] == ["Corrigir", "Apagar o rascunho"]
    correct = get_button(offered, "correct").value
    assert "for whoever wrote" in (await chat.press("URUI", correct)).text or not chat.adapter.forms
    assert not chat.adapter.forms
    await chat.press("UANA", correct)
    (form,) = chat.adapter.forms
    filled = {one.name: one.value for one in form.fields}
    assert filled["client"] == "ACME"
    assert filled["line0"].startswith('"Apoio técnico" 3 x 60')
    assert filled["due"] == "30d"
    place = ReplyPlace("T1.UANA", "C1", "in-form")
    await chat.runtime.service.submit(
        place, {**filled, "line0": '"Apoio técnico" 4 x 60 iva23'}, form.sentence_start, "view/1"
    )
    assert "295" in chat.card.text, "4 x 60 and VAT"
    assert chat.list_issued() == []
    await chat.press("UANA", get_button(offered, "answer").value)
    assert "apagad" in chat.card.text.casefold() or "delete" in chat.card.text.casefold()


async def test_a_client_is_erased_from_what_a_chat_keeps(chat: Conversation) -> None:
    """A card keeps the command for the button that corrects it."""
    await chat.ask("UANA", INVOICE)
    await chat.press("URUI", get_button(chat.card, "no").value)
    await chat.drive()
    store = chat.harness.context.store

    def find_mentions() -> list[str]:
        with store.reading() as connection:
            return [
                f"{table.name}.{name}"
                for table in metadata.sorted_tables
                for row in connection.execute(sql.select(table))
                for name, value in row._mapping.items()
                if "ACME" in str(value) and table.name != "catalogue_items"
            ]

    assert "chat_cards.afterwards" in find_mentions()
    with store.writing() as connection:
        erase_client(connection, ["ACME", "ACME, Lda"])
    assert find_mentions() == []


async def test_without_a_form_the_sentence_comes_back_to_be_changed(chat: Conversation) -> None:
    await chat.ask("UANA", INVOICE)
    await chat.press("URUI", get_button(chat.card, "no").value)
    offered = next(one for one in chat.adapter.told if one.buttons)
    before = len(chat.adapter.cards)
    back = await chat.press("UANA", get_button(offered, "correct").value)
    assert back.text.startswith("fatura ")
    assert len(chat.adapter.cards) == before, "nothing is asked before it is sent again"
    await chat.ask("UANA", back.text.replace("3 x", "4 x"))
    assert "295" in chat.card.text


async def test_more_lines_than_a_form_has_are_not_lost(chat: Conversation) -> None:
    chat.adapter.has_forms = True
    lines = "; ".join(f'"Peça {number}" 1x10 iva23' for number in range(7))
    await chat.ask("UANA", f"fatura ACME {lines} vence 30d")
    await chat.press("URUI", get_button(chat.card, "no").value)
    offered = next(one for one in chat.adapter.told if one.buttons)
    back = await chat.press("UANA", get_button(offered, "correct").value)
    assert not chat.adapter.forms
    assert back.text.count("Peça") == 7
    await chat.say("UANA", f"fatura {lines} vence 30d")
    assert not chat.adapter.forms, "nor when something is missing"


# --- requests through other programs ---


@pytest.fixture
def room(harness: Harness, tmp_path: Path) -> Conversation:
    return open_conversation(harness, tmp_path, room="CAPPROVERS")


async def test_a_request_of_an_assistant_gets_a_card_in_the_room_and_the_call_goes_through(
    room: Conversation, harness: Harness
) -> None:
    assistant = with_pages(harness, approval_link="terminal")
    call = document_arguments(await harness.create_draft(), state="finalized")
    asked = await request_approval(assistant, call)
    await room.drive()
    assert list(room.adapter.cards) == ["CAPPROVERS/0"]
    assert asked.id in room.card.title
    await room.press("URUI", get_button(room.card, "yes").value)
    assert (await execute(assistant.context, "change_state", call))["document"]["status"] == "final"
    await room.drive()
    assert "Approved, and done. By rui." in room.card.text, "by the name that the policy gives them"
    assert "1/2026" in room.card.text
    assert not room.card.buttons
    assert {one.user for one in room.adapter.told} == {"T1.URUI"}, "who asked elsewhere is told there"
    await room.drive()
    assert len(room.adapter.cards) == 1


async def test_a_workflow_of_an_assistant_shows_its_end_on_the_card(
    room: Conversation, harness: Harness
) -> None:
    assistant = with_pages(harness, approval_link="terminal")
    await request_approval(assistant, invoice(), "issue_invoice")
    await room.drive()
    await room.press("URUI", get_button(room.card, "yes").value)
    assert (await execute(assistant.context, "issue_invoice", invoice()))["document"]["status"] == "final"
    await room.drive()
    assert "Approved, and done" in room.card.text
    assert "1/2026" in room.card.text


async def test_what_waited_before_the_process_began_gets_a_card(harness: Harness, tmp_path: Path) -> None:
    assistant = with_pages(harness, approval_link="terminal")
    await request_approval(assistant, document_arguments(await harness.create_draft(), state="finalized"))
    await open_conversation(harness, tmp_path).drive()
    late = open_conversation(harness, tmp_path, room="CAPPROVERS")
    await late.drive()
    assert list(late.adapter.cards) == ["CAPPROVERS/0"]
    await late.drive()
    assert len(late.adapter.cards) == 1


async def test_without_a_room_and_for_another_account_there_is_no_card(
    harness: Harness, tmp_path: Path
) -> None:
    assistant = with_pages(harness, approval_link="terminal")
    await request_approval(assistant, document_arguments(await harness.create_draft(), state="finalized"))
    alone = open_conversation(harness, tmp_path)
    await alone.drive()
    assert not alone.adapter.cards
    elsewhere = open_conversation(harness, tmp_path, room="CAPPROVERS")
    with harness.context.store.writing() as connection:
        connection.execute(approvals.update().values(account="other"))
    await elsewhere.drive()
    assert not elsewhere.adapter.cards


async def test_a_command_of_the_chat_has_one_card_in_the_room(room: Conversation) -> None:
    await room.ask("UANA", INVOICE)
    await room.drive()
    assert list(room.adapter.cards) == ["CAPPROVERS/0"]
    await room.press("URUI", get_button(room.card, "no").value)
    assert [one.user for one in room.adapter.told[-2:]] == ["T1.UANA", "T1.URUI"]
    assert "was rejected" in room.adapter.told[-2].text or "foi rejeitad" in room.adapter.told[-2].text
    assert not room.card.buttons
