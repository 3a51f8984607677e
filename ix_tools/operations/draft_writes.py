"""What creating and updating a draft have in common, whatever the kind of document."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import Field

from ix_tools.domain.date_types import DueDate, WireDate
from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.records import Document
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.clearing import ClearsFields
from ix_tools.operations.document_context import DocumentResult, build_document_result
from ix_tools.operations.document_steps import suggest_steps
from ix_tools.operations.drafts import (
    LOCAL_ONLY,
    ClientDetails,
    DocumentDraft,
    LineItem,
    fill_client,
    fill_default_taxes,
    predict_document,
)
from ix_tools.operations.expectations import ExpectedState, Step
from ix_tools.operations.fingerprints import detect_new_draft, detect_update, trace_draft
from ix_tools.operations.probes import Probe, ProbeResult
from ix_tools.operations.updates import merge_update


class WritesDraft(DocumentDraft, Operation[DocumentResult]):
    """Operation that creates or updates a draft."""

    document_type: Any
    # Each operation has the literal of its own types here, which a `str` would not allow.

    def predict_state(self, facts: Facts) -> ExpectedState | None:
        """Expect the predicted totals and the requested values."""
        return predict_document(self, facts)

    def parse_response(self, content: Any, facts: Facts) -> DocumentResult:
        """Parse the draft; an empty answer means success, and the pipeline reads it back."""
        return DocumentResult(document=Document.model_validate(content or {}))

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """Suggest finalizing it."""
        return suggest_steps(result)


class CreatesDraft(WritesDraft):
    """Operation that creates a draft."""

    dry_run: Annotated[bool | None, LOCAL_ONLY] = None
    """True computes the totals, creates nothing."""

    def predict_result(self, facts: Facts) -> DocumentResult:
        """Return the document that the call would create."""
        expected, totals = predict_document(self, facts), self.compute_totals(facts)
        assert expected is not None
        assert totals is not None
        lines = [
            {**line.model_dump(include={"description", "unit", "unit_price", "discount"}), **predicted}
            for line, predicted in zip(self.items, expected.lines, strict=True)
        ]
        client = facts.client_by_code or facts.client_by_name or self.client
        named = {"id", "name", "code", "fiscal_id", "country", "email"}
        head = {"document_type": self.document_type, "status": "not created", "lines": lines}
        expected_fields = {
            name: value for name, value in expected.values.items() if name in Document.model_fields
        }
        shown = {
            "client": client.model_dump(include=named, exclude_none=True) if client is not None else None
        }
        return build_document_result(Document.model_validate({**expected_fields, **head, **shown}))

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """Suggest creating what was only computed, or finalizing the draft."""
        if self.dry_run:
            return (Step(self.spec.name, message("without dry_run: create the draft"), arguments=None),)
        return suggest_steps(result)

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the account's defaults, so that InvoiceXpress decides nothing."""
        return self.model_copy(
            update={
                "items": fill_default_taxes(self.items, facts),
                **({"client": fill_client(self.client, facts)} if self.client else {}),
            }
        )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the fingerprint of the draft, and the newest earlier document."""
        newest = max((one.id or 0 for one in facts.newest), default=0)
        about = {"subject": self.document_type, "document_type": self.document_type, "newest": newest}
        return {**about, **trace_draft(self, facts)}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for the draft among the newest documents."""
        return await detect_new_draft(trace, probe)


class UpdatesDraft(ClearsFields, WritesDraft):
    """Operation that changes a draft: what is left out stays as it is stored."""

    document_id: DocumentId
    date: WireDate | None = None  # type: ignore[assignment]
    """New date of the document, e.g. 2026-11-30, or today."""
    due_date: DueDate | None = None  # type: ignore[assignment]
    """New due date, e.g. 2026-12-30, or +30d for 30 days after date."""
    client: ClientDetails | None = None
    """Other customer in place of the stored one, found or created as for a new document."""
    items: list[LineItem] | None = Field(default=None, min_length=1)  # type: ignore[assignment]
    """All lines of the document; they replace every stored line."""

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the stored document, which an update replaces whole (trap 5)."""
        return merge_update(self, facts)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the document, and the fingerprint of the draft."""
        about = {"document_type": self.document_type, "document_id": self.document_id}
        return {**super().build_trace(facts), **about, **trace_draft(self, facts)}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the document and compare its fingerprint."""
        return await detect_update(trace, probe)
