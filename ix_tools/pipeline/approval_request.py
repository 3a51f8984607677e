"""Approval request: the call, the facts a person sees, and what the approval is bound to."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ix_tools.approvals.models import Binding, CallOrigin
from ix_tools.approvals.parked_calls import ParkedClaim
from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.preview_builder import build_preview
from ix_tools.approvals.requirements import (
    PLACES_BY_STRICTNESS,
    RequiredPlace,
    Ruling,
    pick_stricter,
)
from ix_tools.config.settings import Settings
from ix_tools.domain.comparison import UNSTABLE_CLIENT_FIELDS
from ix_tools.domain.records import Company
from ix_tools.domain.types import collect_secrets
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.operations.base import BundledApproval, Operation
from ix_tools.operations.digests import digest_approval
from ix_tools.operations.preview import Preview
from ix_tools.operations.protocols import get_series_id
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.parking import Parking

CHANGED_BY_FINALIZING = {
    "status",
    "number",
    "sequence_id",
    "atcud",
    "saft_hash",
    "permalink",
    "mb_reference",
    "archived",
    "at_doc_code_id",
}
"""Fields that finalizing adds or changes; every other field must still be as the person saw it."""


@dataclass(frozen=True)
class ApprovalRequest:
    """An irreversible call that needs an approval."""

    context: CallContext
    """The caller and account."""
    call: Operation[Any]
    facts: Facts
    """The document and other facts that the person sees."""
    findings: tuple[Finding, ...]
    """Warnings of the guards."""
    origin: CallOrigin
    """The interface and host of the call, and which prompts they support."""
    ruling: Ruling
    """The decision of the owner's policy."""
    bundle: BundledApproval | None = None
    """The workflow whose single approval covers this call and others."""
    earlier_intents: str = ""
    """Ids of recent journal entries of the same call; an approval given without knowing of them is not valid."""
    parking: Parking | None = None
    """The outer call, if it is carried out when it is approved."""
    parked_claim: ParkedClaim | None = None
    """The claim of this execution on a call that is parked under the approval."""

    @property
    def settings(self) -> Settings:
        """The caller's settings."""
        return self.context.settings

    @property
    def has_eligible_approver(self) -> bool:
        """Tell whether the policy allows anybody to approve it."""
        return not self.ruling.refusal

    @property
    def required_channel(self) -> RequiredPlace:
        """The stricter of the channels that settings and policy require."""
        chosen = self.settings.approval_channel
        return pick_stricter("any" if chosen == "auto" else chosen, self.ruling.requirement.where)

    @property
    def accepts_form_reply(self) -> bool:
        """Tell whether a reply in the host's form counts."""
        return PLACES_BY_STRICTNESS.index(self.required_channel) <= PLACES_BY_STRICTNESS.index("form")

    @property
    def is_bundled(self) -> bool:
        """Tell whether the workflow's approval may cover the call; the covering one must be as strict as the policy requires."""
        return self.bundle is not None and self.has_eligible_approver

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Warnings for the person, including those of the workflow's later calls; their refusals are raised at their turn."""
        if self.bundle is None:
            return self.findings
        later = [
            one
            for call in self.bundle.covered_calls
            for guard in call.spec.guards
            for one in guard(call, self.facts)
        ]
        messages = (*self.findings, *self.bundle.warnings, *(one for one in later if one.kind == "warn"))
        # The same rule may have judged the draft and the document it became.
        unique = {(one.problem.field, str(one.problem.problem)): one for one in reversed(messages)}
        return tuple(reversed(unique.values()))

    @cached_property
    def preview(self) -> Preview:
        """The preview of the call and of the calls bundled with it."""
        preview = self.call.build_preview(self.facts)
        if self.bundle is None:
            return preview
        differing = (*preview.differences, *self.bundle.differences)
        then = tuple(one.build_preview(self.facts) for one in self.bundle.covered_calls)
        return replace(preview, differences=differing, covered_actions=then)

    def build_preview(self, warnings: Sequence[Finding], company: Company | None) -> ApprovalPreview:
        """Build the preview that a person reads; `company` owns the account."""
        return build_preview(self.preview, self.facts, warnings, self.settings, company)

    @cached_property
    def binding(self) -> Binding:
        """The binding of the approval: this call, or the workflow's call with the steps that the approval covers."""
        asks = self.bundle.workflow if self.bundle else self.call
        snapshot = {**_build_snapshot(self.call, self.facts), "done_before": self.earlier_intents}
        if self.bundle is not None:
            steps = [
                [one.spec.name, self._bound_arguments(one)] for one in (self.call, *self.bundle.covered_calls)
            ]
            snapshot |= {"steps": steps, "differing": [one.as_dict() for one in self.bundle.differences]}
        return self._build_binding(asks, self._bound_arguments(asks), snapshot)

    @property
    def bundled_bindings(self) -> tuple[Binding, ...]:
        """Bindings of the further calls that the same approval covers."""
        return (
            tuple(self.bind_bundled_call(later) for later in self.bundle.covered_calls) if self.bundle else ()
        )

    def bind_bundled_call(self, call: Operation[Any]) -> Binding:
        """Bind a call to this workflow's call and to the document as shown, without the fields that finalizing changes."""
        assert self.bundle is not None
        workflow, facts = self.bundle.workflow, self.facts
        shown = (
            facts.document.model_dump(mode="json", exclude=CHANGED_BY_FINALIZING) if facts.document else None
        )
        client = _client_snapshot(facts)
        arguments = [
            workflow.spec.name,
            self._bound_arguments(workflow),
            call.spec.name,
            self._bound_arguments(call),
        ]
        return self._build_binding(call, arguments, [shown, client])

    def _build_binding(self, call: Operation[Any], arguments: Any, snapshot: Any) -> Binding:
        return Binding(
            principal=self.settings.principal,
            account=self.context.account.name,
            operation=call.spec.name,
            arguments=digest_approval(arguments),
            snapshot=digest_approval(snapshot),
        )

    def _bound_arguments(self, call: Operation[Any]) -> dict[str, Any]:
        """Return the arguments an approval is bound to; secrets only as keyed digests, so that the store cannot reveal them."""
        key = self.settings.api_key.get_secret_value().encode()
        secrets = {
            name: hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()
            for name, secret in collect_secrets(call).items()
        }
        return {**call.model_dump(mode="json"), **secrets}


def _client_snapshot(facts: Facts) -> dict[str, Any]:
    """Return the document's client without the fields that a person does not see."""
    return {
        name: value for name, value in facts.document_client_raw.items() if name not in UNSTABLE_CLIENT_FIELDS
    }


def _build_snapshot(call: Operation[Any], facts: Facts) -> dict[str, Any]:
    """Return everything the person saw, so that any later change invalidates the approval."""
    number = get_series_id(call)
    return {
        "document": facts.document_raw,
        "client": _client_snapshot(facts),
        "related": [one.model_dump(mode="json") for one in facts.related],
        # Fields that InvoiceXpress does not return, such as a guide's loading time, change without a visible trace.
        "unreturned": dict(facts.unreturned) if facts.unreturned is not None else None,
        "owner": facts.owner.model_dump(mode="json") if facts.owner else None,
        "owner_related": [one.model_dump(mode="json") for one in facts.owner_related],
        "series": [one.model_dump(mode="json") for one in facts.sequences if one.id == number]
        if number
        else [],
        "differences": [one.as_dict() for one in facts.differences],
        "subject": facts.subject_raw,
        "balance": facts.balance.model_dump(mode="json") if facts.balance else None,
        "regularizations": [one.model_dump(mode="json") for one in facts.regularizations],
    }
