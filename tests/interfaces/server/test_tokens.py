"""Static bearer tokens: shown once, kept as a hash, ended by time or by hand, for every worker at once."""

from __future__ import annotations

import hashlib
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.auth.principals import Principal
from ix_tools.auth.tokens import LAST_USE_PRECISION, SECONDS_PER_DAY, TOKEN_PATTERN, Tokens
from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.interfaces.cli.main import run_command
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit, metadata
from tests.interfaces.server.in_process_server import Served

Json = dict[str, Any]
READER = (Scope.READ,)


class Clock:
    """Stands still until it is moved."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def everything_in(store: Store) -> str:
    """Every value of every table."""
    with store.reading() as connection:
        rows = [connection.execute(sql.select(table)).all() for table in metadata.sorted_tables]
    return repr(rows)


def test_a_token_is_kept_as_a_hash_and_opens_until_it_ends(place: str) -> None:
    store, clock = Store(place), Clock()
    tokens = Tokens(store, clock)
    made, secret = tokens.create("n8n", (Scope.DRAFT, Scope.READ), ("padaria",), 30)
    assert TOKEN_PATTERN.fullmatch(secret)
    assert secret not in everything_in(store)
    assert secret[8:20] not in everything_in(store)
    assert hashlib.sha256(secret.encode()).hexdigest() in everything_in(store)
    other = Store(place)
    found = Tokens(other, clock).find(secret)
    other.close()
    assert found is not None
    assert found.principal == Principal("n8n", frozenset({Scope.READ, Scope.DRAFT}), ("padaria",))
    clock.now = made.expires_at - 1
    assert tokens.find(secret)
    clock.now = made.expires_at
    assert tokens.find(secret) is None
    assert not tokens.has_usable_tokens()
    store.close()


def test_a_token_that_was_read_is_at_hand_until_somebody_writes(place: str) -> None:
    """So that a read after a read costs no look into the store; a server is asked every time."""
    clock = Clock()
    store, other = Store(place), Store(place)
    tokens, elsewhere = Tokens(store, clock), Tokens(other, clock)
    made, secret = tokens.create("n8n", READER, ("a",), 1)
    assert tokens.find_cached(secret) is None  # never read
    assert tokens.find(secret)  # notes that it was used: a write
    assert tokens.find_cached(secret) is None
    found = tokens.find(secret)
    kept = found if store.file else None
    assert (tokens.find_cached(secret), tokens.find_cached(secret)) == (kept, kept)
    assert tokens.find_cached(secret[:-1] + "?") is None
    elsewhere.create("another", READER, ("a",), 1)
    assert tokens.find_cached(secret) is None
    assert tokens.find(secret) == found
    assert tokens.find_cached(secret) == kept
    elsewhere.revoke(made.id)
    assert (tokens.find_cached(secret), tokens.find(secret), tokens.find_cached(secret)) == (None, None, None)
    store.close()
    other.close()


def test_a_token_at_hand_ends_when_it_ends_and_is_noted_when_it_is_used(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "ix.db")
    tokens = Tokens(store, clock)
    made, secret = tokens.create("n8n", READER, ("a",), 1)
    for _ in range(2):
        tokens.find(secret)
    assert tokens.find_cached(secret)
    clock.now += LAST_USE_PRECISION
    assert tokens.find_cached(secret) is None
    clock.now = made.expires_at - 1
    for _ in range(2):
        tokens.find(secret)
    assert tokens.find_cached(secret)
    clock.now = made.expires_at
    assert tokens.find_cached(secret) is None
    store.close()


def test_a_store_that_is_gone_vouches_for_no_token(tmp_path: Path) -> None:
    """A token that was read before is not remembered longer than the file is there."""
    store = Store(tmp_path / "ix.db")
    tokens = Tokens(store)
    _, secret = tokens.create("n8n", READER, ("a",), 1)
    for _ in range(2):
        tokens.find(secret)
    assert tokens.find_cached(secret)
    (tmp_path / "ix.db").rename(tmp_path / "away.db")
    assert tokens.find_cached(secret) is None
    with pytest.raises(StoreUnavailable):
        tokens.find(secret)
    store.close()


def test_a_revoked_token_opens_nothing_anywhere(place: str) -> None:
    """And revoking it again changes nothing."""
    store, other = Store(place), Store(place)
    tokens = Tokens(store)
    one, secret = tokens.create("n8n", READER, ("a",), 1)
    _, kept = tokens.create("n8n", READER, ("a",), 1)
    assert Tokens(other).find(secret)
    first = tokens.revoke(one.id.upper())
    assert Tokens(other).find(secret) is None
    assert Tokens(other).find(kept)
    assert tokens.revoke(one.id) == first
    with store.reading() as connection:
        events = connection.execute(sql.select(audit.c.event, audit.c.principal).order_by(audit.c.seq)).all()
    assert [tuple(row) for row in events] == [("token created", "n8n")] * 2 + [("token revoked", "n8n")]
    with pytest.raises(IxError) as unknown:
        tokens.revoke("nothing1")
    assert unknown.value.code == "token_unknown"
    store.close()
    other.close()


def test_when_a_token_was_last_used_is_noted_now_and_then(place: str) -> None:
    """A note per call would make a write of every read."""
    store, clock = Store(place), Clock()
    tokens = Tokens(store, clock)
    made, secret = tokens.create("n8n", READER, ("a",), 30)
    seen = []
    for step in (0.0, LAST_USE_PRECISION / 2, LAST_USE_PRECISION / 2, 1.0):
        clock.now += step
        tokens.find(secret)
        seen.append(tokens.list_all()[0].used_at)
    start = made.created_at
    assert seen == [start, start, start + LAST_USE_PRECISION, start + LAST_USE_PRECISION]
    store.close()


@pytest.mark.parametrize(
    "secret",
    ["", "ixt_", "ixt_" + "A" * 42, "ixt_" + "A" * 44, "ixt_" + "é" * 43, "ixt_" + "A" * 42 + "\n", "x" * 47],
)
def test_what_is_no_token_is_not_even_looked_up(secret: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "never.db")
    assert Tokens(store).find(secret) is None
    assert not (tmp_path / "never.db").exists()


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "oauth:ana", "a\n", "-a", "a-", "é", "a" * 101, "a/b", "caller x", "<b>", "'--"]
)
def test_a_name_is_a_plain_word(name: str, tmp_path: Path) -> None:
    """Without a colon, which is how callers with signed tokens are called."""
    store = Store(tmp_path / "x.db")
    with pytest.raises(IxError) as refused:
        Tokens(store).create(name, READER, ("a",), 1)
    assert refused.value.problems[0].field == "name"
    store.close()


# --- the command ---


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Json, str]:
    code = run_command(["tokens", *words, "--output", "json"])
    said = capsys.readouterr()
    return code, json.loads(said.out or said.err), said.out + said.err


@pytest.fixture
def two_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PADARIA", "TALHO_LDA"):
        monkeypatch.setenv(f"INVOICEXPRESS_ACCOUNTS__{name}__ACCOUNT", name.lower().replace("_", "-"))
        monkeypatch.setenv(f"INVOICEXPRESS_ACCOUNTS__{name}__API_KEY", "canary-7f3a9b")


def test_a_token_is_shown_once(capsys: pytest.CaptureFixture[str], two_accounts: None) -> None:
    code, made, _ = ran(capsys, "create", "n8n", "--scope", "read", "--account", "talho-lda", "--days", "7")
    assert code == 0
    assert TOKEN_PATTERN.fullmatch(made["token"])
    assert (made["scopes"], made["accounts"], made["state"]) == (["read"], ["talho-lda"], "usable")
    _, listed, said = ran(capsys, "list")
    assert [one["name"] for one in listed["tokens"]] == ["n8n"]
    assert made["token"] not in said
    assert "canary" not in said
    code, revoked, said = ran(capsys, "revoke", made["id"])
    assert (code, revoked["state"]) == (0, "revoked")
    assert made["token"] not in said


def test_in_a_terminal_the_token_stands_alone_on_its_line(
    capsys: pytest.CaptureFixture[str], two_accounts: None
) -> None:
    """So that it can be copied whole, however narrow the window."""
    assert run_command(["tokens", "create", "n8n", "--account", "padaria", "--output", "text"]) == 0
    said = capsys.readouterr()
    assert TOKEN_PATTERN.fullmatch(said.out.splitlines()[0])
    assert run_command(["tokens", "list", "--output", "text"]) == 0
    assert not re.search(r"ixt_", capsys.readouterr().out)


@pytest.mark.parametrize(
    "named", [(), ("--account", "padoria"), ("--account", "padaria", "--account", "PADARIA")]
)
def test_a_token_is_for_accounts_that_there_are(
    capsys: pytest.CaptureFixture[str], two_accounts: None, named: tuple[str, ...]
) -> None:
    code, refusal, _ = ran(capsys, "create", "n8n", *named)
    assert (code, refusal["code"]) == (1, "account_needed")
    assert refusal["problems"][0]["allowed"] == "padaria, sandbox, talho-lda"


def test_unless_told_otherwise_a_token_reads_and_drafts_in_the_only_account_for_a_season(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICEXPRESS_ACCOUNT", "acme")
    _, made, _ = ran(capsys, "create", "n8n")
    assert (made["scopes"], made["accounts"]) == (["read", "draft"], ["acme"])
    days = (datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)).days
    assert 88 <= days <= 90


async def test_a_token_that_ends_during_the_day_ends_at_the_door(served: Served) -> None:
    """What is remembered of a token is forgotten with the next write: there is nothing to wait for."""
    token = served.create_token()
    assert (await served.call("lookup_exemption_codes", token=token)).status_code == 200
    served.tokens.revoke(served.tokens.list_all()[0].id)
    assert (await served.call("lookup_exemption_codes", token=token)).status_code == 401
    long_ago = Tokens(served.harness.context.store, lambda: time.time() - 2 * SECONDS_PER_DAY)
    _, old = long_ago.create("old", READER, ("sandbox",), 1)
    assert (await served.call("lookup_exemption_codes", token=old)).status_code == 401
