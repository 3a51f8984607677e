"""Operations on a client's balance: initial balance and regularizations, which are not documents (API v3)."""

from collections.abc import Iterable, Mapping
from typing import Any

from ix_tools.domain.amount_types import AboveZero
from ix_tools.domain.date_types import WireDate
from ix_tools.domain.parsing import read_id, read_rows
from ix_tools.domain.records import Balance, Client, InitialBalance, Regularization
from ix_tools.domain.types import Id, Record
from ix_tools.guards import treasury
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.clients import ClientCall, locate_client
from ix_tools.operations.drafts import IdempotentCall
from ix_tools.operations.expectations import Correction, Step, Subject
from ix_tools.operations.fingerprints import detect_creation, hash_values, trace_creation
from ix_tools.operations.lists import DeletionResult, PageResult, name_deleted, parse_page
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Route, Spec


def get_client_record(call: ClientCall, facts: Facts) -> Client:
    """Return the client for the approval; by its id if its record could not be read."""
    subject = facts.subject
    return subject if isinstance(subject, Client) else Client(id=call.client_id, name=f"id {call.client_id}")


def preview_debt(facts: Facts) -> list[Row]:
    """Return the row with the client's debt, for the approval."""
    remaining = facts.balance.remaining_balance if facts.balance else None
    known = remaining is not None and remaining.total is not None
    return [Row("owed_before", remaining.total)] if remaining is not None and known else []


INITIAL_BALANCE_FIELDS = ("value", "date", "observation")
"""Fields of an initial balance."""


def trace_client(call: ClientCall) -> dict[str, Any]:
    """Return the client as subject of the trace."""
    return {"subject": f"clients/{call.client_id}"}


class BalanceResult(Record):
    """Balance of a client."""

    client: Client | None = None
    balance: Balance


class GetClientBalance(ClientCall, Operation[BalanceResult]):
    """Read what a client owes: balance, overdue, remaining, initial.

    Source: OpenAPI getClientBalance (v3).
    """

    spec = Spec(
        name="get_client_balance",
        title="Read a client's balance",
        effect=Effect.READS,
        heading=Heading.TREASURY,
        route=Route("GET", "/api/v3/clients/{client_id}/balance.json"),
        needs=frozenset({Want.SUBJECT}),
        vendor_operations=("getClientBalance",),
        example={"client_id": 501},
        idempotent=True,
    )

    def subject_ref(self, result: BalanceResult | None = None) -> Subject | None:
        """Return the client, whose name the result shows."""
        return locate_client(self.client_id)

    def parse_response(self, content: Any, facts: Facts) -> BalanceResult:
        """Parse the balance."""
        known = facts.subject
        names = ("id", "name", "code", "fiscal_id")
        shown = (
            Client(**{name: getattr(known, name) for name in names}) if isinstance(known, Client) else None
        )
        return BalanceResult(client=shown, balance=Balance.model_validate(content or {}))

    def next_steps(self, result: BalanceResult) -> Iterable[Step]:
        """Suggest what is open of each invoice, if something is owed."""
        owed = result.balance.balance.with_vat if result.balance.balance else None
        if owed and owed > 0:
            about = {"client_id": self.client_id, "unpaid": True}
            yield Step("list_client_invoices", message("what is open of each invoice"), about)


class TreasuryEntry(ClientCall):
    """Amount, day and reason of an entry in a client's account."""

    value: AboveZero
    """Amount of the entry, greater than 0, with at most 2 decimals."""
    date: WireDate
    """Day of the entry, e.g. 2026-11-30, or today; not in the future."""
    observation: str | None = None
    """Reason for the entry, in a few words."""

    def preview_rows(self, facts: Facts) -> list[Row]:
        """Return the rows of the entry, for the approval."""
        rows = [*preview_debt(facts), Row("entry_date", self.date)]
        return [*rows, Row("observation", self.observation)] if self.observation else rows


class InitialBalanceResult(Record):
    """Initial balance as stored."""

    initial_balance: InitialBalance


class SetInitialBalance(TreasuryEntry, IdempotentCall, Operation[InitialBalanceResult]):
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
        vendor_operations=("updateClientInitialBalance",),
        example={"client_id": 501, "value": 250.5, "date": "2026-01-01", "observation": "Saldo de 2025"},
    )

    def subject_ref(self, result: InitialBalanceResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the client and the amounts before and after."""
        known = facts.balance.initial_balance if facts.balance else None
        before = [Row("balance_before", known.value)] if known and known.value is not None else []
        return Preview(
            action="initial_balance",
            rows=(*self.preview_rows(facts), *before),
            client=get_client_record(self, facts),
            amount=Row("value", self.value),
        )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the client, and hashes of the balance set and of the one before."""
        known = facts.balance.initial_balance if facts.balance else None
        before = {name: getattr(known, name, None) for name in INITIAL_BALANCE_FIELDS}
        asked = {name: getattr(self, name) for name in INITIAL_BALANCE_FIELDS}
        return {**trace_client(self), "asked": hash_values(asked), "before": hash_values(before)}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the client's balance and compare its initial balance with the requested and the earlier one."""
        balance = await probe.read_resource(f"/api/v3/{trace['subject']}/balance.json", "")
        if balance is None or "initial_balance" not in balance:
            return ProbeResult(
                Outcome.UNKNOWN, observation=message("the answer does not show the initial balance")
            )
        raw = balance["initial_balance"] or {}
        stored = InitialBalance.model_validate(raw)
        now = hash_values({name: getattr(stored, name) for name in INITIAL_BALANCE_FIELDS})
        if now == trace["asked"]:
            return ProbeResult(Outcome.DONE, raw)
        as_before = now == trace["before"] and probe.is_request_over
        return ProbeResult(
            Outcome.NOT_DONE if as_before else Outcome.UNKNOWN, raw, message("it is not the one asked for")
        )

    def parse_response(self, content: Any, facts: Facts) -> InitialBalanceResult:
        """Parse the stored entry."""
        return InitialBalanceResult(initial_balance=InitialBalance.model_validate(content or {}))

    def next_steps(self, result: InitialBalanceResult) -> Iterable[Step]:
        """Suggest reading the balance."""
        yield Step(
            "get_client_balance", message("see what the client owes now"), {"client_id": self.client_id}
        )

    def plan_correction(self, result: InitialBalanceResult, facts: Facts) -> Correction:
        """Plan: set the earlier balance."""
        known = facts.balance.initial_balance if facts.balance else None
        if known is None or not known.value:
            return Correction("changed")
        before = {"client_id": self.client_id, **known.model_dump(mode="json", exclude_none=True)}
        return Correction("changed", (Step("set_initial_balance", message("set the one before"), before),))


class RegularizationList(PageResult):
    """Regularizations of a client."""

    regularization: list[Regularization]


class ListRegularizations(ClientCall, Operation[RegularizationList]):
    """List a client's regularizations: entries that took something off their debt.

    Source: OpenAPI getClientRegularizations (v3).
    """

    spec = Spec(
        name="list_regularizations",
        title="List regularizations",
        effect=Effect.READS,
        heading=Heading.TREASURY,
        route=Route("GET", "/api/v3/clients/{client_id}/regularization.json"),
        vendor_operations=("getClientRegularizations",),
        example={"client_id": 501},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> RegularizationList:
        """Parse every row of the answer."""
        rows = [Regularization.model_validate(one) for one in read_rows(content, "regularization")]
        return RegularizationList.model_validate({"regularization": rows, **parse_page(content, len(rows))})


class RegularizationResult(Record):
    """Regularization as stored."""

    regularization: Regularization


class CreateRegularization(TreasuryEntry, IdempotentCall, Operation[RegularizationResult]):
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
        vendor_operations=("createClientRegularization",),
        example={"client_id": 501, "value": 10, "date": "2026-11-20", "observation": "Acerto de cêntimos"},
    )

    def subject_ref(self, result: RegularizationResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the client, its debt and the amount."""
        return Preview(
            action="regularization",
            rows=tuple(self.preview_rows(facts)),
            client=get_client_record(self, facts),
            amount=Row("value", self.value),
        )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the client, the newest earlier regularization, and a hash of the requested values."""
        asked = {name: getattr(self, name) for name in ("value", "date", "observation")}
        newest = max((one.id or 0 for one in facts.regularizations), default=0)
        about = {**trace_creation("regularizations", asked), **trace_client(self)}
        return {**about, "newest": newest}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for a new regularization that reads as requested."""
        rows = await probe.list_rows(f"/api/v3/{trace['subject']}/regularization.json", "regularization")
        newer = [row for row in rows if read_id(row, "regularizations") > int(trace["newest"])]
        return await detect_creation(trace, probe, Regularization, newer, "regularizations")

    def parse_response(self, content: Any, facts: Facts) -> RegularizationResult:
        """Parse the new regularization, the last one of the list."""
        rows = content if isinstance(content, list) else [content or {}]
        return RegularizationResult(regularization=Regularization.model_validate(rows[-1] if rows else {}))

    def next_steps(self, result: RegularizationResult) -> Iterable[Step]:
        """Suggest reading the balance."""
        yield Step(
            "get_client_balance", message("see what the client owes now"), {"client_id": self.client_id}
        )

    def plan_correction(self, result: RegularizationResult, facts: Facts) -> Correction:
        """Plan: delete it."""
        made = {"client_id": self.client_id, "regularization_id": result.regularization.id}
        return Correction("entry_made", (Step("delete_regularization", message("delete it"), made),))


class DeleteRegularization(ClientCall, IdempotentCall, Operation[DeletionResult]):
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
        vendor_operations=("deleteClientRegularization",),
        example={"client_id": 501, "regularization_id": 1},
    )

    def subject_ref(self, result: DeletionResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def find_regularization(self, facts: Facts) -> Regularization | None:
        """Return the regularization that the call names; None if the client has no such one."""
        return next((one for one in facts.regularizations if one.id == self.regularization_id), None)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the client and the entry."""
        rows, one = preview_debt(facts), self.find_regularization(facts)
        if one is not None:
            rows.append(Row("regularization_number", one.number or one.id, is_headline=True))
            rows += [Row("entry_date", one.date)] if one.date else []
        return Preview(
            action="regularization_deleted",
            rows=tuple(rows),
            client=get_client_record(self, facts),
            amount=Row("value", one.value) if one is not None and one.value is not None else None,
        )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the client and the regularization."""
        return {
            **trace_client(self),
            "number": self.regularization_id,
            "deleted": self.describe_regularization(facts),
        }

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for the regularization in the client's list: done if it is gone."""
        rows = await probe.list_rows(f"/api/v3/{trace['subject']}/regularization.json", "regularization")
        if all(read_id(row, "regularizations") != trace["number"] for row in rows):
            return ProbeResult(Outcome.DONE)
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN,
            observation=message("it is still there"),
        )

    def parse_response(self, content: Any, facts: Facts) -> DeletionResult:
        """Return the name of the deleted entry."""
        one = self.find_regularization(facts)
        number = one.number if one and one.number else self.regularization_id
        return DeletionResult(deleted=name_deleted("regularization", number))

    def describe_regularization(self, facts: Facts) -> str:
        """Return the regularization's name in the journal."""
        one = self.find_regularization(facts)
        return f"regularization {one.number if one and one.number else self.regularization_id}"

    def plan_correction(self, result: DeletionResult, facts: Facts) -> Correction:
        """Plan: create it again."""
        one = self.find_regularization(facts)
        if one is None:
            return Correction("entry_removed")
        kept = one.model_dump(mode="json", include={"value", "date", "observation"}, exclude_none=True)
        arguments = {"client_id": self.client_id, **kept}
        return Correction(
            "entry_removed", (Step("create_regularization", message("make it again"), arguments),)
        )
