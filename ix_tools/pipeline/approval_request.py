"""The question put to a person: what is asked, by whom, through what, and about which document as it is now."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ix_tools.approvals.models import Binding, CallOrigin
from ix_tools.approvals.preview import ApprovalPreview, build_preview
from ix_tools.approvals.requirements import (
    ANY_PERSON,
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
from ix_tools.pipeline.context import CallContext

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
"""What a document gains or changes when it is finalized, and nothing else does: the rest is what the person saw."""


@dataclass(frozen=True)
class ApprovalRequest:
    """One irreversible call on its way to a person."""

    context: CallContext
    """Whose call it is, in which account."""
    call: Operation[Any]
    facts: Facts
    """The document and what else is known, as the person is to see it."""
    findings: tuple[Finding, ...]
    """What the rules warn of."""
    origin: CallOrigin
    """Through what it comes, and how that can ask."""
    ruling: Ruling
    """What the owner's policy makes of it."""
    bundle: BundledApproval | None = None
    """The recipe that the call is a part of, where one yes is for several calls."""
    earlier_intents: str = ""
    """The journal's entry of the same call carried out lately: who approved without knowing of it is asked anew."""

    @property
    def settings(self) -> Settings:
        """The settings of whoever calls."""
        return self.context.settings

    @property
    def has_eligible_approver(self) -> bool:
        """Whether the policy leaves anybody who may approve it."""
        return not self.ruling.refusal

    @property
    def required_channel(self) -> RequiredPlace:
        """Where it may be answered: the settings and the policy each say, and the one that is harder to imitate counts."""
        chosen = self.settings.approval_channel
        return pick_stricter("any" if chosen == "auto" else chosen, self.ruling.requirement.where)

    @property
    def accepts_form_reply(self) -> bool:
        """Whether an answer in the host's form counts."""
        return PLACES_BY_STRICTNESS.index(self.required_channel) <= PLACES_BY_STRICTNESS.index("form")

    @property
    def is_bundled(self) -> bool:
        """Whether the yes to the recipe may be enough: where the policy wants more than one person, each call is asked for."""
        return (
            self.bundle is not None
            and self.has_eligible_approver
            and ANY_PERSON.is_as_strict_as(self.ruling.requirement)
        )

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a person is told, the recipe's later calls included; whether those may be carried out is judged at their turn."""
        if self.bundle is None:
            return self.findings
        later = [
            one
            for call in self.bundle.covered_calls
            for guard in call.spec.guards
            for one in guard(call, self.facts)
        ]
        told = (*self.findings, *self.bundle.warnings, *(one for one in later if one.kind == "warn"))
        # The same rule may have judged the draft and the document it became.
        once = {one.problem: one for one in reversed(told)}
        return tuple(reversed(once.values()))

    @cached_property
    def preview(self) -> Preview:
        """What would be done, and by the recipe besides."""
        preview = self.call.build_preview(self.facts)
        if self.bundle is None:
            return preview
        differing = (*preview.differences, *self.bundle.differences)
        then = tuple(one.build_preview(self.facts) for one in self.bundle.covered_calls)
        return replace(preview, differences=differing, covered_actions=then)

    def build_preview(self, warnings: Sequence[Finding], company: Company | None) -> ApprovalPreview:
        """What a person reads; `company`: whose account it is."""
        return build_preview(self.preview, self.facts, warnings, self.settings, company)

    @cached_property
    def binding(self) -> Binding:
        """What the approval is for: this call; or a recipe's call, as far as its first gated step and what comes with it."""
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
        """The further calls that the same yes is for."""
        return (
            tuple(self.bind_bundled_call(later) for later in self.bundle.covered_calls) if self.bundle else ()
        )

    def bind_bundled_call(self, call: Operation[Any]) -> Binding:
        """One call inside exactly this recipe's call, about the document as it was shown but for what issuing adds to it."""
        assert self.bundle is not None
        recipe, facts = self.bundle.workflow, self.facts
        shown = (
            facts.document.model_dump(mode="json", exclude=CHANGED_BY_FINALIZING) if facts.document else None
        )
        client = _client_snapshot(facts)
        arguments = [
            recipe.spec.name,
            self._bound_arguments(recipe),
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
        """The arguments an approval is bound to; of a secret only a digest, keyed so that nobody can guess it from the store."""
        key = self.settings.api_key.get_secret_value().encode()
        secrets = {
            name: hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()
            for name, secret in collect_secrets(call).items()
        }
        return {**call.model_dump(mode="json"), **secrets}


def _client_snapshot(facts: Facts) -> dict[str, Any]:
    """The document's client, but for what is no part of what a person saw."""
    return {
        name: value for name, value in facts.document_client_raw.items() if name not in UNSTABLE_CLIENT_FIELDS
    }


def _build_snapshot(call: Operation[Any], facts: Facts) -> dict[str, Any]:
    """What the person saw, so that a change in it is noticed."""
    number = getattr(call, "sequence_id", None)
    return {
        "document": facts.document_raw,
        "client": _client_snapshot(facts),
        "related": [one.model_dump(mode="json") for one in facts.related],
        # What InvoiceXpress does not show can change without any change that it shows: a guide's loading time.
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
