"""Principals: the caller's name, scopes and accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ix_tools.errors import NotPermitted
from ix_tools.i18n.messages import Message, message
from ix_tools.operations.scopes import Scope
from ix_tools.operations.spec import Effect, Spec

ALL_SCOPES = frozenset(Scope)

SCOPE_BY_EFFECT: Mapping[Effect, Scope] = {
    Effect.LOCAL: Scope.READ,
    # The operation that it runs needs a scope of its own.
    Effect.ANY: Scope.READ,
    Effect.READS: Scope.READ,
    Effect.DRAFTS: Scope.DRAFT,
    Effect.OUTBOUND: Scope.EMAIL,
    Effect.ADMIN: Scope.ADMIN,
}
"""Effects that determine the scope; other operations name it in their spec."""

OAUTH_PREFIX = "oauth:"
"""Prefix of the names of callers with an OAuth token; names of static tokens have no colon."""


def list_required_scopes(spec: Spec) -> frozenset[Scope]:
    """List the scopes of an operation and of all its steps."""
    return spec.step_scopes | {get_required_scope(spec)}


def get_required_scope(spec: Spec) -> Scope:
    """Return the scope that an operation needs; an unclassified operation needs ADMIN, and fails the tests."""
    return SCOPE_BY_EFFECT.get(spec.effect) or spec.scope or Scope.ADMIN


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. Approvals, journal and audit trail are bound to the name."""

    name: str
    scopes: frozenset[Scope] = ALL_SCOPES
    accounts: tuple[str, ...] = ()
    """Names of accounts in the settings."""
    credential: str = field(default="", compare=False)
    """Credential of the caller: `token:ID`, `oauth:EXPIRY`, `open` where nobody is asked, `chat:slack:T1.U1`;
    empty on this machine."""

    @property
    def can_step_up(self) -> bool:
        """Check if the caller can ask an authorization server for more scopes."""
        return self.name.startswith(OAUTH_PREFIX)

    @property
    def is_identified(self) -> bool:
        """Tell whether the caller proved who they are; over standard input and output the name says nothing to anybody."""
        return self.credential not in {"", "open"}

    def _name_holder(self) -> str | Message:
        return self.name if self.is_identified else message("This server")

    def choose_account(self, wanted: str | None) -> str:
        """Return the requested account, or the only one of this caller.

        Raises:
            NotPermitted: the account is not this caller's, or none is named and there are several.
        """
        if wanted is not None:
            if wanted in self.accounts:
                return wanted
            # The same answer for an account that does not exist, so that callers cannot probe for accounts.
            raise NotPermitted(
                message("{name} has no account '{wanted}'.", name=self._name_holder(), wanted=wanted),
                code="account_not_permitted",
                next=self._suggest_account(),
                details={"accounts": list(self.accounts)},
            )
        if len(self.accounts) == 1:
            return self.accounts[0]
        if not self.accounts:
            raise NotPermitted(
                message("{name} has no account on this server.", name=self.name)
                if self.is_identified
                else message("This server has no account."),
                code="account_not_permitted",
                next=self._suggest_account(),
                details={"accounts": []},
            )
        raise NotPermitted(
            message(
                "{name} has {count} accounts: {accounts}. The call names none in `account`.",
                name=self._name_holder(),
                count=len(self.accounts),
                accounts=", ".join(self.accounts),
            ),
            code="account_needed",
            next=self._suggest_account(),
            details={"accounts": list(self.accounts)},
        )

    def _suggest_account(self) -> Message:
        if not self.accounts:
            return message("ask the operator of this server for access to an account")
        return message("repeat the call with account: one of {accounts}", accounts=", ".join(self.accounts))


def build_scope_refusal(scope: Scope, what: str, held: frozenset[Scope]) -> NotPermitted:
    """Build the refusal for a caller without a scope."""
    shown = ", ".join(one for one in Scope if one in held) or message("none")
    return NotPermitted(
        message(
            "{what} needs the scope {scope}, and this caller has {shown}.",
            what=what,
            scope=scope,
            shown=shown,
        ),
        code="scope_missing",
        next=message(
            "ask the operator of this server for a token with the scope {scope}; repeating the call "
            "does not help",
            scope=scope,
        ),
        details={"scope": str(scope)},
    )
