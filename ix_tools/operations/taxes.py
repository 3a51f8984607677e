"""Operations on the account's VAT rates."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from ix_tools.domain import resource_names
from ix_tools.domain.amount_types import Percent
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Tax
from ix_tools.domain.types import Call, Id, Record
from ix_tools.guards import master_data, rates
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.formats import name_percents
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import LOCAL_ONLY, AcceptingCall, IdempotentCall
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.fingerprints import (
    DetectableChange,
    DetectableDeletion,
    detect_creation,
    trace_creation,
)
from ix_tools.operations.lists import DeletionResult, name_deleted
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, ResolvesTo, Route, Spec


class TaxList(Record):
    """All VAT rates of the account."""

    taxes: list[Tax]


class ListTaxes(Operation[TaxList]):
    """List the account's VAT rates: names, rates, default.

    Source: OpenAPI listTaxes.
    """

    spec = Spec(
        name="list_taxes",
        title="List VAT rates",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/taxes.json"),
        vendor_operations=("listTaxes",),
        example={},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> TaxList:
        """Parse every tax."""
        return TaxList(taxes=[Tax.model_validate(one) for one in read_rows(content, "taxes")])


# --- changing taxes ------------------------------------------------------------------------------------

TaxCode = Literal["NOR", "INT", "RED", "OUT", "ISE"]
TAX_FIELDS = ("name", "value", "region", "code")


class TaxCall(Call):
    """Parameters that select one tax."""

    tax_id: Id | None = None
    """Id of the VAT rate, from list_taxes; or give tax."""
    tax: Annotated[str | None, LOCAL_ONLY, ResolvesTo("tax", "tax_id")] = Field(default=None, min_length=1)
    """Exact name of the VAT rate; or give tax_id."""

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the taxes of the account, which every document relies on."""
        return (resource_names.TAXES,)


def locate_tax(number: int | None) -> Subject | None:
    """Return the reference by which a tax is read; None without an id."""
    return Subject(f"/taxes/{number}.json", "tax", Tax) if number is not None else None


def dump_tax(tax: Any) -> dict[str, Any]:
    """Return a stored tax as the arguments that would store it."""
    return dict(tax.model_dump(mode="json", include={*TAX_FIELDS, "default_tax"}, exclude_none=True))


def predict_tax(call: Any) -> ExpectedState:
    """Return the expected state of the tax."""
    given = {name: getattr(call, name) for name in (*TAX_FIELDS, "default_tax")}
    return ExpectedState({name: value for name, value in given.items() if value is not None})


class TaxResult(Record):
    """Tax as stored."""

    tax: Tax


class GetTax(TaxCall, Operation[TaxResult]):
    """Read one VAT rate.

    Source: OpenAPI getTax.
    """

    spec = Spec(
        name="get_tax",
        title="Read a VAT rate",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/taxes/{tax_id}.json", answer="tax"),
        vendor_operations=("getTax",),
        example={"tax_id": 31554},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> TaxResult:
        """Parse the tax."""
        return TaxResult(tax=Tax.model_validate(content or {}))


class CreateTax(AcceptingCall, IdempotentCall, Operation[TaxResult]):
    """Add a VAT rate to the account.

    Source: OpenAPI createTax.
    """

    name: str = Field(min_length=1)
    """Name of the rate, unique, as lines will give it, e.g. IVA22."""
    value: Percent
    """Rate in percent, 0 to 100."""
    region: str = "PT"
    """Region of the rate: PT, PT-AC (Azores), PT-MA (Madeira) or an ISO country; default PT."""
    code: TaxCode
    """Kind of rate: NOR normal, INT intermediate, RED reduced, OUT other, ISE exempt."""
    default_tax: bool = False
    """True makes it the rate of all lines that name none; default false."""

    spec = Spec(
        name="create_tax",
        title="Create a VAT rate",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.ADMIN,
        route=Route("POST", "/taxes.json", envelope="tax", answer="tax"),
        guards=(
            master_data.tax_name_free,
            rates.tax_rate_in_force,
            rates.one_rate_of_a_kind,
            master_data.default_tax_change_is_announced,
        ),
        vendor_operations=("createTax",),
        example={"name": "IVA16", "value": 16, "region": "PT-AC", "code": "NOR"},
    )

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the taxes of the account, since a new one may become the default."""
        return (resource_names.TAXES,)

    def subject_ref(self, result: TaxResult | None = None) -> Subject | None:
        """Return the new tax once it has an id."""
        return locate_tax(result.tax.id) if result and result.tax.id else None

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values."""
        return predict_tax(self)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the name, and a hash of the requested values."""
        return trace_creation("taxes", self.predict_state(facts).values, called=self.name)

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for the exact name in the list; it was free before."""
        rows = await probe.list_rows("/taxes.json", "taxes")
        return await detect_creation(
            trace, probe, Tax, [row for row in rows if row.get("name") == trace["called"]]
        )

    def parse_response(self, content: Any, facts: Facts) -> TaxResult:
        """Parse the stored tax."""
        return TaxResult(tax=Tax.model_validate(content or {}))

    def plan_correction(self, result: TaxResult, facts: Facts) -> Correction:
        """Plan: delete it, after making the earlier default the default again."""
        steps = [Step("delete_tax", message("delete it"), {"tax_id": result.tax.id})]
        before = facts.find_tax(None)
        if self.default_tax and before:
            back = {"tax_id": before.id, "default_tax": True}
            steps.insert(
                0, Step("update_tax", message("make {name} the default again", name=before.name), back)
            )
        return Correction("created", tuple(steps))


class UpdateTax(AcceptingCall, IdempotentCall, DetectableChange, TaxCall, Operation[TaxResult]):
    """Change a VAT rate for every later document, or make it the default. What you leave out stays.

    Source: OpenAPI updateTax.
    """

    name: str | None = Field(default=None, min_length=1)
    """New name of the rate, unique in the account."""
    value: Percent | None = None
    """New rate in percent, 0 to 100."""
    region: str | None = None
    """Region of the rate: PT, PT-AC (Azores), PT-MA (Madeira) or an ISO country."""
    code: TaxCode | None = None
    """Kind of rate: NOR normal, INT intermediate, RED reduced, OUT other, ISE exempt."""
    default_tax: bool | None = None
    """True makes it the rate of all lines that name none."""

    spec = Spec(
        name="update_tax",
        title="Change a VAT rate",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.ADMIN,
        route=Route("PUT", "/taxes/{tax_id}.json", envelope="tax", answer="tax"),
        needs=frozenset({Want.SUBJECT}),
        guards=(
            master_data.tax_name_free,
            rates.tax_rate_in_force,
            rates.one_rate_of_a_kind,
            master_data.rate_changes_for_everyone,
            master_data.default_tax_change_is_announced,
        ),
        idempotent=True,
        vendor_operations=("updateTax",),
        example={"tax_id": 31555, "default_tax": True},
    )

    def subject_ref(self, result: TaxResult | None = None) -> Subject | None:
        """Return the tax."""
        return locate_tax(self.tax_id)

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the stored values, since a field that is not sent may be lost."""
        kept = {name: getattr(facts.subject, name, None) for name in (*TAX_FIELDS, "default_tax")}
        return self.model_copy(
            update={name: old for name, old in kept.items() if getattr(self, name) is None}
        )

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values, and all others as they were."""
        return predict_tax(self)

    def parse_response(self, content: Any, facts: Facts) -> TaxResult:
        """Parse the answer, which is empty; the pipeline reads the record back."""
        return TaxResult(tax=Tax.model_validate(content or {}))

    def plan_correction(self, result: TaxResult, facts: Facts) -> Correction:
        """Plan: update it with the earlier values, and restore the earlier default."""
        known, default = facts.subject, facts.find_tax(None)
        values = {"tax_id": self.tax_id, **dump_tax(known)}
        moved = default is not None and default.id != self.tax_id and bool(self.default_tax)
        if moved:
            values.pop("default_tax", None)
        steps = [Step("update_tax", message("put the earlier values back"), values)]
        if moved and default is not None:
            back = {"tax_id": default.id, "default_tax": True}
            steps.insert(
                0, Step("update_tax", message("make {name} the default again", name=default.name), back)
            )
        return Correction("changed", tuple(steps))


class DeleteTax(IdempotentCall, DetectableDeletion, TaxCall, Operation[DeletionResult]):
    """Delete a VAT rate; a person approves.

    Source: OpenAPI deleteTax.
    """

    spec = Spec(
        name="delete_tax",
        title="Delete a VAT rate",
        effect=Effect.REMOVES,
        heading=Heading.CLIENTS,
        scope=Scope.ADMIN,
        route=Route("DELETE", "/taxes/{tax_id}.json"),
        needs=frozenset({Want.SUBJECT}),
        guards=(master_data.default_tax_not_deleted,),
        idempotent=True,
        vendor_operations=("deleteTax",),
        example={"tax_id": 31558},
    )

    def subject_ref(self, result: DeletionResult | None = None) -> Subject | None:
        """Return the tax."""
        return locate_tax(self.tax_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the tax with its rate and region."""
        tax = facts.subject if isinstance(facts.subject, Tax) else Tax()
        rows = {
            "tax_name": tax.name or self.tax_id,
            "rate": None if tax.value is None else name_percents([tax.value]),
            "region": tax.region,
        }
        found = ((label, value) for label, value in rows.items() if value)
        return Preview(
            "tax_deleted", tuple(Row(label, value, is_headline=label != "region") for label, value in found)
        )

    def parse_response(self, content: Any, facts: Facts) -> DeletionResult:
        """Return the name of the deleted tax."""
        return DeletionResult(deleted=name_deleted("tax", self.tax_id, facts.subject))

    def plan_correction(self, result: DeletionResult, facts: Facts) -> Correction:
        """Plan: create it again."""
        return Correction(
            "removed", (Step("create_tax", message("create it again"), dump_tax(facts.subject)),)
        )
