"""`ix-tools events`: listed for people, exported for programs."""

from __future__ import annotations

import json

from tests.interfaces.cli.conftest import Cli


def test_events_are_listed_and_exported(cli: Cli) -> None:
    assert "Nothing has happened" in cli.text("events", "list")
    cli.run_approved(*cli.finalize(cli.draft()))
    listed = cli("events", "list").body["events"]
    assert [one["type"] for one in listed][-1] == "document.finalized"
    assert "document.finalized" in cli.text("events", "list", "--type", "document.finalized")
    lines = [json.loads(line) for line in cli("events", "export").out.splitlines()]
    assert lines == listed
    after = cli("events", "export", "--after", str(lines[0]["position"])).out.splitlines()
    assert [json.loads(line)["id"] for line in after] == [one["id"] for one in lines[1:]]


def test_a_reader_continues_where_it_stopped(cli: Cli) -> None:
    cli.draft()
    first = cli("events", "export", "--reader", "books").out.splitlines()
    assert len(first) == 1
    assert cli("events", "export", "--reader", "books").out == ""
    cli.run_approved(*cli.finalize(cli.draft()))
    rest = cli("events", "export", "--reader", "books", "--type", "document.finalized").out.splitlines()
    assert [json.loads(line)["type"] for line in rest] == ["document.finalized"]
    assert cli("events", "export", "--reader", "a", "--after", "1").code == 2
