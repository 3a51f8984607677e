"""The batch as a workflow: what one approval is requested for, and what every call of the batch is bound to."""

from typing import Literal

from ix_tools.domain.types import Record
from ix_tools.operations.base import Operation
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec


class BatchResult(Record):
    """Result of a batch."""

    batch: str


class IssueBatch(Operation[BatchResult]):
    """Issue the documents of a batch in their order, or delete its drafts, with one approval.

    Source: a workflow of change_state and send_email.
    """

    batch: str
    """Id of the batch."""
    round: int
    """Number of times that a person was asked; a new question needs a new approval."""
    purpose: Literal["issue", "delete"] = "issue"
    """Issue the documents, or delete their drafts."""

    spec = Spec(
        name="issue_batch",
        title="Issue a batch",
        effect=Effect.FISCAL,
        heading=Heading.WORKFLOWS,
        scope=Scope.ISSUE,
        step_scopes=frozenset({Scope.READ, Scope.DRAFT, Scope.EMAIL}),
        example={"batch": "K7M2QX4R", "round": 1},
    )
