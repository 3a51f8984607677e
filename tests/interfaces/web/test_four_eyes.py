"""Two people on the page: each by a link of their own and their own PIN, and never whoever asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sql

from ix_tools.errors import ApprovalRefused
from ix_tools.storage import schema
from tests.harness import Harness, execute
from tests.interfaces.web.visitor import (
    Visitor,
    build_finalization,
    extract_text,
    request_approval,
    with_pages,
)
from tests.pipeline.test_policy_check import under

PINS = {"ana": "pin-of-ana", "bruno": "pin-of-bruno", "carla": "pin-of-carla"}


async def test_two_people_approve_by_links_of_their_own(harness: Harness, tmp_path: Path) -> None:
    call = await build_finalization(harness)
    paper = with_pages(harness)
    under(paper, tmp_path, 'otherwise = "four-eyes"', "ana")
    links = paper.context.links
    for name, pin in PINS.items():
        links.pins.set(name, pin, by=f"terminal:{name}")
    asked = await request_approval(paper, call)
    door = {name: links.create(asked, "message", name) for name in PINS}

    async def says_yes(name: str, pin: str = "") -> tuple[int, str]:
        answer = await Visitor(paper.context).decide(door[name], pin=pin or PINS[name])
        return answer.status_code, extract_text(answer.text)

    status, text = await says_yes("ana")
    assert (status, "The requester may not approve this call" in text) == (403, True)
    status, text = await says_yes("bruno", PINS["carla"])
    assert (status, "That is not the PIN" in text) == (403, True)
    status, text = await says_yes("bruno")
    assert (status, "Another person must approve too" in text) == (200, True)
    assert (await execute(paper.context, "change_state", call))["status"] == "approval_required"
    await says_yes("bruno")
    assert paper.context.approvals.find(asked.id).state == "pending", "the same person twice is one"
    status, _ = await says_yes("carla")
    assert status == 303
    assert (await execute(paper.context, "change_state", call))["document"]["status"] == "final"


async def test_who_is_not_known_is_not_one_of_the_two(harness: Harness, tmp_path: Path) -> None:
    call = await build_finalization(harness)
    paper = with_pages(harness)
    under(paper, tmp_path, 'otherwise = "four-eyes"', "ana")
    asked = await request_approval(paper, call)
    answer = await Visitor(paper.context).decide(paper.context.links.create(asked, "message"))
    assert answer.status_code == 403
    assert "The approver must be identified here" in extract_text(answer.text)


async def test_a_link_for_somebody_is_nothing_without_their_pin(harness: Harness) -> None:
    """Also when the PIN was taken away meanwhile."""
    paper = with_pages(harness)
    asked = await request_approval(paper, await build_finalization(paper))
    with pytest.raises(ApprovalRefused) as refused:
        paper.context.links.create(asked, "message", "bruno")
    assert refused.value.code == "pin_missing"
    paper.context.links.pins.set("bruno", PINS["bruno"], by="terminal:bruno")
    link = paper.context.links.create(asked, "message", "bruno")
    paper.context.links.pins.set("bruno", None, by="terminal:bruno")
    answer = await Visitor(paper.context).decide(link, pin=PINS["bruno"])
    assert answer.status_code == 403
    assert paper.context.approvals.find(asked.id).state == "pending"


# --- a PIN that somebody else set


async def two_yeses(
    paper: Harness, names: tuple[str, str], setters: tuple[str | None, str | None]
) -> list[tuple[int, str]]:
    """How the page answers two people, each with a link and a PIN of their own that was set by somebody."""
    pins = paper.context.links.pins
    for name, setter in zip(names, setters, strict=True):
        pins.set(name, PINS[name], by=setter if setter is not None else f"terminal:{name}")
        if setter == "":
            with paper.context.store.writing() as connection:
                connection.execute(schema.pins.update().values(set_by=""))
    asked = await request_approval(paper, await build_finalization(paper))
    found = []
    for name in names:
        link = paper.context.links.create(asked, "message", name)
        answer = await Visitor(paper.context).decide(link, pin=PINS[name])
        found.append((answer.status_code, extract_text(answer.text)))
    state = paper.context.approvals.find(asked.id).state
    assert state == ("approved" if found[-1][0] == 303 else "pending")
    return found


PEOPLE = """otherwise = "four-eyes"
[people]
ana = ["terminal:asilva", "principal:ana-laptop"]
rui = ["terminal:rsantos"]
"""


@pytest.mark.parametrize(
    ("setters", "statuses", "said"),
    [
        (("terminal:bruno", "terminal:carla"), (200, 303), ""),
        (("terminal:maria", "terminal:maria"), (200, 403), "may be one person"),
        (("terminal:carla", "terminal:carla"), (200, 403), "may be one person"),
        (("terminal:bruno", "terminal:bruno"), (200, 403), "may be one person"),
        (("terminal:maria", "terminal:carla"), (200, 303), ""),
        (("terminal:maria", "terminal:MARIA "), (200, 403), "may be one person"),
        (("terminal:maria", "terminal:rsantos"), (200, 303), ""),
        (("terminal:rui", "terminal:rsantos"), (200, 403), "may be one person"),
        (("terminal:root", "terminal:root"), (200, 403), "may be one person"),
        (("terminal:asilva", "terminal:carla"), (403, 200), ""),
        (("terminal:ana", "terminal:carla"), (403, 200), ""),
        (("", "terminal:carla"), (403, 200), "not recorded who set this PIN"),
    ],
)
async def test_a_pin_is_also_its_setters(
    harness: Harness,
    tmp_path: Path,
    setters: tuple[str, str],
    statuses: tuple[int, int],
    said: str,
) -> None:
    """Who sets PINs for two people is one person, not two; and whoever asked is asked nowhere. Ana asks."""
    paper = with_pages(harness)
    under(paper, tmp_path, PEOPLE, "ana-laptop")
    found = await two_yeses(paper, ("bruno", "carla"), setters)
    assert tuple(status for status, _ in found) == statuses, found
    assert any(said in text for _, text in found)


@pytest.mark.parametrize(
    ("setter", "status"), [("terminal:bruno", 303), ("terminal:carla", 303), ("terminal:maria", 403)]
)
async def test_where_people_are_named_a_pin_set_by_another_is_not_theirs(
    harness: Harness, tmp_path: Path, setter: str, status: int
) -> None:
    rule = '[[rules]]\nname = "named"\ndecision = "page"\napprovers = ["bruno", "carla"]\n'
    paper = with_pages(harness)
    under(paper, tmp_path, rule, "ana")
    paper.context.links.pins.set("bruno", PINS["bruno"], by=setter)
    asked = await request_approval(paper, await build_finalization(paper))
    link = paper.context.links.create(asked, "message", "bruno")
    answer = await Visitor(paper.context).decide(link, pin=PINS["bruno"])
    assert answer.status_code == status
    if status == 403:
        assert "terminal:maria set this PIN" in extract_text(answer.text)


async def test_a_terminal_and_a_pin_set_there_are_one_person(harness: Harness, tmp_path: Path) -> None:
    paper = with_pages(harness)
    under(paper, tmp_path, PEOPLE, "n8n")
    paper.context.links.pins.set("bruno", PINS["bruno"], by="terminal:asilva")
    asked = await request_approval(paper, await build_finalization(paper))
    paper.context.approvals.decide(asked.id, approve=True, by="terminal:asilva")
    link = paper.context.links.create(asked, "message", "bruno")
    answer = await Visitor(paper.context).decide(link, pin=PINS["bruno"])
    assert (answer.status_code, "may be one person" in extract_text(answer.text)) == (403, True)


async def test_whoever_asked_is_known_by_their_own_page_too(harness: Harness, tmp_path: Path) -> None:
    """Their program's name is theirs on the page as well: its own PIN makes nobody else of them."""
    paper = with_pages(harness)
    under(paper, tmp_path, PEOPLE, "ana-laptop")
    paper.context.links.pins.set("ana-laptop", PINS["ana"], by="terminal:asilva")
    asked = await request_approval(paper, await build_finalization(paper))
    answer = await Visitor(paper.context).decide(
        paper.context.links.create(asked, "message"), pin=PINS["ana"]
    )
    assert (answer.status_code, "The requester may not approve this call" in extract_text(answer.text)) == (
        403,
        True,
    )


async def test_without_a_policy_it_does_not_matter_who_set_a_pin(harness: Harness) -> None:
    paper = with_pages(harness)
    paper.context.links.pins.set("local", PINS["ana"], by="terminal:root")
    asked = await request_approval(paper, await build_finalization(paper))
    answer = await Visitor(paper.context).decide(
        paper.context.links.create(asked, "message"), pin=PINS["ana"]
    )
    assert answer.status_code == 303
    with paper.context.store.reading() as connection:
        wanted = sql.select(schema.audit.c.outcome).where(schema.audit.c.event == "approval approved")
        assert connection.execute(wanted).scalar_one() == "by page:local with a PIN set by terminal:root"


@pytest.mark.parametrize(
    ("name", "setter", "expected"),
    [
        ("ana", "terminal:ana", "Quem pediu não pode aprovar"),
        ("bruno", "terminal:asilva", "Quem pediu não pode aprovar"),
        ("", "", "Aqui é preciso saber quem aprova"),
    ],
)
async def test_why_a_yes_is_not_taken_is_said_in_portuguese_too(
    harness: Harness, tmp_path: Path, name: str, setter: str, expected: str
) -> None:
    paper = with_pages(harness, language="pt")
    under(paper, tmp_path, PEOPLE, "ana-laptop")
    if name:
        paper.context.links.pins.set(name, PINS[name], by=setter)
    asked = await request_approval(paper, await build_finalization(paper))
    link = paper.context.links.create(asked, "message", name)
    answer = await Visitor(paper.context).decide(link, pin=PINS.get(name, ""))
    text = extract_text(answer.text)
    assert (answer.status_code, expected in text, "policy" in text) == (403, True, False), text
