"""Who is calling, and how far they may go: a name, scopes, and the accounts they act in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ix_tools.errors import NotPermitted
from ix_tools.operation import Effect, Spec


class Scope(StrEnum):
    """What a caller may do. Each stands alone: who issues but never reads has `issue` and not `read`."""

    READ = "read"
    """Look at documents, clients, series, taxes; fetch PDFs."""
    DRAFT = "draft"
    """Create and change drafts, clients and items."""
    ISSUE = "issue"
    """Ask for documents to be finalized, settled, cancelled or deleted, and for clients and items to be deleted; a person approves."""
    EMAIL = "email"
    """Ask for documents to be sent by e-mail; a person approves."""
    PAY = "pay"
    """Ask for payments and a client's balance to be booked; a person approves."""
    ADMIN = "admin"
    """Taxes, series, the account itself and its tie to the tax authority."""


EVERYTHING = frozenset(Scope)

BY_EFFECT: Mapping[Effect, Scope] = {
    Effect.LOCAL: Scope.READ,
    # What it runs needs a scope of its own.
    Effect.ANY: Scope.READ,
    Effect.READS: Scope.READ,
    Effect.DRAFTS: Scope.DRAFT,
    Effect.OUTBOUND: Scope.EMAIL,
    Effect.ADMIN: Scope.ADMIN,
}
"""Effects that say enough by themselves."""

BY_NAME: Mapping[str, Scope] = {
    "change_state": Scope.ISSUE,
    "issue_invoice": Scope.ISSUE,
    "delete_client": Scope.ISSUE,
    "delete_item": Scope.ISSUE,
    "generate_payment": Scope.PAY,
    "cancel_payment": Scope.PAY,
    "set_initial_balance": Scope.PAY,
    "create_regularization": Scope.PAY,
    "delete_regularization": Scope.PAY,
    "create_treasury_movement": Scope.PAY,
    "delete_treasury_movement": Scope.PAY,
    "create_client": Scope.DRAFT,
    "update_client": Scope.DRAFT,
    "create_item": Scope.DRAFT,
    "update_item": Scope.DRAFT,
    # What every later document of the account is made with.
    "create_tax": Scope.ADMIN,
    "update_tax": Scope.ADMIN,
    "delete_tax": Scope.ADMIN,
    "create_sequence": Scope.ADMIN,
    "register_sequence": Scope.ADMIN,
    "update_sequence": Scope.ADMIN,
    "set_default_sequence": Scope.ADMIN,
}
"""Operations whose effect does not say it: what reaches the books, and what later documents are made from."""


WITHIN: Mapping[str, frozenset[Scope]] = {
    "issue_invoice": frozenset({Scope.READ, Scope.DRAFT, Scope.EMAIL}),
    "correct_document": frozenset({Scope.READ}),
}
"""What the steps of an errand need besides its own scope."""
OAUTH = "oauth:"
"""Begins the name of whoever brings an access token of the authorization server; names of static tokens have no colon."""


def scopes_of(spec: Spec) -> frozenset[Scope]:
    """The scopes with which an operation goes through to its end."""
    return WITHIN.get(spec.name, frozenset()) | {scope_of(spec)}


def scope_of(spec: Spec) -> Scope:
    """The scope that an operation needs; one that nobody classified needs all there is, and fails the tests."""
    return BY_EFFECT.get(spec.effect) or BY_NAME.get(spec.name) or Scope.ADMIN


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who calls. The name is what approvals, journal and audit trail are bound to."""

    name: str
    scopes: frozenset[Scope] = EVERYTHING
    accounts: tuple[str, ...] = ()
    """Names of accounts, as the settings know them."""

    @property
    def can_step_up(self) -> bool:
        """Whether the caller can ask an authorization server for a token with more scopes."""
        return self.name.startswith(OAUTH)

    def account(self, wanted: str | None) -> str:
        """The account to act in: the one that is named, or the only one there is."""
        if wanted is not None:
            if wanted in self.accounts:
                return wanted
            # Whether there is such an account is nobody's business who may not use it.
            raise NotPermitted(
                f"There is no account {wanted!r} for {self.name}.",
                code="account_not_permitted",
                next=self._which(),
                details={"accounts": list(self.accounts)},
            )
        if len(self.accounts) == 1:
            return self.accounts[0]
        if not self.accounts:
            raise NotPermitted(
                f"{self.name} may use no account of this server.",
                code="account_not_permitted",
                next=self._which(),
                details={"accounts": []},
            )
        raise NotPermitted(
            f"{self.name} has {len(self.accounts)} accounts, and the call names none.",
            code="account_needed",
            next=self._which(),
            details={"accounts": list(self.accounts)},
        )

    def _which(self) -> str:
        if not self.accounts:
            return "whoever runs this server gives this caller an account"
        return f"repeat the call with account: one of {', '.join(self.accounts)}"


def missing_scope(scope: Scope, what: str, held: frozenset[Scope]) -> NotPermitted:
    """The refusal of a caller who lacks a scope."""
    shown = ", ".join(one for one in Scope if one in held) or "none"
    return NotPermitted(
        f"{what} needs the scope {scope}, and this caller has {shown}.",
        code="scope_missing",
        next=f"ask whoever runs this server for a token with the scope {scope}; repeating the call changes nothing",
        details={"scope": str(scope)},
    )
