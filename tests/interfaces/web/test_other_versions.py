"""The page of an approval whose preview another version of ix-tools stored."""

from __future__ import annotations

import json

import sqlalchemy as sql

from ix_tools.approvals.stored_preview import VERSION
from ix_tools.storage.schema import approvals
from tests.harness import Harness
from tests.interfaces.web.visitor import (
    Visitor,
    extract_text,
    find_csrf_token,
    request_approval,
    request_with_link,
    with_pages,
)


async def test_a_request_of_a_newer_version_is_explained_and_cannot_be_decided(
    harness: Harness,
) -> None:
    paper = with_pages(harness)
    visitor = Visitor(paper.context)
    call, asked, link = await request_with_link(paper)
    page = await visitor.look(link)
    newer = json.dumps({**json.loads(asked.sheet), "version": VERSION + 1, "colour": "red"})
    with paper.context.store.writing() as connection:
        connection.execute(approvals.update().where(approvals.c.id == asked.id).values(sheet=newer))
    answer = await visitor.send(link, {"csrf": find_csrf_token(page.text), "decision": "approve"})
    assert answer.status_code == 409
    for shown in (answer, await visitor.look(link)):
        assert "The request is from another version of ix-tools" in extract_text(shown.text)
        assert "ACME" not in shown.text
    with paper.context.store.reading() as connection:
        state = connection.execute(sql.select(approvals.c.state).where(approvals.c.id == asked.id)).scalar()
    assert state == "pending"
    assert (await request_approval(paper, call)).id != asked.id, "the same call asks again"
