"""Who is calling, and how far they may go: a name, scopes, and the accounts they act in."""

from collections.abc import Mapping
from dataclasses import dataclass

from ix_tools.errors import NotPermitted
from ix_tools.operations.scopes import Scope
from ix_tools.operations.spec import Effect, Spec

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

OAUTH = "oauth:"
"""Begins the name of whoever brings an access token of the authorization server; names of static tokens have no colon."""


def scopes_of(spec: Spec) -> frozenset[Scope]:
    """The scopes with which an operation goes through to its end."""
    return spec.steps_need | {scope_of(spec)}


def scope_of(spec: Spec) -> Scope:
    """The scope that an operation needs; one that nobody classified needs all there is, and fails the tests."""
    return BY_EFFECT.get(spec.effect) or spec.scope or Scope.ADMIN


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
