"""Treasury: what a client owes, and entries in the client's account that are no documents (third version of the API)."""

from collections.abc import Iterable, Mapping
from typing import Any

from ix_tools.domain.parsing import read_id, read_rows
from ix_tools.domain.records import Balance, Client, InitialBalance, Regularization
from ix_tools.domain.types import AboveZero, Id, Record, WireDate
from ix_tools.guards import treasury
from ix_tools.guards.facts import Facts, Want
from ix_tools.operations.base import Operation
from ix_tools.operations.clients import OfClient, client_at
from ix_tools.operations.drafts import Keyed
from ix_tools.operations.expectations import Correction, Step, Subject
from ix_tools.operations.fingerprints import made, of_a_new, values
from ix_tools.operations.lists import Deleted, PageShown, page_of
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Evidence, Happened, Witness
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Route, Spec


def whose(call: OfClient, facts: Facts) -> Client:
    """Who the client is, for an approval; by its id where its record could not be read."""
    subject = facts.subject
    return subject if isinstance(subject, Client) else Client(id=call.client_id, name=f"id {call.client_id}")


def owed_before(facts: Facts) -> list[Row]:
    """What the client owes, for an approval."""
    remaining = facts.balance.remaining_balance if facts.balance else None
    known = remaining is not None and remaining.total is not None
    return [Row("owed_before", remaining.total)] if remaining is not None and known else []


INITIAL = ("value", "date", "observation")
"""What an initial balance consists of."""


def of_a_client(call: OfClient) -> dict[str, Any]:
    """Whose account it is about."""
    return {"subject": f"clients/{call.client_id}"}


class BalanceResult(Record):
    """What a client owes."""

    balance: Balance


class GetClientBalance(OfClient, Operation[BalanceResult]):
    """Read what a client owes: balance, overdue, remaining, initial.

    Source: OpenAPI getClientBalance (v3).
    """

    spec = Spec(
        name="get_client_balance",
        title="Read a client's balance",
        effect=Effect.READS,
        heading=Heading.TREASURY,
        route=Route("GET", "/api/v3/clients/{client_id}/balance.json"),
        covers=("getClientBalance",),
        example={"client_id": 501},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> BalanceResult:
        """The balance."""
        return BalanceResult(balance=Balance.model_validate(content or {}))


class Entry(OfClient):
    """An amount on a day, with a word about it."""

    value: AboveZero
    """Amount of the entry, greater than 0, with at most 2 decimals."""
    date: WireDate
    """Day of the entry, e.g. 2026-11-30, or today; not in the future."""
    observation: str | None = None
    """Reason for the entry, in a few words."""

    def rows(self, facts: Facts) -> list[Row]:
        """What a person sees of it."""
        rows = [*owed_before(facts), Row("entry_date", self.date)]
        return [*rows, Row("observation", self.observation)] if self.observation else rows


class InitialBalanceResult(Record):
    """The initial balance as stored."""

    initial_balance: InitialBalance


class SetInitialBalance(Entry, Keyed, Operation[InitialBalanceResult]):
    """Set what a client owed before the first document here; a person approves. Replaces the one before.

    Source: OpenAPI updateClientInitialBalance (v3).
    """

    spec = Spec(
        name="set_initial_balance",
        title="Set a client's initial balance",
        effect=Effect.FISCAL,
        heading=Heading.TREASURY,
        scope=Scope.PAY,
        route=Route(
            "PUT",
            "/api/v3/clients/{client_id}/initial_balance.json",
            envelope="initial_balance",
            answer="initial_balance",
        ),
        needs=frozenset({Want.SUBJECT, Want.BALANCE}),
        guards=(treasury.entry_not_in_the_future, treasury.initial_balance_replaces),
        idempotent=True,
        covers=("updateClientInitialBalance",),
        example={"client_id": 501, "value": 250.5, "date": "2026-01-01", "observation": "Saldo de 2025"},
    )

    def regarding(self, result: InitialBalanceResult | None = None) -> Subject | None:
        """The client."""
        return client_at(self.client_id)

    def preview(self, facts: Facts) -> Preview:
        """The client and the amounts before and after."""
        known = facts.balance.initial_balance if facts.balance else None
        before = [Row("balance_before", known.value)] if known and known.value is not None else []
        return Preview(
            action="initial_balance",
            rows=(*self.rows(facts), *before),
            client=whose(self, facts),
            amount=Row("value", self.value),
        )

    def trace(self, facts: Facts) -> dict[str, Any]:
        """The client, the balance that was set, and the one before, as digests."""
        known = facts.balance.initial_balance if facts.balance else None
        before = {name: getattr(known, name, None) for name in INITIAL}
        asked = {name: getattr(self, name) for name in INITIAL}
        return {**of_a_client(self), "asked": values(asked), "before": values(before)}

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Read the client's balance again: its initial balance is the one asked for, or the one before."""
        balance = await witness.thing(f"/api/v3/{trace['subject']}/balance.json", "")
        if balance is None or "initial_balance" not in balance:
            return Evidence(Happened.UNKNOWN, seen="the answer does not show the initial balance")
        raw = balance["initial_balance"] or {}
        stored = InitialBalance.model_validate(raw)
        now = values({name: getattr(stored, name) for name in INITIAL})
        if now == trace["asked"]:
            return Evidence(Happened.YES, raw)
        as_before = now == trace["before"] and witness.over
        return Evidence(Happened.NO if as_before else Happened.UNKNOWN, raw, "it is not the one asked for")

    def read(self, content: Any, facts: Facts) -> InitialBalanceResult:
        """As stored."""
        return InitialBalanceResult(initial_balance=InitialBalance.model_validate(content or {}))

    def next_steps(self, result: InitialBalanceResult) -> Iterable[Step]:
        """See the balance."""
        yield Step("get_client_balance", "see what the client owes now", {"client_id": self.client_id})

    def undo(self, result: InitialBalanceResult, facts: Facts) -> Correction:
        """Set the one before."""
        known = facts.balance.initial_balance if facts.balance else None
        if known is None or not known.value:
            return Correction("changed")
        before = {"client_id": self.client_id, **known.model_dump(mode="json", exclude_none=True)}
        return Correction("changed", (Step("set_initial_balance", "set the one before", before),))


class RegularizationList(PageShown):
    """A client's regularizations."""

    regularization: list[Regularization]


class ListRegularizations(OfClient, Operation[RegularizationList]):
    """List a client's regularizations: entries that took something off their debt.

    Source: OpenAPI getClientRegularizations (v3).
    """

    spec = Spec(
        name="list_regularizations",
        title="List regularizations",
        effect=Effect.READS,
        heading=Heading.TREASURY,
        route=Route("GET", "/api/v3/clients/{client_id}/regularization.json"),
        covers=("getClientRegularizations",),
        example={"client_id": 501},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> RegularizationList:
        """Every row that came."""
        rows = [Regularization.model_validate(one) for one in read_rows(content, "regularization")]
        return RegularizationList.model_validate({"regularization": rows, **page_of(content, len(rows))})


class RegularizationResult(Record):
    """A regularization as stored."""

    regularization: Regularization


class CreateRegularization(Entry, Keyed, Operation[RegularizationResult]):
    """Take something off what a client owes, without a document; a person approves. Never instead of a credit note.

    Source: OpenAPI createClientRegularization (v3).
    """

    spec = Spec(
        name="create_regularization",
        title="Regularize a client's balance",
        effect=Effect.FISCAL,
        heading=Heading.TREASURY,
        scope=Scope.PAY,
        route=Route(
            "POST",
            "/api/v3/clients/{client_id}/regularization.json",
            envelope="regularization",
            answer="regularization",
        ),
        needs=frozenset({Want.SUBJECT, Want.BALANCE, Want.REGULARIZATIONS}),
        guards=(treasury.entry_not_in_the_future, treasury.within_the_remaining_balance),
        covers=("createClientRegularization",),
        example={"client_id": 501, "value": 10, "date": "2026-11-20", "observation": "Acerto de cêntimos"},
    )

    def regarding(self, result: RegularizationResult | None = None) -> Subject | None:
        """The client."""
        return client_at(self.client_id)

    def preview(self, facts: Facts) -> Preview:
        """The client, what they owe, and the amount."""
        return Preview(
            action="regularization",
            rows=tuple(self.rows(facts)),
            client=whose(self, facts),
            amount=Row("value", self.value),
        )

    def trace(self, facts: Facts) -> dict[str, Any]:
        """The client, the newest regularization before, and a digest of what was asked."""
        asked = {name: getattr(self, name) for name in ("value", "date", "observation")}
        newest = max((one.id or 0 for one in facts.regularizations), default=0)
        about = {**of_a_new("regularizations", asked), **of_a_client(self)}
        return {**about, "newest": newest}

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Look through the client's regularizations for a new one that reads as asked."""
        rows = await witness.rows(f"/api/v3/{trace['subject']}/regularization.json", "regularization")
        newer = [row for row in rows if read_id(row, "regularizations") > int(trace["newest"])]
        return await made(trace, witness, Regularization, newer, "regularizations")

    def read(self, content: Any, facts: Facts) -> RegularizationResult:
        """The new one; the answer is a list."""
        rows = content if isinstance(content, list) else [content or {}]
        return RegularizationResult(regularization=Regularization.model_validate(rows[-1] if rows else {}))

    def next_steps(self, result: RegularizationResult) -> Iterable[Step]:
        """See the balance."""
        yield Step("get_client_balance", "see what the client owes now", {"client_id": self.client_id})

    def undo(self, result: RegularizationResult, facts: Facts) -> Correction:
        """Delete it."""
        made = {"client_id": self.client_id, "regularization_id": result.regularization.id}
        return Correction("entry_made", (Step("delete_regularization", "delete it", made),))


class DeleteRegularization(OfClient, Keyed, Operation[Deleted]):
    """Delete a regularization: the client owes the amount again. A person approves.

    Source: OpenAPI deleteClientRegularization (v3).
    """

    regularization_id: Id
    """Id of the regularization, from list_regularizations."""

    spec = Spec(
        name="delete_regularization",
        title="Delete a regularization",
        effect=Effect.FISCAL,
        heading=Heading.TREASURY,
        scope=Scope.PAY,
        route=Route("DELETE", "/api/v3/clients/{client_id}/regularization/{regularization_id}.json"),
        needs=frozenset({Want.SUBJECT, Want.REGULARIZATIONS}),
        guards=(treasury.regularization_exists,),
        idempotent=True,
        covers=("deleteClientRegularization",),
        example={"client_id": 501, "regularization_id": 1},
    )

    def regarding(self, result: Deleted | None = None) -> Subject | None:
        """The client."""
        return client_at(self.client_id)

    def chosen(self, facts: Facts) -> Regularization | None:
        """The one meant."""
        return next((one for one in facts.regularizations if one.id == self.regularization_id), None)

    def preview(self, facts: Facts) -> Preview:
        """The client and the entry."""
        rows, one = owed_before(facts), self.chosen(facts)
        if one is not None:
            rows.append(Row("regularization_number", one.number or one.id, decides=True))
            rows += [Row("entry_date", one.date)] if one.date else []
        return Preview(
            action="regularization_deleted",
            rows=tuple(rows),
            client=whose(self, facts),
            amount=Row("value", one.value) if one is not None and one.value is not None else None,
        )

    def trace(self, facts: Facts) -> dict[str, Any]:
        """The client and the regularization."""
        return {**of_a_client(self), "number": self.regularization_id, "deleted": self.named(facts)}

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Look whether it is gone from the client's regularizations."""
        rows = await witness.rows(f"/api/v3/{trace['subject']}/regularization.json", "regularization")
        if all(read_id(row, "regularizations") != trace["number"] for row in rows):
            return Evidence(Happened.YES)
        return Evidence(Happened.NO if witness.over else Happened.UNKNOWN, seen="it is still there")

    def read(self, content: Any, facts: Facts) -> Deleted:
        """What was there."""
        return Deleted(deleted=self.named(facts))

    def named(self, facts: Facts) -> str:
        """What it is called."""
        one = self.chosen(facts)
        return f"regularization {one.number if one and one.number else self.regularization_id}"

    def undo(self, result: Deleted, facts: Facts) -> Correction:
        """Make it again."""
        one = self.chosen(facts)
        if one is None:
            return Correction("entry_removed")
        kept = one.model_dump(mode="json", include={"value", "date", "observation"}, exclude_none=True)
        again = {"client_id": self.client_id, **kept}
        return Correction("entry_removed", (Step("create_regularization", "make it again", again),))
