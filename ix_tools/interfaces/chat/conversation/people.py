"""The people of a chat: a platform's unchangeable id is mapped to a person by the policy, and nobody else is served."""

from collections.abc import Sequence

import anyio

from ix_tools.auth.principals import Principal
from ix_tools.errors import NotPermitted, SettingsError
from ix_tools.i18n.messages import message
from ix_tools.interfaces.driver.askers import Asker
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool
from ix_tools.policy.file import PolicyFile

CREDENTIAL = "chat:"
SECTION = "[people]"
"""The part of a policy that says who is who."""
SCOPES = frozenset(Scope) - {Scope.ADMIN}
"""What a chat may do, as far as the policy lets it; accounts are not set up in a chat."""


class People:
    """Who the users of a platform are."""

    def __init__(self, policy: PolicyFile | None, platform: str, *, is_open: bool = False) -> None:
        """`is_open`: everybody is served under their id, as in a sandbox without a policy."""
        if policy is None and not is_open:
            raise SettingsError(
                message("No policy names the people of the chat, so nobody could ask or approve anything."),
                code="no_policy",
                next=message(
                    "write a policy file with {section}, and set INVOICEXPRESS_POLICY (docs/guides/chat.md)",
                    section=SECTION,
                ),
            )
        self._policy = policy
        self._platform = platform

    def identify(self, user: str) -> str:
        """Return the identity of a user, such as `slack:T1.U1`."""
        return f"{self._platform}:{user}"

    async def find_person(self, identity: str) -> str | None:
        """Return the person of an identity by the policy as it is now; None if nobody has it."""
        if self._policy is None:
            return identity
        rules = await anyio.to_thread.run_sync(self._policy.load_rules)
        return rules.find_person(identity)

    def name_approvers(self, identities: Sequence[str]) -> tuple[str, ...]:
        """Return approvers as readers know them: by the policy's names, and as they were recorded where it cannot say."""
        if self._policy is None:
            return tuple(identities)
        try:
            rules = self._policy.load_rules()
        except SettingsError:
            return tuple(identities)  # whoever asks or approves is told that it cannot be used
        return tuple(rules.name_person(one) for one in identities)


class ChatAskers:
    """The people whose approved calls this process carries out, and their contexts."""

    def __init__(self, pool: ContextPool, people: People, platform: str, account: str) -> None:
        """Keep the parts. `account`: its name in the settings."""
        self._pool = pool
        self._people = people
        self._prefix = f"{CREDENTIAL}{platform}:"
        self.account = account

    def open_for(self, person: str, identity: str) -> CallContext:
        """Return the context of a person."""
        principal = Principal(person, SCOPES, (self.account,), f"{CREDENTIAL}{identity}")
        return self._pool.for_principal(principal, self.account)

    def drives(self, call: Asker) -> bool:
        """Return whether the call was asked for in this platform's chat, for this account."""
        return call.credential.startswith(self._prefix) and call.account_label == self.account

    async def open_context(self, call: Asker) -> CallContext:
        """Return the asker's context, if the policy still names them."""
        identity = call.credential.removeprefix(CREDENTIAL)
        person = await self._people.find_person(identity)
        if person is None or person != call.principal:
            raise NotPermitted(
                message("The policy no longer names the person who asked in the chat."),
                code="credential_ended",
                next=message("ask again in the chat; a person approves it again"),
            )
        context = self.open_for(person, identity)
        if context.account.name != call.account:
            raise NotPermitted(
                message("The account of this name is another one now."),
                code="account_not_permitted",
                next=message("repeat the call; a person approves it for the present account"),
            )
        return context
