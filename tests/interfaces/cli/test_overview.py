"""`ix-tools overview refresh` reads the figures of the overview, and `audit verify` tells of a trail that was cut by age."""

from __future__ import annotations

from datetime import UTC, datetime

from ix_tools.audit import trail
from ix_tools.storage.database import Store
from ix_tools.storage.head_note import write_head_note
from tests.interfaces.cli.conftest import Cli


def test_every_part_is_read_and_counted(cli: Cli) -> None:
    body = cli("overview", "refresh").body
    (found,) = body["overview"]
    assert body["ok"] is True
    assert found["parts"][1:3] == ["open", "drafts"]
    assert len(found["parts"]) == 16


def test_a_cut_trail_is_told_of_and_is_whole(cli: Cli) -> None:
    store = Store(cli.store)
    for _ in range(4):
        trail.append_alone(store, trail.Entry("intent"))
    with store.writing() as connection:
        assert trail.cut(connection, datetime(2100, 1, 1, tzinfo=UTC), 10, 4) == 3
        seq, digest = connection.info["audit_head"]
    assert store.head_note is not None
    write_head_note(store.head_note, seq, digest)
    store.close()
    body = cli("audit", "verify").body
    assert (body["ok"], body["faults"], body["erased"]["through"]) == (True, [], 3)
