"""Series: numbering, validation codes of the tax authority, registration."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from ix_tools.errors import Conflict, IxError, NotFound, Rejected
from ix_tools.facts import Facts, Want
from ix_tools.fiscal.series_codes import registration_outcome
from ix_tools.guards import series
from ix_tools.operation import Effect, Operation, Preview, Route, Row, Sending, Spec, Step
from ix_tools.records import Sequence
from ix_tools.vocabulary import Id, Record


class SequenceList(Record):
    """The account's series; `types` holds each document type's own id, last number and validation code."""

    sequences: list[Sequence]


class ListSequences(Operation[SequenceList]):
    """List series: for each document type its sequence id, last number and validation code (N/D unregistered, N/A not needed).

    Source: API v2 documentation, Sequences, List all; OpenAPI listSequences.
    """

    spec = Spec(
        name="list_sequences",
        title="List series",
        effect=Effect.READS,
        route=Route("GET", "/sequences.json", answer="sequences"),
        example={},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> SequenceList:
        """Every series."""
        return SequenceList(sequences=[Sequence.model_validate(one) for one in content or []])


class SequenceResult(Record):
    """A series after a change."""

    sequence: Sequence | None = None


class RegisterSequence(Operation[SequenceResult]):
    """Register a series with the tax authority (AT) for its ATCUD codes; a person approves.

    Source: API v2 documentation, Sequences, Register; OpenAPI registerSequence; Portaria 195/2020.
    """

    sequence_id: Id
    """Series' own id, from list_sequences."""

    spec = Spec(
        name="register_sequence",
        title="Register a series with AT",
        effect=Effect.FISCAL,
        route=Route("PUT", "/sequences/{sequence_id}/register.json", answer="sequences"),
        needs=frozenset({Want.SEQUENCES}),
        guards=(series.series_exists, series.series_not_yet_registered),
        idempotent=True,
        example={"sequence_id": 202},
    )

    async def carried_out(self, sending: Sending) -> SequenceResult:
        """Register; each documented code becomes a sentence and a next step."""
        try:
            return self.read(await sending.send(self), sending.facts)
        except (Conflict, NotFound, Rejected) as refusal:
            raise explained(refusal) from None

    def preview(self, facts: Facts) -> Preview:
        """The series and which document types get a code."""
        sequence = series.chosen(self.sequence_id, facts)
        waiting = (
            [kind for kind, part in sequence.types.items() if part.validation_code == "N/D"]
            if sequence
            else []
        )
        return Preview(
            action="register",
            rows=(
                Row("series", sequence.serie if sequence else self.sequence_id),
                Row("types_to_register", waiting),
            ),
        )

    def read(self, content: Any, facts: Facts) -> SequenceResult:
        """The series with its codes."""
        rows = content if isinstance(content, list) else [content] if isinstance(content, dict) else []
        return SequenceResult(sequence=Sequence.model_validate(rows[0]) if rows else None)

    def next_steps(self, result: SequenceResult) -> Iterable[Step]:
        """See the codes."""
        yield Step("list_sequences", "see the validation codes of every document type")


def explained(refusal: Conflict | NotFound | Rejected) -> IxError:
    """The sentence and next step behind a registration code (000 to 008)."""
    outcome = registration_outcome(refusal.status, str(refusal.details.get("service_code", "")))
    if outcome is None:
        return refusal
    refusal.message = f"{outcome.en} (code {refusal.details['service_code']})."
    refusal.next = outcome.next_en
    return refusal


class UpdateSequence(Operation[SequenceResult]):
    """Rename a series or set its numbers, only while nothing was finalized in it; a person approves.

    Source: API v1 documentation, Sequences, sequences.update (XML).
    """

    sequence_id: Id
    """Series' own id, from list_sequences."""
    serie: str
    """Its name."""
    current_invoice_number: int = Field(ge=0)
    """Last used."""
    current_credit_note_number: int = Field(ge=0)
    """Last used."""
    current_debit_note_number: int = Field(ge=0)
    """Last used."""
    default_sequence: Literal[1] | None = None
    """Make it default."""

    spec = Spec(
        name="update_sequence",
        title="Change a series",
        effect=Effect.FISCAL,
        route=Route("PUT", "/sequences/{sequence_id}.xml", envelope="sequence", answer="sequence", xml=True),
        needs=frozenset({Want.SEQUENCES}),
        guards=(series.series_exists, series.series_unused, series.series_name_free),
        idempotent=True,
        example={
            "sequence_id": 202,
            "serie": "B2026",
            "current_invoice_number": 0,
            "current_credit_note_number": 0,
            "current_debit_note_number": 0,
        },
    )

    def preview(self, facts: Facts) -> Preview:
        """The series as it is and as it will be."""
        sequence = series.chosen(self.sequence_id, facts)
        rows = [Row("series", sequence.serie if sequence else self.sequence_id), Row("new_name", self.serie)]
        numbers = ("current_invoice_number", "current_credit_note_number", "current_debit_note_number")
        rows += [Row(name, getattr(self, name)) for name in numbers]
        if self.default_sequence:
            rows.append(Row("becomes_default", True))
        return Preview(action="update_sequence", rows=tuple(rows))

    def read(self, content: Any, facts: Facts) -> SequenceResult:
        """The series, when the answer holds it."""
        return SequenceResult(sequence=Sequence.model_validate(content) if content else None)

    def next_steps(self, result: SequenceResult) -> Iterable[Step]:
        """See it."""
        yield Step("list_sequences", "see the series as it is now")
