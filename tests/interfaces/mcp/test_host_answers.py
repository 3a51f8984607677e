"""A person's approval, a person's refusal, a closed form and a host's own answer are four different things."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mcp_types as types
import pytest

from ix_tools.approvals.host_answers import HostAnswer, detect_unanswered
from ix_tools.approvals.known_hosts import KNOWN_HOSTS, find_known_host, truncates_messages
from ix_tools.approvals.links import ServerPages
from ix_tools.approvals.repository import Approval
from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings
from ix_tools.errors import SettingsError
from tests.harness import Harness, invoice
from tests.interfaces.mcp.host import Answer, Json, Person, build_elicit_result, connect_host
from tests.interfaces.web.test_by_the_host import link_in
from tests.interfaces.web.visitor import HERE, Visitor, build_finalization

YES: Answer = "yes"
ANA = "claude-code 2.1.332"


@dataclass
class Clock:
    """The store's clock."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Room:
    """An account whose host is answered by somebody, after so many seconds."""

    harness: Harness
    clock: Clock
    mode: str

    def person(self, answer: Answer, seconds: float) -> Person:
        """Whoever answers, or the host itself."""
        person = Person(answer)

        async def read() -> None:
            self.clock.now += seconds

        person.meanwhile = read
        return person

    async def finalize(self, answer: Answer, seconds: float, arguments: Json, *, name: str = "") -> Json:
        """What comes of the call, a refusal included."""
        person = self.person(answer, seconds)
        async with connect_host(self.harness.context, self.mode, person, name=name) as host:
            body = (await host.call_unchecked("change_state", **arguments)).structured_content
        assert body is not None
        return body

    def approvals(self) -> list[Approval]:
        """Every approval, oldest first."""
        import sqlalchemy as sql

        from ix_tools.storage.schema import approvals

        with self.harness.context.store.reading() as connection:
            rows = connection.execute(sql.select(approvals.c.id).order_by(approvals.c.created_at)).all()
        return [self.harness.context.approvals.find(row.id) for row in rows]


def room_of(harness: Harness, mode: str, **settings: Any) -> Room:
    """The settings as they are by default, but for these; the person reads on a clock of their own."""
    clock = Clock()
    harness.context.store.clock = clock
    default = Settings().approval_min_seconds
    changed = harness.context.settings.model_copy(update={"approval_min_seconds": default, **settings})
    return Room(Harness(harness.sandbox, replace(harness.context, settings=changed)), clock, mode)


@pytest.fixture
def room(harness: Harness, mode: str) -> Room:
    """The default."""
    return room_of(harness, mode)


UNTICKED: Answer = {"approve": False}


@pytest.mark.parametrize(
    ("answer", "seconds", "outcome"),
    [
        (YES, 1.0, "final"),
        (YES, 40.0, "final"),
        (YES, 0.999, "nobody"),
        (YES, 0.0, "nobody"),
        (YES, -5.0, "nobody"),  # a clock that was set back
        (UNTICKED, 1.0, "declined"),
        (UNTICKED, 0.5, "nobody"),
        ("decline", 1.0, "declined"),
        ("decline", 0.02, "nobody"),  # codex exec
        ("decline", -1.0, "nobody"),
        ("cancel", 0.02, "nobody"),  # claude -p
        ("cancel", 60.0, "nobody"),
    ],
)
async def test_only_an_answer_that_a_person_had_time_for_is_a_persons(
    room: Room, answer: Answer, seconds: float, outcome: str
) -> None:
    call = await build_finalization(room.harness)
    before = len(room.harness.list_writes())
    body = await room.finalize(answer, seconds, call)
    (form, *others) = room.approvals()[-2 if outcome == "nobody" else -1 :]
    if outcome == "final":
        assert body["document"]["status"] == "final"
        assert (form.state, others) == ("used", [])
        return
    assert len(room.harness.list_writes()) == before
    if outcome == "declined":
        assert (body["code"], form.state, others) == ("approval_declined", "rejected", [])
        return
    assert (body["status"], body["sent"]) == ("approval_required", "nothing")
    assert body["nobody_answered"].startswith("Nobody answered: ")
    assert "neither an approval nor a refusal" in body["nobody_answered"]
    assert form.state == "unanswered"
    (outside,) = others
    assert (outside.state, outside.id) == ("pending", body["approval"]["id"])
    room.harness.context.approvals.decide(outside.id, approve=True)
    async with connect_host(room.harness.context, room.mode, None) as host:
        assert (await host.call("change_state", **call))["document"]["status"] == "final"


@pytest.mark.parametrize(
    ("shortest", "seconds", "counts"),
    [(0, 0.0, True), (0, -1.0, True), (2.5, 2.4, False), (2.5, 2.5, True), (60, 59.0, False)],
)
async def test_the_setting_says_how_long_a_person_needs(
    harness: Harness, mode: str, shortest: float, seconds: float, counts: bool
) -> None:
    room = room_of(harness, mode, approval_min_seconds=shortest)
    body = await room.finalize(YES, seconds, await build_finalization(room.harness))
    assert body["ok"] is counts
    assert ("nobody_answered" in body) is not counts


@pytest.mark.parametrize("value", ["-1", "61", "nan", "inf", "soon", ""])
def test_a_setting_that_is_no_such_number_is_refused(value: str) -> None:
    if not value:
        assert load_settings({"INVOICEXPRESS_APPROVAL_MIN_SECONDS": value}).approval_min_seconds == 1
        return
    with pytest.raises(SettingsError) as refused:
        load_settings({"INVOICEXPRESS_APPROVAL_MIN_SECONDS": value})
    assert [one.field for one in refused.value.problems] == ["approval_min_seconds"]


async def test_a_slow_account_does_not_make_a_hosts_own_answer_a_persons(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is when the answer came back, not when it is used after all the look-ups."""
    call = await build_finalization(room.harness)
    before = len(room.harness.list_writes())
    send = room.harness.context.account.send

    async def slowly(*given: Any, **more: Any) -> Any:
        room.clock.now += 3
        return await send(*given, **more)

    monkeypatch.setattr(room.harness.context.account, "send", slowly)
    assert (await room.finalize(YES, 0.01, call))["status"] == "approval_required"
    assert len(room.harness.list_writes()) == before
    assert (await room.finalize(YES, 1.01, call))["document"]["status"] == "final"


async def test_a_slow_server_does_not_make_a_hosts_own_answer_a_persons(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads before the question was handed out."""
    call = await build_finalization(room.harness)
    ask = room.harness.context.approvals.ask

    def slowly(*given: Any) -> Any:
        asked = ask(*given)
        room.clock.now += 30
        return asked

    monkeypatch.setattr(room.harness.context.approvals, "ask", slowly)
    assert (await room.finalize(YES, 0.01, call))["status"] == "approval_required"
    assert (await room.finalize(YES, 1.01, call))["document"]["status"] == "final"


@pytest.mark.parametrize("mode", ["auto"], indirect=True)
@pytest.mark.parametrize("first", ["yes", "decline", "cancel"])
async def test_an_answer_that_was_nobodys_cannot_be_given_again(room: Room, first: Any) -> None:
    """A host that waits a while and then sends its own yes once more."""
    call = await build_finalization(room.harness)
    before = len(room.harness.list_writes())
    async with connect_host(room.harness.context, "auto", Person()) as host:
        handle = await host.ask_and_hold("change_state", call)
        await host.step("change_state", call, handle, build_elicit_result(first))
        room.clock.now += 30
        again = await host.step("change_state", call, handle, build_elicit_result("yes"))
    assert isinstance(again, types.CallToolResult)
    assert (again.structured_content or {})["code"] == "approval_not_pending"
    assert len(room.harness.list_writes()) == before


async def test_asked_again_and_not_answered_again_there_is_one_question_outside(room: Room) -> None:
    call = await build_finalization(room.harness)
    first, second = [await room.finalize("cancel", 0.01, call) for _ in range(2)]
    assert first["approval"]["id"] == second["approval"]["id"]
    assert (await room.finalize(YES, 5, call))["document"]["status"] == "final", "the form is put again"


async def test_where_only_the_form_is_allowed_nobodys_answer_ends_the_call(
    harness: Harness, mode: str
) -> None:
    room = room_of(harness, mode, approval_channel="form")
    call = await build_finalization(room.harness)
    body = await room.finalize(YES, 0.1, call)
    assert (body["ok"], body["code"], body["sent"]) == (False, "approval_unanswered", "nothing")
    assert body["message"].startswith("Nobody answered in the host's form")
    assert "repeat the same call" in str(body["next"])
    assert (await room.finalize(YES, 2, call))["document"]["status"] == "final"


async def test_an_invoice_in_one_call_waits_like_any_other_call(room: Room) -> None:
    """The draft stays; the same call, once somebody approves it elsewhere, issues it."""
    call = invoice()
    async with connect_host(room.harness.context, room.mode, room.person("cancel", 0.01)) as host:
        body = (await host.call_unchecked("issue_invoice", **call)).structured_content or {}
        assert (body["status"], body["sent"]) == ("approval_required", "stored")
        assert body["nobody_answered"].startswith("Nobody answered: ")
        room.harness.context.approvals.decide(body["approval"]["id"], approve=True)
        assert (await host.call("issue_invoice", **call))["status"] == "issued"


# --- after a real no


async def test_a_no_says_what_was_shown_why_and_how_to_ask_again(room: Room) -> None:
    call = await build_finalization(room.harness)
    body = await room.finalize({"approve": False, "reason": " Falta a\u202e encomenda\n "}, 9, call)
    assert body["code"] == "approval_declined"
    assert body["reason"] == "Falta a encomenda"
    assert 'reason: "Falta a encomenda".' in body["message"]
    assert "ACME" in body["shown"]
    assert body["shown"] in body["message"]
    assert "do not repeat" not in str(body["next"])
    assert "the same call, repeated" in str(body["next"])
    assert (await room.finalize(YES, 9, call))["document"]["status"] == "final", "it did ask them again"


async def test_a_no_without_a_reason_says_that_there_is_none(room: Room) -> None:
    body = await room.finalize("decline", 9, await build_finalization(room.harness))
    assert "reason" not in body
    assert "They gave no reason." in body["message"]


async def test_the_form_has_room_for_a_reason_that_nobody_must_give(room: Room) -> None:
    person = room.person(YES, 9)
    async with connect_host(room.harness.context, room.mode, person) as host:
        await host.call("change_state", **(await build_finalization(room.harness)))
    (asked,) = person.asked
    assert asked.requested_schema["properties"]["reason"]["type"] == "string"
    assert asked.requested_schema["required"] == ["approve"]


async def test_a_no_given_elsewhere_is_told_once_and_then_the_same_call_asks_again(room: Room) -> None:
    call = await build_finalization(room.harness)
    async with connect_host(room.harness.context, room.mode, None) as host:
        first = (await host.call_unchecked("change_state", **call)).structured_content or {}
        room.harness.context.approvals.decide(first["approval"]["id"], approve=False, reason="preço errado")
        told = await host.call_refused("change_state", **call)
        assert (told["code"], told["reason"]) == ("approval_declined", "preço errado")
        assert told["shown"] == first["approval"]["summary"]
        again = (await host.call_unchecked("change_state", **call)).structured_content or {}
        assert again["status"] == "approval_required"
        assert again["approval"]["id"] != first["approval"]["id"]
    assert room.harness.context.approvals.find(first["approval"]["id"]).state == "rejected"


# --- a host that sends the person to the page


@pytest.fixture
def at_the_page(harness: Harness, mode: str) -> Room:
    """A host that opens pages."""
    room = room_of(harness, mode, approval_channel="page", approval_wait_seconds=0)
    desk = replace(room.harness.context, page_host=ServerPages(HERE))
    return replace(room, harness=Harness(harness.sandbox, desk))


@pytest.mark.parametrize(
    ("answer", "seconds", "outcome"),
    [
        (YES, 3.0, "waits"),
        (YES, 0.1, "nobody"),
        ("decline", 3.0, "declined"),
        ("decline", 0.1, "nobody"),
        ("cancel", 0.1, "nobody"),
        ("cancel", 30.0, "nobody"),
    ],
)
async def test_opening_the_page_is_told_apart_the_same_way(
    at_the_page: Room, answer: Answer, seconds: float, outcome: str
) -> None:
    room = at_the_page
    call = await build_finalization(room.harness)
    before = len(room.harness.list_writes())
    room.clock.now -= 500
    await room.finalize("cancel", 200, call)  # the approval is older than the question that counts
    body = await room.finalize(answer, seconds, call)
    assert len(room.harness.list_writes()) == before
    if outcome == "declined":
        assert (body["code"], body["sent"]) == ("approval_declined", "nothing")
        assert "ACME" in body["shown"]
    else:
        assert body["status"] == "approval_required"
        assert ("nobody_answered" in body) is (outcome == "nobody")
    assert [one.state for one in room.approvals()] == ["pending"], "it can still be decided on the page"


@pytest.mark.parametrize("answer", ["yes", "cancel", "decline"])
async def test_what_was_decided_on_the_page_counts_whatever_the_host_says_so_fast(
    at_the_page: Room, answer: Any
) -> None:
    room, call = at_the_page, await build_finalization(at_the_page.harness)
    person, visitor = room.person(answer, 0.1), Visitor(room.harness.context)

    async def decide() -> None:
        await visitor.decide(link_in(person.asked[-1]))

    person.meanwhile = decide
    async with connect_host(room.harness.context, room.mode, person) as host:
        assert (await host.call("change_state", **call))["document"]["status"] == "final"


# --- hosts that are known


@pytest.mark.parametrize(
    ("name", "page", "channel", "way"),
    [
        (ANA, True, "auto", "url"),
        ("Claude Code 3.0", True, "auto", "url"),
        (ANA, True, "form", "form"),
        (ANA, False, "auto", "form"),
        ("claude-code-router 1.0", True, "auto", "form"),
        ("claude-ai 0.1.0", True, "auto", "form"),
        ("codex-mcp-client 0.171.0", True, "auto", "form"),
        ("mcp 0.1.0", True, "auto", "form"),
    ],
)
async def test_a_host_that_cuts_the_form_and_opens_pages_is_sent_to_the_page(
    harness: Harness, mode: str, name: str, page: bool, channel: str, way: str
) -> None:
    """And where there is no page, or none is allowed, its form is better than nothing."""
    room = room_of(harness, mode, approval_channel=channel, approval_wait_seconds=0)
    desk = replace(room.harness.context, page_host=ServerPages(HERE if page else ""))
    person = room.person("cancel", 5)
    async with connect_host(desk, mode, person, name=name) as host:
        await host.call_unchecked("change_state", **(await build_finalization(room.harness)))
    assert [one.mode for one in person.asked] == [way]


async def test_what_is_known_of_a_host_is_told_and_decides_nothing(room: Room) -> None:
    call = await build_finalization(room.harness)
    told = await room.finalize("decline", 0.01, call, name="codex-mcp-client 0.171.0")
    assert "codex exec" in told["nobody_answered"]
    assert (await room.finalize(YES, 9, call, name="codex-mcp-client 0.171.0"))["ok"]


@pytest.mark.parametrize(
    ("host", "title"),
    [
        ("claude-code 2.1.332", "Claude Code"),
        ("Claude Code", "Claude Code"),
        ("claude-code", "Claude Code"),
        ("codex-mcp-client 0.171.0-alpha.2", "Codex"),
        ("codex", "Codex"),
        ("claude-code-proxy 2.1", None),
        ("my claude-code 2", None),
        ("claude 1.0", None),
        ("", None),
        ("2.1.332", None),
        ("codex-mcp-client\nclaude-code", None),
    ],
)
def test_a_host_is_known_by_its_whole_name(host: str, title: str | None) -> None:
    found = find_known_host(host)
    assert (found and found.title) == title
    assert truncates_messages(host) is (title == "Claude Code")


def test_every_entry_says_where_it_was_seen() -> None:
    for one in KNOWN_HOSTS:
        assert one.source
        assert one.answers_by_itself or one.lines_shown


@pytest.mark.parametrize("seconds", [float("nan"), float("-inf")])
def test_a_time_that_cannot_be_compared_is_too_fast(seconds: float) -> None:
    assert detect_unanswered(HostAnswer("accept", seconds), 0.0, 1.0) is not None
    assert detect_unanswered(HostAnswer("accept", seconds), 0.0, 0.0) is None
    assert detect_unanswered(None, 0.0, 1.0) is None
