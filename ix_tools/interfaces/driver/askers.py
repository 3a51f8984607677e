"""The askers of what a driver carries out: who they were when they asked, and who may open a context for them now."""

from typing import Protocol

from ix_tools.pipeline.context import CallContext


class Asker(Protocol):
    """What a parked call and a batch know of who asked."""

    @property
    def principal(self) -> str:
        """The caller's name."""
        ...

    @property
    def account(self) -> str:
        """The account, with its host."""
        ...

    @property
    def account_label(self) -> str:
        """The account's name in the settings."""
        ...

    @property
    def credential(self) -> str:
        """What the caller signed in with."""
        ...

    @property
    def scopes(self) -> tuple[str, ...]:
        """The caller's scopes, then."""
        ...


class Askers(Protocol):
    """The callers for whom this process carries something out."""

    def drives(self, call: Asker) -> bool:
        """Tell whether this process carries it out; another kind of process, or another server, does so for others."""
        ...

    async def open_context(self, call: Asker) -> CallContext:
        """Return the asker's context, as they may act now.

        Raises:
            NotPermitted: they may not act any more.
        """
        ...
