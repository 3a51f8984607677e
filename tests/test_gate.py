"""The gate's promise, told as random stories: every irreversible operation, every way a host asks, every policy.

After each event the requests that left are counted against what a bystander would allow.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import pytest
import sqlalchemy as sql
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ix_tools.account import Account
from ix_tools.desk import Desk
from ix_tools.digests import hash_content
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.operations.catalogue import catalogue
from ix_tools.perform import ApprovalNeeded, perform
from ix_tools.policy.file import PolicyFile
from ix_tools.sandbox.server import Sandbox
from ix_tools.settings import Settings, for_sandbox
from ix_tools.store import Store
from ix_tools.tables import approvals, decisions, differences, intents, spent
from ix_tools.vocabulary import LISBON
from tests.mcp.host import Host
from tests.mcp.test_asking import GATED
from tests.recorded import Recorded
from tests.sandboxed import NOW, Office

RUNS = int(os.environ.get("GATE_RUNS", "200"))
"""How many stories are told; a longer run: GATE_RUNS=10000 pytest tests/test_gate.py."""
SEED = os.environ.get("GATE_SEED")
"""The gate tells the same stories every time; with a seed, others."""

CEILING, DAILY = Decimal("123.00"), Decimal("246.00")
RULES = {
    "none": None,
    "empty": "",
    "terminal": '[[rules]]\nname = "t"\ndecision = "terminal"\n',
    "four-eyes": '[[rules]]\nname = "f"\ndecision = "four-eyes"\n',
    "deny": '[[rules]]\nname = "d"\ndecision = "deny"\neffects = ["fiscal", "outbound", "admin"]\n',
    "unattended": f"""
        [[rules]]
        name = "flow"
        decision = "unattended"
        who = ["flow"]
        operations = ["change_state"]
        states = ["finalized"]
        up_to = {CEILING}
        daily = {DAILY}
        with_warnings = true

        [[rules]]
        name = "money"
        decision = "unattended"
        who = ["flow"]
        operations = ["generate_payment", "create_regularization", "send_email"]
        up_to = {CEILING}
        daily = {DAILY}
        with_warnings = true
        recipients = ["client"]
        """,
    "broken": "[[rules]]\nname = ",
}
STRICTER = {"none": (), "empty": (), "unattended": (), "terminal": ("t",), "four-eyes": ("f",)}
"""What each policy asks of a person; a yes given under one is good under another that asks for nothing more."""

POLICIES = st.sampled_from(
    [
        "none",
        "none",
        "none",
        "empty",
        "terminal",
        "four-eyes",
        "four-eyes",
        "unattended",
        "unattended",
        "deny",
        "broken",
    ]
)
PEOPLE = st.sampled_from(["ana", "rui", "flow"])
PICK = st.integers(0, 5)
CALL = st.integers(0, 99)
FEW = st.sampled_from([0, 0, 0, 1])
"""Mostly the call that the story is about."""
GOOD: dict[str, Any] = {"approve": True}
ANSWERS = st.sampled_from([GOOD, GOOD, GOOD, {"approve": False}, {}, {"approve": "true"}, None])
MEANWHILE = st.sampled_from(["nothing", "nothing", "edit", "expiry", "restart"])

DISTURBANCES = st.one_of(
    st.just(()), st.just(()), st.just(("edit", 1)), st.just(("wait", 16 * 60)), st.just(("restart",)),
    st.tuples(st.just("policy"), POLICIES),
)  # fmt: skip
ACTIONS = st.one_of(
    st.tuples(st.just("round"), PEOPLE, FEW),
    st.tuples(st.just("round"), st.just("ana"), FEW),
    st.tuples(st.just("answer"), PICK, st.sampled_from(["its own", "its own", "ana", "rui"]),
              st.sampled_from(["its own", "its own", "its own", "other", "one field"]), ANSWERS),
    st.tuples(st.just("answer"), PICK, st.just("its own"), st.just("its own"), st.just(GOOD)),
    st.tuples(st.just("legacy"), PEOPLE, FEW, ANSWERS, MEANWHILE),
    st.tuples(st.just("mute"), PEOPLE, FEW),
    st.tuples(st.just("outside"), PEOPLE, FEW),
    st.tuples(st.just("forge"), PEOPLE, FEW, st.sampled_from(["", "x", "A" * 43])),
    st.tuples(st.just("decide"), PICK, st.sampled_from(["ana", "rui", "eva", "eva"]), st.sampled_from([True, True, False])),
    st.tuples(st.just("edit"), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([60, 16 * 60])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("policy"), POLICIES),
    st.tuples(st.just("whole_form"), PEOPLE, FEW, DISTURBANCES, ANSWERS),
    st.tuples(st.just("whole_form"), PEOPLE, FEW, DISTURBANCES, st.just(GOOD)),
    st.tuples(st.just("whole_form"), PEOPLE, FEW, st.just(()), st.just(GOOD)),
    st.tuples(st.just("stolen"), PEOPLE, FEW, st.just("its own"), st.just("one field")),
    st.tuples(st.just("stolen"), PEOPLE, FEW, st.just("its own"), st.just("one field")),
    st.tuples(st.just("stolen"), PEOPLE, FEW, st.sampled_from(["ana", "rui"]), st.just("its own")),
    st.tuples(st.just("stolen"), PEOPLE, FEW, st.sampled_from(["ana", "its own"]), st.just("other")),
    st.tuples(st.just("whole_legacy"), PEOPLE, FEW),
    st.tuples(st.just("whole_outside"), st.sampled_from(["mute", "outside"]), PEOPLE, FEW, DISTURBANCES),
    st.tuples(st.just("whole_outside"), st.sampled_from(["mute", "outside"]), PEOPLE, FEW, st.just(())),
)  # fmt: skip


class Clock:
    """Seconds that only pass when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Staged:
    """A call that the account would carry out, and what a bystander knows of it."""

    name: str
    arguments: dict[str, Any]
    amount: Decimal | None
    shows: bool
    """Whether what is asked shows the document that `edit` changes."""

    def one_field_else(self) -> dict[str, Any]:
        """The same call with another value somewhere."""
        other = dict(self.arguments)
        for name in ("message", "observation", "subject", "note", "organization_name", "phone", "serie"):
            if name in type_of(self.name):
                other[name] = "220000009" if name == "phone" else "Outra coisa, por engano."
                return other
        return {**other, "idempotency_key": "another"}


def type_of(name: str) -> dict[str, Any]:
    return dict(catalogue()[name].model_fields)


@dataclass
class Known:
    """What a bystander knows of an approval."""

    id: str
    handle: str
    person: str
    call: int
    seen: int
    expires: float
    form: bool
    policy: str
    state: str = "pending"
    yes: set[str] = field(default_factory=set)


@dataclass
class World:
    """What the stories share: recorded answers, four hosts, one folder."""

    portal: BlockingPortal
    box: Sandbox
    store: Path
    folder: Path
    clock: Clock = field(default_factory=Clock)
    tape: Recorded = field(default_factory=Recorded)
    calls: list[Staged] = field(default_factory=list)
    desk: Desk | None = None
    story: Story | None = None
    stories: int = 0
    sent: int = 0
    carried_out: set[str] = field(default_factory=set)
    by_mode: dict[str, int] = field(default_factory=dict)

    def open(self, store: Path) -> Desk:
        made = for_sandbox(
            Settings(store=str(store), allow_account_setup=True, language="en"),
            self.box.base_url,
            self.box.api_key,
        )
        account = Account(made)
        account._client = httpx2.AsyncClient(transport=self.tape)
        desk = Desk.open(made, clock=self.clock, now=moment)
        engine_of(desk.store)
        return replace(desk, account=account, swept=True)

    async def record(self) -> None:
        """Stage every gated call in the sandbox, ask, carry it out, and keep all answers."""
        desk = self.open(self.store)
        office = Office(self.box, desk)
        for name, stage in GATED.values():
            arguments = await stage(office)
            before = len(self.box.requests())
            try:
                await perform(desk, name, arguments, can_ask=True)
            except ApprovalNeeded as asked:
                text = asked.approval.text
            read = {one["path"] for one in self.box.requests()[before:]}
            number = arguments.get("document_id") or arguments.get("receipt_id")
            mine = [path for path in read if path.endswith(f"/{number}.json")]
            document = await self.total(mine[0]) if mine else None
            amount = arguments.get("amount") or arguments.get("value") or document
            self.calls.append(
                Staged(
                    name,
                    arguments,
                    None if amount is None else Decimal(str(amount)),
                    bool(mine) and "Client" in text,
                )
            )
        self.tape.staged()
        for one in self.calls:
            with suppress(IxError):  # two of them want the same series as it was
                await office.call(one.name, one.arguments)
        assert {one.name for one in self.calls} == {
            one.spec.name for one in catalogue().values() if one.spec.effect.gated and one.spec.route
        }
        await self.tape.sealed()
        for one in self.calls:  # a call that is refused anyway would prove nothing
            with pytest.raises(ApprovalNeeded):
                await perform(desk, one.name, one.arguments, can_ask=True)
        self.tape.writes.clear()
        self.tape.changed = self._changed
        await desk.close()

    async def total(self, path: str) -> Any:
        async with httpx2.AsyncClient() as direct:
            answer = await direct.get(f"{self.box.base_url}{path}", params={"api_key": self.box.api_key})
        (document,) = answer.json().values()
        return document.get("total")

    def _changed(self, path: str, body: Any) -> Any:
        version = self.story.version if self.story else 0
        for part in body.values() if isinstance(body, dict) and version else ():
            if isinstance(part, dict) and "sequence_number" in part:
                part["observations"] = f"Edited {version} times."
        return body

    async def tell(self, about: int, other: int, policy: str, actions: list[tuple[Any, ...]]) -> None:
        self.stories += 1
        if self.stories % 500 == 0:
            sys.stdout.write(f"{self.stories} stories, {self.sent} sent\n")
            sys.stdout.flush()
        story = Story(self, (about, other))
        self.story = story
        await story.begin(policy)
        try:
            for name, *given_ in actions:
                self.clock.now += 1
                await getattr(story, name)(*given_)
            await story.end()
        finally:
            self.sent += story.sent


def engine_of(store: Store) -> None:
    """Thousands of stories need no power cut survived: the file is gone in a moment."""
    engine = store._open(durable=True)
    sql.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    engine.dispose()


def moment() -> datetime:
    return datetime.fromisoformat(NOW).replace(tzinfo=LISBON)


@dataclass
class Story:
    """A run of events, told by somebody who only looks on."""

    world: World
    about: tuple[int, int]
    known: list[Known] = field(default_factory=list)
    policy_now: str = "none"
    version: int = 0
    sent: int = 0
    spent: dict[str, Decimal] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    hosts: dict[str, Host] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    answering: Any = None

    # --- the stage

    async def begin(self, policy: str) -> None:
        self.world.tape.writes.clear()
        self.file = self.world.folder / "policy.toml"
        self.asking = "ana"
        await self.policy(policy)
        if self.world.desk is None:
            await self.restart()
        assert self.world.desk is not None
        with self.world.desk.store.writing() as connection:
            for table in (approvals, decisions, differences, intents, spent):
                connection.execute(table.delete())

    async def restart(self) -> None:
        """New servers on the same file."""
        if self.world.desk is not None:
            self.world.desk.store.close()
        self.world.desk = self.world.open(self.world.store)

    def desk(self, channel: str = "auto") -> Desk:
        assert self.world.desk is not None
        changes = {"principal": self.asking, "approval_channel": channel}
        chosen = self.world.desk.settings.model_copy(update=changes)
        policy = None if self.policy_now == "none" else PolicyFile(self.file)
        return replace(self.world.desk, settings=chosen, policy=policy)

    async def policy(self, kind: str) -> None:
        """The owner writes another policy, while everything runs."""
        self.policy_now = kind
        self.file.write_text(RULES[kind] or "")
        self.file.chmod(0o600)

    def call_of(self, which: int) -> int:
        return self.about[which] % len(self.world.calls)

    def staged(self, call: int) -> Staged:
        return self.world.calls[call]

    # --- what a bystander knows

    def seen(self, call: int) -> int:
        return self.version if self.staged(call).shows else 0

    def valid(self, one: Known, person: str, call: int) -> bool:
        """Whether an approval is good for this call, now."""
        return (
            (one.person, one.call) == (person, call)
            and one.expires > self.world.clock.now
            and one.seen == self.seen(call)
            and self.policy_now in STRICTER
            and STRICTER[self.policy_now] in {(), STRICTER[one.policy]}
        )

    def unattended(self, person: str, call: int) -> bool:
        """Whether the owner's policy lets this out without a person."""
        one = self.staged(call)
        rule = self.rule(call)
        return (
            self.policy_now == "unattended"
            and person == "flow"
            and rule is not None
            and one.amount is not None
            and one.amount <= CEILING
            and self.spent.get(rule, Decimal(0)) + one.amount <= DAILY
        )

    def rule(self, call: int) -> str | None:
        """Which of the two rules is about it; the e-mail goes to the client's own address."""
        one = self.staged(call)
        if one.name == "change_state":
            return "flow" if one.arguments["state"] == "finalized" else None
        return "money" if one.name in {"send_email", "generate_payment", "create_regularization"} else None

    def states(self) -> dict[str, str]:
        assert self.world.desk is not None
        with self.world.desk.store.reading() as connection:
            rows = connection.execute(sql.select(approvals.c.id, approvals.c.state)).all()
        return {row.id: row.state for row in rows}

    def asked_under(self, handle: str) -> str:
        assert self.world.desk is not None
        with self.world.desk.store.reading() as connection:
            row = connection.execute(
                sql.select(approvals.c.id).where(approvals.c.handle == hash_content(handle))
            )
            return str(row.scalar_one())

    def learn(self, asked: dict[str, Any] | str, person: str, call: int, form: bool) -> None:
        """Note what was asked."""
        assert self.world.desk is not None
        identifier = asked if isinstance(asked, str) else asked["id"]
        with self.world.desk.store.reading() as connection:
            rows = connection.execute(sql.select(approvals)).all()
        new = [row for row in rows if row.id == identifier]
        known = {one.id for one in self.known}
        for row in new:
            if row.id not in known:
                self.known.append(
                    Known(row.id, "", person, call, self.seen(call), row.expires_at, form, self.policy_now)
                )

    def count(self, call: int, allowed: bool, mode: str, *, exactly: bool = True) -> bool:
        """One more request left, or none; and whether it might."""
        writes = self.world.tape.writes
        left = len(writes) - self.sent
        assert left in {0, 1}, writes
        assert allowed or not left, f"{self.staged(call).name} left without a valid approval"
        if exactly and call not in self.done:
            assert bool(left) == allowed, f"{self.staged(call).name} did not leave"
        if left:
            self.sent += 1
            self.done.add(call)
            self.world.carried_out.add(self.staged(call).name)
            self.world.by_mode[mode] = self.world.by_mode.get(mode, 0) + 1
        return bool(left)

    def settle(self, call: int, person: str, mode: str, approved: list[Known]) -> None:
        """After a call without an answer: it left by the policy, or by a yes given outside, or not at all."""
        free = self.unattended(person, call)
        good = [one for one in approved if one.state == "approved" and self.valid(one, person, call)]
        before = {one.id: one.state for one in self.known}
        left = self.count(call, bool(good) or free, mode, exactly=self._newest_is(good, person, call))
        states = self.states()
        used = [one for one in self.known if before[one.id] != "used" and states.get(one.id) == "used"]
        assert len(used) <= left
        assert all(one in good for one in used)
        if left and not used:
            amount = self.staged(call).amount
            assert free
            assert amount is not None
            rule = str(self.rule(call))
            self.spent[rule] = self.spent.get(rule, Decimal(0)) + amount
        for one in self.known:
            one.state = states[one.id]

    def _newest_is(self, good: list[Known], person: str, call: int) -> bool:
        """Only the newest one asked outside is looked at: an older yes may be covered by it."""
        mine = [one for one in self.known if not one.form and (one.person, one.call) == (person, call)]
        return (
            not mine
            or mine[-1] in good
            or (not good and mine[-1].state in {"used", "stale", "expired", "pending"})
        )

    # --- events

    async def through(self, host: str, person: str, call: int, **more: Any) -> Any:
        self.asking = person
        one = self.staged(call)
        arguments = more.pop("arguments", one.arguments)
        return await self.world_host(host).client.session.call_tool(
            one.name, arguments, allow_input_required=True, **more
        )

    def world_host(self, name: str) -> Host:
        return HOSTS[name]

    async def round(self, person: str, which: int) -> None:
        """2026-07-28: the question comes back as the result; somebody may answer it later, or never."""
        call = self.call_of(which)
        result = await self.through("modern", person, call)
        self.settle(call, person, "2026-07-28", [one for one in self.known if not one.form])
        if isinstance(result, types.InputRequiredResult):
            self.learn(self.asked_under(result.request_state or ""), person, call, True)
            self.known[-1].handle = result.request_state or ""
        else:
            self.told(result, person, call)

    def told(self, result: Any, person: str, call: int) -> None:
        body = getattr(result, "structured_content", None) or {}
        if body.get("status") == "approval_required":
            self.learn(body["approval"], person, call, False)

    async def answer(self, at: int, person: str, what: str, content: Any) -> None:
        """The answer, to its own question or somewhere else; a host repeats the call with it."""
        forms = [one for one in self.known if one.form and one.handle]
        if not forms:
            return
        one = forms[at % len(forms)]
        person = one.person if person == "its own" else person
        call = self.call_of(1) if what == "other" else one.call
        more = {"arguments": self.staged(call).one_field_else()} if what == "one field" else {}
        yes = content is not None and content.get("approve") is True
        asks_form = self.policy_now in {"none", "empty", "unattended"}
        good = (
            yes
            and asks_form
            and one.state == "pending"
            and what != "one field"
            and self.valid(one, person, call)
        )
        if not asks_form:
            # The answer is ignored, and whatever else is valid counts.
            if what == "one field":
                return
            result = await self.through(
                "modern", person, call, request_state=one.handle, input_responses=given_as(content)
            )
            self.settle(call, person, "2026-07-28", [k for k in self.known if not k.form])
            self.told(result, person, call)
            return
        await self.through(
            "modern", person, call, request_state=one.handle, input_responses=given_as(content), **more
        )
        left = self.count(call, good, "2026-07-28")
        self.refresh()
        assert (one.state == "used") or not left

    def refresh(self) -> None:
        states = self.states()
        for one in self.known:
            one.state = states[one.id]

    async def forge(self, person: str, which: int, handle: str) -> None:
        """A yes to a question that was never asked."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        result = await self.through(
            "modern", person, call, request_state=handle or None, input_responses=given_as(GOOD)
        )
        if handle and self.policy_now in {"none", "empty", "unattended"}:
            self.count(call, False, "2026-07-28")
            self.refresh()
        else:
            self.settle(call, person, "2026-07-28", approved)
            self.told(result, person, call)

    async def legacy(self, person: str, which: int, content: Any, meanwhile: str) -> None:
        """2025-11-25: the question comes during the call, and things happen while the person reads."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        free = self.unattended(person, call)
        outside = any(one.state == "approved" and self.valid(one, person, call) for one in approved)
        reading = Reading(self, content, meanwhile)
        self.answering = reading
        result = await self.through("legacy", person, call)
        self.answering = None
        if not reading.asked:
            self.settle(call, person, "2025-11-25", approved)
            self.told(result, person, call)
            return
        assert not (free or outside) or call in self.done
        yes = content is not None and content.get("approve") is True
        changed = meanwhile == "edit" and self.staged(call).shows
        left = self.count(
            call, yes and not changed and meanwhile != "expiry", "2025-11-25", exactly=meanwhile != "restart"
        )
        assert not left or list(self.states().values()).count("used") == self.sent
        self.refresh()

    async def mute(self, person: str, which: int) -> None:
        """A host that cannot ask."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        result = await self.through("mute", person, call)
        self.settle(call, person, "cannot ask", approved)
        self.told(result, person, call)

    async def outside(self, person: str, which: int) -> None:
        """A host that would answer anything, where only what is decided outside counts."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        result = await self.through(
            "outside", person, call, request_state="x", input_responses=given_as(GOOD)
        )
        self.settle(call, person, "out of band", approved)
        self.told(result, person, call)

    async def decide(self, at: int, who: str, yes: bool) -> None:
        waiting = self.desk().approvals.waiting()
        if not waiting:
            return
        chosen = waiting[min(at, len(waiting) - 1)]
        one = next(one for one in self.known if one.id == chosen.id)
        four = one.policy == "four-eyes"
        may = not yes or not four or (who != one.person and who not in one.yes)
        refused = False
        try:
            self.desk().approvals.decide(
                chosen.id, approve=yes, by=f"terminal:{who}", accept_differences=True
            )
        except ApprovalRefused:
            refused = True
        assert refused is not may
        if may:
            if yes:
                one.yes.add(who)
            one.state = "rejected" if not yes else "approved" if len(one.yes) >= 1 + four else "pending"
        assert self.states()[one.id] == one.state
        self.count(one.call, False, "nobody", exactly=False)

    async def disturbed(self, how: tuple[Any, ...]) -> None:
        if how:
            await getattr(self, how[0])(*how[1:])

    async def whole_form(self, person: str, which: int, how: tuple[Any, ...], content: Any) -> None:
        """Asked, disturbed, answered; and the answer once more."""
        await self.round(person, which)
        await self.disturbed(how)
        newest = len([one for one in self.known if one.form and one.handle]) - 1
        for _ in range(2):
            await self.answer(max(newest, 0), "its own", "its own", content)

    async def stolen(self, person: str, which: int, who: str, what: str) -> None:
        """Asked; answered by somebody else, or for another call; then where it belongs."""
        await self.round(person, which)
        newest = len([one for one in self.known if one.form and one.handle]) - 1
        await self.answer(max(newest, 0), who, what, GOOD)
        await self.answer(max(newest, 0), "its own", "its own", GOOD)

    async def whole_legacy(self, person: str, which: int) -> None:
        await self.legacy(person, which, GOOD, "nothing")

    async def whole_outside(self, host: str, person: str, which: int, how: tuple[Any, ...]) -> None:
        """Asked, approved by two, disturbed, called again; and once more."""
        await getattr(self, host)(person, which)
        for who in ("rui", "eva", "ana"):
            await self.decide(99, who, True)
        await self.disturbed(how)
        for _ in range(2):
            await getattr(self, host)(person, which)

    async def edit(self, by: int) -> None:
        """Somebody changes the documents in InvoiceXpress itself, or puts them back as they were."""
        self.version = by

    async def wait(self, seconds: float) -> None:
        self.world.clock.now += seconds

    async def end(self) -> None:
        """As many were used as were sent."""
        assert list(self.states().values()).count("used") == self.sent == len(self.world.tape.writes)


def given_as(content: Any) -> dict[str, types.ElicitResult]:
    answer = (
        types.ElicitResult(action="decline")
        if content is None
        else types.ElicitResult(action="accept", content=content)
    )
    return {"approval": answer}


@dataclass
class Reading:
    """A person who reads a question while the world goes on."""

    story: Story
    content: Any
    meanwhile: str
    asked: bool = False

    async def __call__(self) -> types.ElicitResult:
        self.asked = True
        story = self.story
        if self.meanwhile == "edit":
            await story.edit(story.version + 1)
        elif self.meanwhile == "expiry":
            await story.wait(16 * 60)
        return given_as(self.content)["approval"]


HOSTS: dict[str, Host] = {}


@asynccontextmanager
async def hosts_of(world: World) -> Any:
    """The four kinds of host, each connected once."""

    class Somebody:
        async def __call__(self, context: Any, params: Any) -> types.ElicitResult:
            story = world.story
            assert story is not None
            assert story.answering is not None
            found: types.ElicitResult = await story.answering()
            return found

    async with AsyncExitStack() as stack:
        for name, mode, person, channel in (
            ("modern", "auto", Somebody(), "auto"),
            ("legacy", "legacy", Somebody(), "auto"),
            ("mute", "auto", None, "auto"),
            ("outside", "auto", Somebody(), "terminal"),
        ):
            HOSTS[name] = await stack.enter_async_context(connected_at(world, mode, person, channel))
        yield


@asynccontextmanager
async def connected_at(world: World, mode: str, person: Any, channel: str) -> Any:
    from mcp.client import Client

    from ix_tools.faces.mcp.server import build, chosen
    from ix_tools.listing import Choice

    async def open_desk(request: object = None, account: str | None = None) -> Desk:
        assert world.story is not None
        return world.story.desk(channel)

    # Listed without the schemas of results: the SDK's client would check each against its own, which others test.
    everything = Choice(toolsets=("all",))
    tools = [
        {key: value for key, value in one.items() if key != "outputSchema"} for one in chosen(everything)
    ]
    server: Any = build(open_desk, tools)
    async with Client(server, mode=mode, elicitation_callback=person) as client:
        yield Host(client, person)


@pytest.fixture
def world(running_box: Sandbox, empty_store: Path, tmp_path: Path) -> Iterator[World]:
    running_box.reset()
    running_box.set_option("rate_limit", 10_000_000)
    with start_blocking_portal() as portal:
        made = World(portal, running_box, Path(shutil.copy(empty_store, tmp_path)), tmp_path)
        portal.call(made.record)
        with portal.wrap_async_context_manager(hosts_of(made)):
            yield made
        running_box.reset()


@pytest.mark.timeout(max(120, RUNS * 2))
def test_nothing_irreversible_leaves_without_exactly_one_valid_approval(world: World) -> None:
    """Asking, answering, forging, replaying, editing, waiting, restarting, deciding, under a policy that changes."""

    # A story is short enough to be read as it came; looking for a shorter one takes minutes.
    @settings(
        max_examples=RUNS,
        phases=[Phase.generate],
        derandomize=SEED is None,
        suppress_health_check=list(HealthCheck),
    )
    @given(CALL, CALL, POLICIES, st.lists(ACTIONS, min_size=1, max_size=4))
    def story(about: int, other: int, policy: str, actions: list[tuple[Any, ...]]) -> None:
        world.portal.call(world.tell, about, other, policy, actions)

    (story if SEED is None else seed(int(SEED))(story))()
    sys.stdout.write(
        f"{world.stories} stories, {world.sent} sent: {world.by_mode}; {len(world.carried_out)} operations\n"
    )
    assert world.stories >= RUNS
    assert world.sent >= RUNS // 10, "stories in which nothing is ever sent would prove nothing"
    assert set(world.by_mode) == {"2026-07-28", "2025-11-25", "cannot ask", "out of band"}
    if RUNS >= 2000:
        assert world.carried_out == {one.name for one in world.calls}
