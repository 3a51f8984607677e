"""Operations on series: numbering, registration, validation codes of the tax authority."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from ix_tools.domain import resource_names
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Sequence
from ix_tools.domain.types import Call, Id, Record
from ix_tools.errors import Conflict, IxError, NotFound, Rejected
from ix_tools.fiscal.series_codes import SeriesOperation, find_registration_outcome
from ix_tools.guards import series
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import as_message, message
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.drafts import LOCAL_ONLY, IdempotentCall
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.fingerprints import DetectableChange, detect_creation, trace_creation
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, ResolvesTo, Route, Spec


class SequenceList(Record):
    """Series of the account; `types` holds each document type's id, last number and validation code."""

    sequences: list[Sequence]


class ListSequences(Operation[SequenceList]):
    """List series: for each document type its sequence id, last number and validation code (N/D unregistered, N/A not needed).

    Source: API v2 documentation, Sequences, List all; OpenAPI listSequences.
    """

    spec = Spec(
        name="list_sequences",
        title="List series",
        effect=Effect.READS,
        heading=Heading.SERIES,
        route=Route("GET", "/sequences.json"),
        vendor_operations=("listSequences",),
        example={},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> SequenceList:
        """Parse every series."""
        return SequenceList(
            sequences=[Sequence.model_validate(one) for one in read_rows(content, "sequences")]
        )


class SequenceResult(Record):
    """Series after a change."""

    sequence: Sequence | None = None


class SeriesCall(Call):
    """Parameters that select one series."""

    sequence_id: Id | None = None
    """Id of the series itself, from list_sequences; or give series."""
    series: Annotated[str | None, LOCAL_ONLY, ResolvesTo("series", "sequence_id")] = Field(
        default=None, min_length=1
    )
    """Exact name of the series; or give sequence_id."""

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the series, and the choice of the default series."""
        chosen = series.find_series(self.sequence_id, facts)
        number = chosen.id if chosen is not None and chosen.id is not None else self.sequence_id
        own = () if number is None else (resource_names.name_series(number),)
        return (*own, resource_names.DEFAULT_SERIES)


def locate_sequence(number: int | None) -> Subject | None:
    """Return the reference by which a series is read; None without an id."""
    return Subject(f"/sequences/{number}.json", "sequence", Sequence) if number is not None else None


class RegisterSequence(IdempotentCall, SeriesCall, Operation[SequenceResult]):
    """Register a series with the tax authority (AT) for its ATCUD codes; a person approves.

    Source: API v2 documentation, Sequences, Register; OpenAPI registerSequence; Portaria 195/2020.
    """

    spec = Spec(
        name="register_sequence",
        title="Register a series with AT",
        effect=Effect.FISCAL,
        heading=Heading.SERIES,
        scope=Scope.ADMIN,
        route=Route("PUT", "/sequences/{sequence_id}/register.json", answer="sequences"),
        needs=frozenset({Want.SEQUENCES}),
        guards=(series.series_exists, series.series_not_yet_registered),
        idempotent=True,
        vendor_operations=("registerSequence",),
        example={"sequence_id": 202},
    )

    async def execute(self, context: OperationContext) -> SequenceResult:
        """Register the series; a documented refusal code is explained with a next step."""
        try:
            return self.parse_response(await context.send(self), context.facts)
        except (Conflict, NotFound, Rejected) as refusal:
            raise explain_refusal(refusal) from None

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the series."""
        return {"subject": f"sequences/{self.sequence_id}", "sequence_id": self.sequence_id}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the series: done if every document type has its validation code."""
        raw = await probe.read_series(int(trace["sequence_id"]))
        if raw is None:
            return ProbeResult(Outcome.UNKNOWN, observation=message("the series is gone"))
        waiting = any(part.validation_code == "N/D" for part in Sequence.model_validate(raw).types.values())
        if not waiting:
            return ProbeResult(Outcome.DONE, raw)
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN,
            raw,
            message("it is not registered yet"),
        )

    def build_preview(self, facts: Facts) -> Preview:
        """Show the series and the document types that get a code."""
        sequence = series.find_series(self.sequence_id, facts)
        waiting = (
            [kind for kind, part in sequence.types.items() if part.validation_code == "N/D"]
            if sequence
            else []
        )
        return Preview(
            action="register",
            rows=(
                Row("series", sequence.serie if sequence else self.sequence_id, is_headline=True),
                Row("types_to_register", waiting),
            ),
        )

    def parse_response(self, content: Any, facts: Facts) -> SequenceResult:
        """Parse the series with its validation codes."""
        rows = content if isinstance(content, list) else [content] if isinstance(content, dict) else []
        return SequenceResult(sequence=Sequence.model_validate(rows[0]) if rows else None)

    def next_steps(self, result: SequenceResult) -> Iterable[Step]:
        """Suggest listing the validation codes."""
        yield Step("list_sequences", message("see the validation codes of every document type"))

    def plan_correction(self, result: SequenceResult, facts: Facts) -> Correction:
        """Plan: a registration cannot be undone."""
        return Correction("registered")


def explain_refusal(
    refusal: Conflict | NotFound | Rejected, operation: SeriesOperation = "register_sequence"
) -> IxError:
    """Return the refusal with text and next step for its code (000 to 008), whose meaning depends on the operation."""
    outcome = find_registration_outcome(
        refusal.status, str(refusal.details.get("service_code", "")), operation
    )
    if outcome is None:
        return refusal
    refusal.message = message(
        "{meaning} (code {code}).",
        meaning=Bilingual(outcome.pt.rstrip("."), outcome.en.rstrip(".")),
        code=refusal.details["service_code"],
    )
    refusal.next = as_message(Bilingual(outcome.next_pt, outcome.next_en))
    return refusal


class UpdateSequence(IdempotentCall, SeriesCall, Operation[SequenceResult]):
    """Rename a series or set its numbers, only while nothing was finalized in it; a person approves.

    Source: API v1 documentation, Sequences, sequences.update (XML).
    """

    serie: str
    """Name of the series from now on."""
    current_invoice_number: int = Field(ge=0)
    """Last number used for invoices, 0 for none."""
    current_credit_note_number: int = Field(ge=0)
    """Last number used for credit notes, 0 for none."""
    current_debit_note_number: int = Field(ge=0)
    """Last number used for debit notes, 0 for none."""
    default_sequence: Literal[1] | None = None
    """Give 1 to make it the account's default series."""

    spec = Spec(
        name="update_sequence",
        title="Change a series",
        effect=Effect.FISCAL,
        heading=Heading.SERIES,
        scope=Scope.ADMIN,
        route=Route("PUT", "/sequences/{sequence_id}.xml", envelope="sequence", answer="sequence", xml=True),
        needs=frozenset({Want.SEQUENCES}),
        guards=(series.series_exists, series.series_unused, series.series_name_free),
        idempotent=True,
        vendor_operations=("sequences.update",),
        example={
            "sequence_id": 202,
            "serie": "B2026",
            "current_invoice_number": 0,
            "current_credit_note_number": 0,
            "current_debit_note_number": 0,
        },
    )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the series, its new name and numbers; setting them again changes nothing."""
        numbers = {
            "invoice": self.current_invoice_number,
            "credit_note": self.current_credit_note_number,
            "debit_note": self.current_debit_note_number,
        }
        about = {"sequence_id": self.sequence_id, "serie": self.serie, "numbers": numbers}
        about["default"] = bool(self.default_sequence)
        return {"subject": f"sequences/{self.sequence_id}", **about}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the series and compare name, numbers and default."""
        raw = await probe.read_series(int(trace["sequence_id"]))
        if raw is None:
            return ProbeResult(Outcome.UNKNOWN, observation=message("the series is gone"))
        series = Sequence.model_validate(raw)
        numbers = {kind: part.number for kind, part in series.types.items() if kind in trace["numbers"]}
        same = series.serie == trace["serie"] and numbers == trace["numbers"]
        if same and (series.default or not trace["default"]):
            return ProbeResult(Outcome.DONE, raw)
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN, raw, message("it reads otherwise")
        )

    def build_preview(self, facts: Facts) -> Preview:
        """Show the series as it is and as it will be."""
        sequence = series.find_series(self.sequence_id, facts)
        rows = [
            Row("series", sequence.serie if sequence else self.sequence_id, is_headline=True),
            Row("new_name", self.serie, is_headline=True),
        ]
        numbers = ("current_invoice_number", "current_credit_note_number", "current_debit_note_number")
        rows += [Row(name, getattr(self, name)) for name in numbers]
        if self.default_sequence:
            rows.append(Row("becomes_default", True))
        return Preview(action="update_sequence", rows=tuple(rows))

    def parse_response(self, content: Any, facts: Facts) -> SequenceResult:
        """Parse the series, if the answer holds it."""
        return SequenceResult(sequence=Sequence.model_validate(content) if content else None)

    def next_steps(self, result: SequenceResult) -> Iterable[Step]:
        """Suggest listing the series."""
        yield Step("list_sequences", message("see the series as it is now"))

    def plan_correction(self, result: SequenceResult, facts: Facts) -> Correction:
        """Plan: change it again, while nothing is finalized in it."""
        return Correction("numbering_changed")


class GetSequence(SeriesCall, Operation[SequenceResult]):
    """Read one series.

    Source: OpenAPI getSequence.
    """

    spec = Spec(
        name="get_sequence",
        title="Read a series",
        effect=Effect.READS,
        heading=Heading.SERIES,
        route=Route("GET", "/sequences/{sequence_id}.json", answer="sequence"),
        vendor_operations=("getSequence",),
        example={"sequence_id": 202},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> SequenceResult:
        """Parse the series, which may be an object or a list."""
        rows = content if isinstance(content, list) else [content] if isinstance(content, dict) else []
        return SequenceResult(sequence=Sequence.model_validate(rows[0]) if rows else None)


class CreateSequence(IdempotentCall, Operation[SequenceResult]):
    """Open a series and register it with the tax authority (AT); a person approves.

    Source: OpenAPI createSequence; Portaria 195/2020.
    """

    serie: str = Field(min_length=1)
    """Name of the series, for good: letters, digits, hyphen, dot and underscore."""
    default_sequence: bool = False
    """True makes it the account's default series; default false."""

    spec = Spec(
        name="create_sequence",
        title="Open a series",
        effect=Effect.FISCAL,
        heading=Heading.SERIES,
        scope=Scope.ADMIN,
        route=Route("POST", "/sequences.json", envelope="sequence", answer="sequence"),
        needs=frozenset({Want.SEQUENCES}),
        guards=(series.new_series_name_free, series.new_default_series_is_announced),
        vendor_operations=("createSequence",),
        example={"serie": "2027"},
    )

    def build_preview(self, facts: Facts) -> Preview:
        """Show the name, and whether it becomes the default."""
        rows = [Row("series", self.serie, is_headline=True)]
        if self.default_sequence:
            rows.append(Row("becomes_default", True))
        return Preview(action="create_sequence", rows=tuple(rows))

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the choice of the default series, since the new one may become it."""
        return (resource_names.DEFAULT_SERIES,)

    def subject_ref(self, result: SequenceResult | None = None) -> Subject | None:
        """Return the new series once it has an id."""
        made = result.sequence if result else None
        return locate_sequence(made.id) if made and made.id else None

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values."""
        return ExpectedState({"serie": self.serie, **({"default": True} if self.default_sequence else {})})

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the name."""
        return trace_creation("sequences", self.predict_state(facts).values, serie=self.serie)

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for the name in the list; it was free before."""
        rows = await probe.list_rows("/sequences.json", "sequences")
        return await detect_creation(
            trace, probe, Sequence, [row for row in rows if row.get("serie") == trace["serie"]]
        )

    async def execute(self, context: OperationContext) -> SequenceResult:
        """Open the series; a documented refusal code is explained with a next step."""
        try:
            return self.parse_response(await context.send(self), context.facts)
        except (Conflict, NotFound, Rejected) as refusal:
            raise explain_refusal(refusal, "create_sequence") from None

    def parse_response(self, content: Any, facts: Facts) -> SequenceResult:
        """Parse the series with its validation codes."""
        return SequenceResult(sequence=Sequence.model_validate(content) if content else None)

    def next_steps(self, result: SequenceResult) -> Iterable[Step]:
        """Suggest listing the validation codes."""
        yield Step(
            "list_sequences", message("see the sequence id and validation code of every document type")
        )

    def plan_correction(self, result: SequenceResult, facts: Facts) -> Correction:
        """Plan: a registration cannot be undone, but the earlier default can be restored."""
        before = facts.find_default_sequence()
        back = (
            (
                Step(
                    "set_default_sequence",
                    message("make the earlier default the default again"),
                    {"sequence_id": before.id},
                ),
            )
            if self.default_sequence and before
            else ()
        )
        return Correction("registered", back)


class SetDefaultSequence(IdempotentCall, DetectableChange, SeriesCall, Operation[SequenceResult]):
    """Make a series the one that documents go to when they name none.

    Source: OpenAPI setSequenceDefault.
    """

    spec = Spec(
        name="set_default_sequence",
        title="Set the default series",
        effect=Effect.CATALOGUE,
        heading=Heading.SERIES,
        scope=Scope.ADMIN,
        route=Route("PUT", "/sequences/{sequence_id}/set_current.json"),
        needs=frozenset({Want.SEQUENCES}),
        guards=(series.series_exists, series.default_series_changes_later_documents),
        idempotent=True,
        vendor_operations=("setSequenceDefault",),
        example={"sequence_id": 202},
    )

    def subject_ref(self, result: SequenceResult | None = None) -> Subject | None:
        """Return the series."""
        return locate_sequence(self.sequence_id)

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect it to be the default."""
        return ExpectedState({"default": True})

    def get_previous_record(self, facts: Facts) -> Sequence | None:
        """Return the series as it was before the call."""
        return series.find_series(self.sequence_id, facts)

    def parse_response(self, content: Any, facts: Facts) -> SequenceResult:
        """Return an empty result; the answer is empty, and the pipeline reads the series back."""
        return SequenceResult()

    def plan_correction(self, result: SequenceResult, facts: Facts) -> Correction:
        """Plan: make the earlier default the default again."""
        before = facts.find_default_sequence()
        why = message("make the earlier default the default again")
        steps = (Step("set_default_sequence", why, {"sequence_id": before.id}),) if before else ()
        return Correction("changed", steps)
