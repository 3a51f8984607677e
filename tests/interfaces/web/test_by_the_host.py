"""A host that sends the person to the page (URL elicitation): opening it approves nothing; the decision there counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import mcp_types as types
import pytest

from tests.harness import Harness
from tests.interfaces.mcp.host import ERAS, Host, Json, Person, build_elicit_result, connect_host
from tests.interfaces.web.visitor import HERE, Visitor, build_finalization, with_pages


@pytest.fixture(params=list(ERAS))
def mode(request: pytest.FixtureRequest) -> str:
    """Both eras of the protocol."""
    era: str = request.param
    return era


def office_of(harness: Harness, **settings: Any) -> Harness:
    return with_pages(harness, approval_wait_seconds=0, **settings)


def link_in(question: Any) -> str:
    assert isinstance(question, types.ElicitRequestURLParams)
    return question.url


async def meanwhile(person: Person, then: Callable[[str], Awaitable[Any]]) -> None:
    """What the person does with the link, while the host's question is open."""

    async def act() -> None:
        await then(link_in(person.asked[-1]))

    person.meanwhile = act


async def test_what_a_person_approves_on_the_page_goes_through_in_the_same_call(
    harness: Harness, mode: str
) -> None:
    paper, person = office_of(harness), Person("yes")
    visitor = Visitor(paper.context)
    await meanwhile(person, visitor.decide)
    call = await build_finalization(paper)
    async with connect_host(paper.context, mode, person) as host:
        done = await host.call("change_state", **call)
    assert done["document"]["status"] == "final"
    assert len(person.asked) == 1
    assert "ACME" in person.asked[0].message
    assert "approves nothing" in person.asked[0].message


async def test_agreeing_to_open_the_page_approves_nothing(harness: Harness, mode: str) -> None:
    """Whatever the host says was answered, and however often."""
    paper = office_of(harness)
    person = Person(*[{"approve": True, "accept_differences": True}] * 3)
    call = await build_finalization(paper)
    before = len(paper.list_writes())
    async with connect_host(paper.context, mode, person) as host:
        for _ in range(3):
            waiting = await host.call_unchecked("change_state", **call)
            assert waiting.structured_content is not None
            assert waiting.structured_content["status"] == "approval_required"
            assert "url" not in waiting.structured_content["approval"]
            assert link_in(person.asked[-1]) not in str(waiting.structured_content)
    assert len(paper.list_writes()) == before
    assert [one.state for one in paper.context.approvals.list_waiting()] == ["pending"]


async def test_a_person_who_rejects_on_the_page_is_heard(harness: Harness, mode: str) -> None:
    paper, person = office_of(harness), Person("yes")
    visitor = Visitor(paper.context)
    await meanwhile(person, lambda link: visitor.decide(link, "reject", reason="Cliente errado"))
    async with connect_host(paper.context, mode, person) as host:
        refusal = await host.call_refused("change_state", **(await build_finalization(paper)))
    assert refusal["code"] == "approval_declined"
    assert "Cliente errado" in refusal["message"]


@pytest.mark.parametrize(("answer", "code"), [("decline", "approval_declined"), ("cancel", None)])
async def test_a_person_who_does_not_go_there_has_approved_nothing(
    harness: Harness,
    mode: str,
    answer: Any,
    code: str | None,
) -> None:
    paper, person = office_of(harness), Person(answer)
    call = await build_finalization(paper)
    before = len(paper.list_writes())
    async with connect_host(paper.context, mode, person) as host:
        body = (await host.call_unchecked("change_state", **call)).structured_content
    assert body is not None
    assert body.get("code") == code
    assert body["sent"] == "nothing"
    assert len(paper.list_writes()) == before
    (waiting,) = paper.context.approvals.list_waiting()
    paper.context.approvals.decide(waiting.id, approve=True, place="page")  # they may still change their mind
    async with connect_host(paper.context, mode, person) as host:
        assert (await host.call("change_state", **call))["document"]["status"] == "final"


@pytest.mark.parametrize("state", ["page ", "page XXXXXXXX", "page {}", "pagex", ""])
async def test_a_forged_state_says_nothing(harness: Harness, state: str) -> None:
    """Not that somebody was sent to a page, and not that somebody approved there."""
    paper = office_of(harness)
    call = await build_finalization(paper)
    async with connect_host(paper.context, "auto", Person()) as host:
        first = await host.step("change_state", call)
        assert isinstance(first, types.InputRequiredResult)
        (waiting,) = paper.context.approvals.list_waiting()
        forged = await host.step(
            "change_state", call, state.format(waiting.id), build_elicit_result({"approve": True})
        )
    body = forged.structured_content if isinstance(forged, types.CallToolResult) else None
    assert body is None or body.get("status") == "approval_required"
    assert paper.context.approvals.find(waiting.id).state == "pending"


async def test_a_call_waits_a_while_for_whoever_went_to_the_page(harness: Harness, mode: str) -> None:
    """So that it need not be repeated."""
    paper, person = with_pages(harness, approval_wait_seconds=600), Person("yes")
    visitor = Visitor(paper.context)
    links: list[str] = []

    async def later(link: str) -> None:
        links.append(link)

    await meanwhile(person, later)
    call = await build_finalization(paper)
    done: list[Json] = []

    async def calling(host: Host) -> None:
        done.append(await host.call("change_state", **call))

    async with connect_host(paper.context, mode, person) as host, anyio.create_task_group() as group:
        group.start_soon(calling, host)
        while not links:
            await anyio.lowlevel.checkpoint()
        assert (await visitor.decide(links[0])).status_code == 303
    assert done[0]["document"]["status"] == "final"


class OpenedPages:
    """Pages of this machine whose browser opens them, and what the person then does there."""

    base_url, requires_sign_in, signing_address = HERE, False, ""

    def __init__(self, then: Callable[[str], Awaitable[Any]]) -> None:
        self.then = then
        self.opened = 0

    async def start_and_locate(self) -> str:
        return self.base_url

    async def open_in_browser(self, url: str) -> bool:
        self.opened += 1
        await self.then(url)
        return True


@pytest.mark.parametrize(("decision", "code"), [("approve", None), ("reject", "approval_declined")])
async def test_a_call_goes_on_by_itself_after_the_decision_on_the_page_that_the_browser_shows(
    harness: Harness, mode: str, decision: str, code: str | None
) -> None:
    """A host without forms and links, as Claude Desktop: the person need not tell the assistant to go on."""
    paper = with_pages(harness, approval_wait_seconds=600)
    visitor = Visitor(paper.context)
    pages = OpenedPages(lambda link: visitor.decide(link, decision, reason="Cliente errado"))
    paper.context.page_host = pages
    call = await build_finalization(paper)
    async with connect_host(paper.context, mode, None) as host:
        body = (await host.call_unchecked("change_state", **call)).structured_content
    assert body is not None
    assert body.get("code") == code
    assert pages.opened == 1
    if code is None:
        assert body["document"]["status"] == "final"
    else:
        assert "Cliente errado" in body["message"]
        assert body["sent"] == "nothing"


async def test_a_call_whose_open_page_nobody_answers_waits_for_its_repetition(
    harness: Harness, mode: str
) -> None:
    paper = office_of(harness)

    async def look(link: str) -> None:
        assert "ACME" in (await Visitor(paper.context).look(link)).text

    paper.context.page_host = pages = OpenedPages(look)
    call = await build_finalization(paper)
    async with connect_host(paper.context, mode, None) as host:
        body = (await host.call_unchecked("change_state", **call)).structured_content
    assert body is not None
    assert body["status"] == "approval_required"
    assert pages.opened == 1, "and the browser is not opened once more"
    assert [one.state for one in paper.context.approvals.list_waiting()] == ["pending"]


async def test_a_host_without_links_is_told_how_a_person_gets_there(harness: Harness, mode: str) -> None:
    paper = office_of(harness)
    async with connect_host(paper.context, mode, None) as host:
        body = (
            await host.call_unchecked("change_state", **(await build_finalization(paper)))
        ).structured_content
    assert body is not None
    assert "ix-tools approvals link" in body["next"][0]["why"]
