"""Suggested calls in the form in which the host can make them: by the tools that it lists, in the caller's account."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.schemas.account_parameter import ACCOUNT_ARGUMENT
from ix_tools.schemas.tool_selection import RUN_OPERATION

Json = dict[str, Any]


@dataclass(frozen=True)
class CallableSteps:
    """Rewrites the suggested calls of a result so that one caller can make them."""

    listed: Collection[str]
    """Names of the tools that the host lists; it may allow no other."""
    account: str | None = None
    """The account that the call named, if it named one."""

    def rewrite(self, body: Mapping[str, Any]) -> Json:
        """Return a result whose next calls, and those of its undo, can be made as they stand."""
        shown = dict(body)
        if isinstance(steps := body.get("next"), list):
            shown["next"] = [self._rewrite_step(one) for one in steps]
        undo = body.get("undo")
        if isinstance(undo, Mapping) and isinstance(calls := undo.get("calls"), list):
            shown["undo"] = {**undo, "calls": [self._rewrite_step(one) for one in calls]}
        return shown

    def _rewrite_step(self, step: Json) -> Json:
        tool, arguments = step.get("tool"), step.get("arguments")
        if tool is None:
            return step
        if tool not in self.listed and RUN_OPERATION in self.listed:
            called = {"operation": tool, "arguments": arguments} if arguments is not None else None
            step = {**step, "tool": RUN_OPERATION, **({"arguments": called} if called else {})}
        if self.account is not None and step.get("arguments") is not None:
            step = {**step, "arguments": {ACCOUNT_ARGUMENT: self.account, **step["arguments"]}}
        return step
