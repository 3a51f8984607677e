"""Who is calling, and how far they may go: a name, scopes, and the accounts they act in."""

from collections.abc import Mapping
from dataclasses import dataclass

from ix_tools.errors import NotPermitted
from ix_tools.operations.scopes import Scope
from ix_tools.operations.spec import Effect, Spec

ALL_SCOPES = frozenset(Scope)

SCOPE_BY_EFFECT: Mapping[Effect, Scope] = {
    Effect.LOCAL: Scope.READ,
    # What it runs needs a scope of its own.
    Effect.ANY: Scope.READ,
    Effect.READS: Scope.READ,
    Effect.DRAFTS: Scope.DRAFT,
    Effect.OUTBOUND: Scope.EMAIL,
    Effect.ADMIN: Scope.ADMIN,
}
"""Effects that say enough by themselves."""

OAUTH_PREFIX = "oauth:"
"""Begins the name of whoever brings an access token of the authorization server; names of static tokens have no colon."""


def list_required_scopes(spec: Spec) -> frozenset[Scope]:
    """The scopes with which an operation goes through to its end."""
    return spec.step_scopes | {get_required_scope(spec)}


def get_required_scope(spec: Spec) -> Scope:
    """The scope that an operation needs; one that nobody classified needs all there is, and fails the tests."""
    return SCOPE_BY_EFFECT.get(spec.effect) or spec.scope or Scope.ADMIN


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who calls. The name is what approvals, journal and audit trail are bound to."""

    name: str
    scopes: frozenset[Scope] = ALL_SCOPES
    accounts: tuple[str, ...] = ()
    """Names of accounts, as the settings know them."""

    @property
    def can_step_up(self) -> bool:
        """Whether the caller can ask an authorization server for a token with more scopes."""
        return self.name.startswith(OAUTH_PREFIX)

    def choose_account(self, wanted: str | None) -> str:
        """The account to act in: the one that is named, or the only one there is."""
        if wanted is not None:
            if wanted in self.accounts:
                return wanted
            # Whether there is such an account is nobody's business who may not use it.
            raise NotPermitted(
                f"There is no account {wanted!r} for {self.name}.",
                code="account_not_permitted",
                next=self._suggest_account(),
                details={"accounts": list(self.accounts)},
            )
        if len(self.accounts) == 1:
            return self.accounts[0]
        if not self.accounts:
            raise NotPermitted(
                f"{self.name} may use no account of this server.",
                code="account_not_permitted",
                next=self._suggest_account(),
                details={"accounts": []},
            )
        raise NotPermitted(
            f"{self.name} has {len(self.accounts)} accounts, and the call names none.",
            code="account_needed",
            next=self._suggest_account(),
            details={"accounts": list(self.accounts)},
        )

    def _suggest_account(self) -> str:
        if not self.accounts:
            return "whoever runs this server gives this caller an account"
        return f"repeat the call with account: one of {', '.join(self.accounts)}"


def build_scope_refusal(scope: Scope, what: str, held: frozenset[Scope]) -> NotPermitted:
    """The refusal of a caller who lacks a scope."""
    shown = ", ".join(one for one in Scope if one in held) or "none"
    return NotPermitted(
        f"{what} needs the scope {scope}, and this caller has {shown}.",
        code="scope_missing",
        next=f"ask whoever runs this server for a token with the scope {scope}; repeating the call changes nothing",
        details={"scope": str(scope)},
    )
