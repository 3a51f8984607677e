"""The question put to a person: what is asked, by whom, through what, and about which document as it is now."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ix_tools.approvals.models import Asker, Binding
from ix_tools.approvals.preview import Sheet, sheet
from ix_tools.approvals.requirements import ANYBODY, STRICTER, Ruling, Where, stricter
from ix_tools.config.settings import Settings
from ix_tools.domain.comparison import OF_A_CLIENT
from ix_tools.domain.records import Company
from ix_tools.domain.types import secrets_in
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.operations.base import Covering, Operation
from ix_tools.operations.digests import digest_approval
from ix_tools.operations.preview import Preview
from ix_tools.pipeline.context import Desk

ADDED_BY_ISSUING = {
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
class Question:
    """One irreversible call on its way to a person."""

    desk: Desk
    """Whose call it is, in which account."""
    call: Operation[Any]
    facts: Facts
    """The document and what else is known, as the person is to see it."""
    found: tuple[Finding, ...]
    """What the rules warn of."""
    asker: Asker
    """Through what it comes, and how that can ask."""
    ruling: Ruling
    """What the owner's policy makes of it."""
    covering: Covering | None = None
    """The recipe that the call is a part of, where one yes is for several calls."""
    done_before: str = ""
    """The journal's entry of the same call carried out lately: who approved without knowing of it is asked anew."""

    @property
    def settings(self) -> Settings:
        """The settings of whoever calls."""
        return self.desk.settings

    @property
    def somebody_may(self) -> bool:
        """Whether the policy leaves anybody who may approve it."""
        return not self.ruling.refusal

    @property
    def where(self) -> Where:
        """Where it may be answered: the settings and the policy each say, and the one that is harder to imitate counts."""
        chosen = self.settings.approval_channel
        return stricter("any" if chosen == "auto" else chosen, self.ruling.terms.where)

    @property
    def in_a_form(self) -> bool:
        """Whether an answer in the host's form counts."""
        return STRICTER.index(self.where) <= STRICTER.index("form")

    @property
    def is_covered(self) -> bool:
        """Whether the yes to the recipe may be enough: where the policy wants more than one person, each call is asked for."""
        return self.covering is not None and self.somebody_may and ANYBODY.as_strict_as(self.ruling.terms)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a person is told, the recipe's later calls included; whether those may be carried out is judged at their turn."""
        if self.covering is None:
            return self.found
        later = [
            one
            for call in self.covering.then
            for guard in call.spec.guards
            for one in guard(call, self.facts)
        ]
        told = (*self.found, *self.covering.warnings, *(one for one in later if one.kind == "warn"))
        # The same rule may have judged the draft and the document it became.
        once = {one.problem: one for one in reversed(told)}
        return tuple(reversed(once.values()))

    @cached_property
    def preview(self) -> Preview:
        """What would be done, and by the recipe besides."""
        preview = self.call.preview(self.facts)
        if self.covering is None:
            return preview
        differing = (*preview.differences, *self.covering.differences)
        then = tuple(one.preview(self.facts) for one in self.covering.then)
        return replace(preview, differences=differing, then=then)

    def sheet(self, warnings: Sequence[Finding], company: Company | None) -> Sheet:
        """What a person reads; `company`: whose account it is."""
        return sheet(self.preview, self.facts, warnings, self.settings, company)

    @cached_property
    def binding(self) -> Binding:
        """What the approval is for: this call; or a recipe's call, as far as its first gated step and what comes with it."""
        asks = self.covering.recipe if self.covering else self.call
        snapshot = {**_snapshot(self.call, self.facts), "done_before": self.done_before}
        if self.covering is not None:
            steps = [[one.spec.name, self._bound(one)] for one in (self.call, *self.covering.then)]
            snapshot |= {"steps": steps, "differing": [one.as_dict() for one in self.covering.differences]}
        return self._binding(asks, self._bound(asks), snapshot)

    @property
    def covers(self) -> tuple[Binding, ...]:
        """The further calls that the same yes is for."""
        return tuple(self.covered(later) for later in self.covering.then) if self.covering else ()

    def covered(self, call: Operation[Any]) -> Binding:
        """One call inside exactly this recipe's call, about the document as it was shown but for what issuing adds to it."""
        assert self.covering is not None
        recipe, facts = self.covering.recipe, self.facts
        shown = facts.document.model_dump(mode="json", exclude=ADDED_BY_ISSUING) if facts.document else None
        client = _client(facts)
        arguments = [recipe.spec.name, self._bound(recipe), call.spec.name, self._bound(call)]
        return self._binding(call, arguments, [shown, client])

    def _binding(self, call: Operation[Any], arguments: Any, snapshot: Any) -> Binding:
        return Binding(
            principal=self.settings.principal,
            account=self.desk.account.name,
            operation=call.spec.name,
            arguments=digest_approval(arguments),
            snapshot=digest_approval(snapshot),
        )

    def _bound(self, call: Operation[Any]) -> dict[str, Any]:
        """The arguments an approval is bound to; of a secret only a digest, keyed so that nobody can guess it from the store."""
        key = self.settings.api_key.get_secret_value().encode()
        secrets = {
            name: hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()
            for name, secret in secrets_in(call).items()
        }
        return {**call.model_dump(mode="json"), **secrets}


def _client(facts: Facts) -> dict[str, Any]:
    """The document's client, but for what is no part of what a person saw."""
    return {name: value for name, value in facts.document_client_raw.items() if name not in OF_A_CLIENT}


def _snapshot(call: Operation[Any], facts: Facts) -> dict[str, Any]:
    """What the person saw, so that a change in it is noticed."""
    number = getattr(call, "sequence_id", None)
    return {
        "document": facts.document_raw,
        "client": _client(facts),
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
