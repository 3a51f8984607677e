"""Events of a scenario: hosts, people, time, other servers, and InvoiceXpress itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import anyio
import httpx2
import mcp_types as types

from ix_tools.errors import ApprovalRefused, IxError
from tests.gate.model import ACCEPTED, CHANGES
from tests.gate.observer import Observer, Shown
from tests.gate.replay_transport import DELETED
from tests.harness import execute

GOOD: dict[str, Any] = {"approve": True}
GAP_SECONDS = 0.1
"""Seconds that a second writer has in the gap; one that may not write is waiting by then."""


@dataclass
class Scenario(Observer):
    """A sequence of events; after each, the sent requests are counted."""

    answering: Any = None

    # --- events

    async def call_through(self, host: str, person: str, call: int, **more: Any) -> Any:
        self.asking = person
        self.look(call)
        one = self.staged(call)
        arguments = more.pop("arguments", one.arguments)
        return await self.world.hosts[host].client.session.call_tool(
            one.name, arguments, allow_input_required=True, **more
        )

    async def round(self, person: str, which: int) -> None:
        """2026-07-28: the approval request is the result; it may be answered later, or never."""
        call = self.call_of(which)
        result = await self.call_through("modern", person, call)
        self.settle(call, person, "2026-07-28", [one for one in self.known if not one.form])
        if isinstance(result, types.InputRequiredResult):
            self.learn(self.asked_under(result.request_state or ""), person, call, True)
            self.known[-1].handle = result.request_state or ""
        else:
            self.learn_from_result(result, person, call)

    def learn_from_result(self, result: Any, person: str, call: int) -> None:
        body = getattr(result, "structured_content", None) or {}
        if body.get("status") == "approval_required":
            self.learn(body["approval"], person, call, False)

    async def answer(self, at: int, person: str, what: str, content: Any) -> None:
        """Repeat a call with an answer, to its own approval request or to another one."""
        forms = [one for one in self.known if one.form and one.handle]
        if not forms:
            return
        one = forms[at % len(forms)]
        person = one.person if person == "its own" else person
        call = self.call_of(1) if what == "other" else one.call
        more = {"arguments": self.staged(call).one_field_else()} if what == "one field" else {}
        self.look(call)
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
            # The answer is ignored, and any other valid approval counts.
            if what == "one field":
                return
            result = await self.call_through(
                "modern", person, call, request_state=one.handle, input_responses=build_response(content)
            )
            self.settle(call, person, "2026-07-28", [k for k in self.known if not k.form])
            self.learn_from_result(result, person, call)
            return
        result = await self.call_through(
            "modern", person, call, request_state=one.handle, input_responses=build_response(content), **more
        )
        if what != "one field":
            self.learn_from_result(
                result, person, call
            )  # no person can have given this answer, so a person is asked elsewhere
        left = self.count(call, good, "2026-07-28", exactly=self.sure(call, [one]))
        self.refresh()
        assert (one.state == "used") or not left
        if left:
            self.issued_as(call, one.seen)

    def refresh(self) -> None:
        states = self.states()
        for one in self.known:
            one.state = states[one.id]

    async def forge(self, person: str, which: int, handle: str) -> None:
        """Approve a request that was never made."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        result = await self.call_through(
            "modern", person, call, request_state=handle or None, input_responses=build_response(GOOD)
        )
        if handle and self.policy_now in {"none", "empty", "unattended"}:
            self.count(call, False, "2026-07-28")
            self.refresh()
        else:
            self.settle(call, person, "2026-07-28", approved)
            self.learn_from_result(result, person, call)

    async def legacy(self, person: str, which: int, content: Any, meanwhile: str) -> None:
        """2025-11-25: the approval request comes during the call, and something happens while the person reads."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        self.look(call)
        free = self.unattended(person, call)
        outside = any(one.state == "approved" and self.valid(one, person, call) for one in approved)
        reading = Reading(self, which, content, meanwhile)
        self.answering = reading
        result = await self.call_through("legacy", person, call)
        self.answering = None
        if not reading.asked:
            self.settle(call, person, "2025-11-25", approved)
            self.learn_from_result(result, person, call)
            return
        assert not (free or outside) or call in self.done or not self.sure(call, approved)
        yes = content is not None and content.get("approve") is True
        assert reading.seen is not None
        assert reading.answered is not None
        changed = not self.same(call, reading.seen, reading.answered)
        exactly = meanwhile != "restart" and self.sure(call, []) and reading.seen == reading.answered
        allowed = yes and not changed and meanwhile != "expiry"
        left = self.count(call, allowed, "2025-11-25", exactly=exactly)
        if left:
            self.issued_as(call, reading.seen)
        assert not left or self.sent <= self.used() <= self.sent + self.lost
        self.refresh()

    async def mute(self, person: str, which: int) -> None:
        """Call through a host that cannot ask."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        result = await self.call_through("mute", person, call)
        self.settle(call, person, "cannot ask", approved)
        self.learn_from_result(result, person, call)

    async def outside(self, person: str, which: int) -> None:
        """Call through a host that answers anything, where only approvals given elsewhere count."""
        call = self.call_of(which)
        approved = [one for one in self.known if not one.form]
        result = await self.call_through(
            "outside", person, call, request_state="x", input_responses=build_response(GOOD)
        )
        self.settle(call, person, "out of band", approved)
        self.learn_from_result(result, person, call)

    async def decide(self, at: int, who: str, yes: bool) -> None:
        known = {one.id for one in self.known}
        waiting = [one for one in self.desk().approvals.list_waiting() if one.id in known]
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
        """Request, disturb, answer, and answer again."""
        await self.round(person, which)
        await self.disturbed(how)
        newest = len([one for one in self.known if one.form and one.handle]) - 1
        for _ in range(2):
            await self.answer(max(newest, 0), "its own", "its own", content)

    async def stolen(self, person: str, which: int, who: str, what: str) -> None:
        """Request; answer as somebody else or for another call; then answer correctly."""
        await self.round(person, which)
        newest = len([one for one in self.known if one.form and one.handle]) - 1
        await self.answer(max(newest, 0), who, what, GOOD)
        await self.answer(max(newest, 0), "its own", "its own", GOOD)

    async def whole_legacy(self, person: str, which: int) -> None:
        await self.legacy(person, which, GOOD, "nothing")

    async def whole_outside(self, host: str, person: str, which: int, how: tuple[Any, ...]) -> None:
        """Request, approve by several people, disturb, and call twice more."""
        await getattr(self, host)(person, which)
        for who in ("rui", "eva", "ana"):
            await self.decide(99, who, True)
        await self.disturbed(how)
        for _ in range(2):
            await getattr(self, host)(person, which)

    async def edit(self, by: int) -> None:
        """Change the documents in InvoiceXpress itself, or restore them."""
        self.version = by

    async def wait(self, seconds: float) -> None:
        self.world.clock.now += seconds

    # --- the second writer

    def record_write(self, what: str) -> None:
        """Record the effect of an ungated write that arrived."""
        if what in self.intended:
            if what.startswith("PUT /clients/"):
                self.city = self.intended[what]
            else:
                self.world.tape.variant[what.removeprefix("PUT ")] = self.intended[what]
                self.rewritten.add(what.removeprefix("PUT "))

    def get_state(self) -> tuple[Shown, Decimal | None]:
        """Return the present state and total of the current call's document."""
        return self.seen(self.calling), self.amount(self.calling)

    async def write(self, which: int, variant: str) -> None:
        """Update the draft of a call, or else its client, from another server on the same store."""
        one = self.staged(self.call_of(which))
        assert self.world.second is not None
        desk = self.desk(of=self.world.second)
        if one.path and variant != "client":
            self.intended[f"PUT {one.path}"] = variant
            number = int(one.path.rpartition("/")[2].removesuffix(".json"))
            about = {"document_type": "invoices", "document_id": number, "accept": ACCEPTED}
            name, arguments = "update_invoice", {**about, **CHANGES[variant]}
        else:
            self.intended["PUT /clients/501.json"] = self.city + 1
            name, arguments = "update_client", {"client_id": 501, "city": f"Cidade {self.city + 1}"}
        # A writer that may not write now gets an error and writes nothing.
        with suppress(IxError):
            await execute(desk, name, arguments)
        self.count_writer(name)

    def count_writer(self, how: str) -> None:
        """Count a second writer."""
        self.world.beside[how] = self.world.beside.get(how, 0) + 1

    async def vanish(self, which: int, back: bool) -> None:
        """Delete the draft in InvoiceXpress itself, or restore it."""
        one = self.staged(self.call_of(which))
        if one.path:
            self.world.tape.variant[one.path] = "" if back else DELETED

    async def gap(self, which: int, how: str, variant: str) -> None:
        """Let something happen exactly between the last read and the next gated request."""

        async def beside(request: httpx2.Request) -> None:
            self.count_writer(f"{how} at the gap")
            with anyio.move_on_after(GAP_SECONDS):
                await self.write(which, variant)

        async def instead(request: httpx2.Request) -> httpx2.Response:
            self.count_writer(how)
            self.lost += 1
            one = self.staged(self.calling)
            if one.path:
                self.world.tape.variant[one.path] = variant if variant in CHANGES else "quiet"
            if how == "refused":
                raise httpx2.ConnectError("refused", request=request)
            return httpx2.Response(429, headers={"retry-after": "0"}, json={}, request=request)

        self.world.tape.gaps.append(beside if how == "another server" else instead)


def build_response(content: Any) -> dict[str, types.ElicitResult]:
    answer = (
        types.ElicitResult(action="decline")
        if content is None
        else types.ElicitResult(action="accept", content=content)
    )
    return {"approval": answer}


@dataclass
class Reading:
    """A person who reads an approval request while something else happens."""

    scenario: Scenario
    which: int
    content: Any
    meanwhile: str
    asked: bool = False
    seen: Shown | None = None
    """The state that was shown."""
    answered: Shown | None = None
    """The state when the answer was given."""

    async def __call__(self) -> types.ElicitResult:
        self.asked = True
        scenario = self.scenario
        self.seen = scenario.seen(scenario.calling)
        if self.meanwhile == "edit":
            await scenario.edit(scenario.version + 1)
        elif self.meanwhile == "expiry":
            await scenario.wait(16 * 60)
        elif self.meanwhile == "restart":
            await scenario.restart()
        elif self.meanwhile != "nothing":
            await scenario.write(self.which, self.meanwhile)
        self.answered = scenario.seen(scenario.calling)
        return build_response(self.content)["approval"]
