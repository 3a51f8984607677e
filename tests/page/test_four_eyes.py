"""Two people on the page: each by a link of their own and their own PIN, and never whoever asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ix_tools.errors import ApprovalRefused
from ix_tools.perform import perform
from tests.page.visitor import Visitor, finalizing, paged, read, waiting
from tests.sandboxed import Office
from tests.test_policing import under

PINS = {"ana": "pin-of-ana", "bruno": "pin-of-bruno", "carla": "pin-of-carla"}


async def test_two_people_approve_by_links_of_their_own(office: Office, tmp_path: Path) -> None:
    call = await finalizing(office)
    paper = paged(office)
    under(paper, tmp_path, 'otherwise = "four-eyes"', "ana")
    links = paper.desk.links
    for name, pin in PINS.items():
        links.set_pin(name, pin)
    asked = await waiting(paper, call)
    door = {name: links.made(asked, "message", name) for name in PINS}

    async def says_yes(name: str, pin: str = "") -> tuple[int, str]:
        answer = await Visitor(paper.desk).decide(door[name], pin=pin or PINS[name])
        return answer.status_code, read(answer.text)

    status, text = await says_yes("ana")
    assert (status, "Whoever asked does not approve it" in text) == (403, True)
    status, text = await says_yes("bruno", PINS["carla"])
    assert (status, "That is not the PIN" in text) == (403, True)
    status, text = await says_yes("bruno")
    assert (status, "Somebody else must approve, too" in text) == (200, True)
    assert (await perform(paper.desk, "change_state", call))["status"] == "approval_required"
    await says_yes("bruno")
    assert paper.desk.approvals.find(asked.id).state == "pending", "the same person twice is one"
    status, _ = await says_yes("carla")
    assert status == 303
    assert (await perform(paper.desk, "change_state", call))["document"]["status"] == "final"


async def test_who_is_not_known_is_not_one_of_the_two(office: Office, tmp_path: Path) -> None:
    call = await finalizing(office)
    paper = paged(office)
    under(paper, tmp_path, 'otherwise = "four-eyes"', "ana")
    asked = await waiting(paper, call)
    answer = await Visitor(paper.desk).decide(paper.desk.links.made(asked, "message"))
    assert answer.status_code == 403
    assert "Who approves must be known here" in read(answer.text)


async def test_a_link_for_somebody_is_nothing_without_their_pin(office: Office) -> None:
    """Also when the PIN was taken away meanwhile."""
    paper = paged(office)
    asked = await waiting(paper, await finalizing(paper))
    with pytest.raises(ApprovalRefused) as refused:
        paper.desk.links.made(asked, "message", "bruno")
    assert refused.value.code == "pin_missing"
    paper.desk.links.set_pin("bruno", PINS["bruno"])
    link = paper.desk.links.made(asked, "message", "bruno")
    paper.desk.links.set_pin("bruno", None)
    answer = await Visitor(paper.desk).decide(link, pin=PINS["bruno"])
    assert answer.status_code == 403
    assert paper.desk.approvals.find(asked.id).state == "pending"
