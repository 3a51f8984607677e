"""Operations on treasury movements, money from or to a client outside invoices, which the API never lists."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.records import Balance, TreasuryMovement
from ix_tools.domain.types import Id, Record
from ix_tools.fiscal.payment_mechanisms import find_mechanism
from ix_tools.guards import treasury
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.clients import ClientCall, locate_client
from ix_tools.operations.drafts import IdempotentCall
from ix_tools.operations.expectations import Correction, Step, Subject
from ix_tools.operations.lists import DeletionResult, name_deleted
from ix_tools.operations.payments import Mechanism
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, ResolvesTo, Route, Spec
from ix_tools.operations.treasury import TreasuryEntry, get_client_record, preview_debt, trace_client


def format_debt(balance: Balance | None) -> str:
    """Return a client's debt as text; - if it is not known."""
    amount = balance.balance.with_vat if balance and balance.balance else None
    return "-" if amount is None else format_cents(amount)


async def compare_debt(trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
    """Report the client's debt before and now. Other documents change it too, so the outcome stays unknown."""
    raw = await probe.read_resource(f"/api/v3/{trace['subject']}/balance.json", "")
    now = format_debt(Balance.model_validate(raw or {}))
    return ProbeResult(
        Outcome.UNKNOWN,
        observation=message("the client owed {owed} before and owes {now} now", owed=trace["owed"], now=now),
    )


class MovementResult(Record):
    """Treasury movement as stored."""

    treasury_movement: TreasuryMovement


class CreateTreasuryMovement(TreasuryEntry, IdempotentCall, Operation[MovementResult]):
    """Record money a client paid in advance (Payment) or got back (Reimbursement), outside any invoice; a person approves. For an invoice use generate_payment.

    Source: OpenAPI createClientTreasuryMovement (v3).
    """

    manual_check = message("see the client's current account in InvoiceXpress")

    movement_type: Literal["Payment", "Reimbursement"]
    """Kind of movement: Payment from the client, or Reimbursement to the client."""
    payment_method: Mechanism | None = None
    """Means of payment: TB transfer, MB Multibanco, NU cash, CC/CD credit/debit card, CH cheque, CO voucher, CS compensation, DE e-money, LC bill, PR goods, TR meal ticket, OU other."""
    # An unknown series is refused when names are resolved: InvoiceXpress would silently take the default one.
    serie: Annotated[str | None, ResolvesTo("series")] = Field(default=None, min_length=1)
    """Name of the series, from list_sequences; default the account's default series."""

    spec = Spec(
        name="create_treasury_movement",
        title="Record a treasury movement",
        effect=Effect.FISCAL,
        heading=Heading.TREASURY,
        scope=Scope.PAY,
        route=Route(
            "POST",
            "/api/v3/clients/{client_id}/treasury_movements.json",
            envelope="treasury_movement",
            answer="treasury_movement",
        ),
        needs=frozenset({Want.SUBJECT, Want.BALANCE}),
        guards=(treasury.entry_not_in_the_future,),
        vendor_operations=("createClientTreasuryMovement",),
        example={
            "client_id": 501,
            "movement_type": "Payment",
            "value": 100,
            "date": "2026-11-20",
            "payment_method": "TB",
        },
    )

    def subject_ref(self, result: MovementResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the client, the amount and its direction."""
        rows = [*self.preview_rows(facts), Row("movement_type", self.movement_type, is_headline=True)]
        if self.payment_method:
            rows.append(Row("mechanism", find_mechanism(self.payment_method) or self.payment_method))
        if self.serie:
            rows.append(Row("series", self.serie))
        return Preview(
            action="movement",
            rows=tuple(rows),
            client=get_client_record(self, facts),
            amount=Row("value", self.value),
        )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the client, and its debt before."""
        return {**trace_client(self), "owed": format_debt(facts.balance)}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Report unknown, with the client's debt before and now for the person who settles it; movements are not listed."""
        return await compare_debt(trace, probe)

    def parse_response(self, content: Any, facts: Facts) -> MovementResult:
        """Parse the stored movement."""
        return MovementResult(treasury_movement=TreasuryMovement.model_validate(content or {}))

    def next_steps(self, result: MovementResult) -> Iterable[Step]:
        """Suggest reading the balance."""
        yield Step(
            "get_client_balance", message("see what the client owes now"), {"client_id": self.client_id}
        )

    def plan_correction(self, result: MovementResult, facts: Facts) -> Correction:
        """Plan: delete it, if the answer has its id."""
        number = result.treasury_movement.id
        made = {"client_id": self.client_id, "treasury_movement_id": number}
        return Correction(
            "entry_made", (Step("delete_treasury_movement", message("delete it"), made),) if number else ()
        )


class DeleteTreasuryMovement(ClientCall, IdempotentCall, Operation[DeletionResult]):
    """Delete a treasury movement. A person approves.

    Source: OpenAPI deleteClientTreasuryMovement (v3).
    """

    manual_check = message("see the client's current account in InvoiceXpress")

    treasury_movement_id: Id
    """Id of the movement, from the result that created it or from InvoiceXpress."""

    spec = Spec(
        name="delete_treasury_movement",
        title="Delete a treasury movement",
        effect=Effect.FISCAL,
        heading=Heading.TREASURY,
        scope=Scope.PAY,
        route=Route("DELETE", "/api/v3/clients/{client_id}/treasury_movements/{treasury_movement_id}.json"),
        needs=frozenset({Want.SUBJECT, Want.BALANCE}),
        idempotent=True,
        vendor_operations=("deleteClientTreasuryMovement",),
        example={"client_id": 501, "treasury_movement_id": 1},
    )

    def subject_ref(self, result: DeletionResult | None = None) -> Subject | None:
        """Return the client."""
        return locate_client(self.client_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the client and the id; a movement cannot be read."""
        return Preview(
            action="movement_deleted",
            rows=(*preview_debt(facts), Row("movement", str(self.treasury_movement_id), is_headline=True)),
            client=get_client_record(self, facts),
        )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the client, the movement and the debt before."""
        about = {"deleted": f"treasury movement {self.treasury_movement_id}"}
        return {**trace_client(self), **about, "owed": format_debt(facts.balance)}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Report unknown: movements are not listed. Repeating is harmless, since a 404 then means that it was deleted."""
        return await compare_debt(trace, probe)

    def parse_response(self, content: Any, facts: Facts) -> DeletionResult:
        """Return the name of the deleted movement."""
        return DeletionResult(deleted=name_deleted("treasury_movement", self.treasury_movement_id))

    def plan_correction(self, result: DeletionResult, facts: Facts) -> Correction:
        """Plan: record it again."""
        return Correction("entry_removed")
