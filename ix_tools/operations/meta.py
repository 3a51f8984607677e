"""The three tools through which a host that lists only the core reaches every operation."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict

from ix_tools.domain.types import Record, text_up_to
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.expectations import Step
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec


class OperationRow(Record):
    """An operation in a line."""

    summary_fields = frozenset({"operation", "does"})

    operation: str
    does: str
    effect: str
    """What a call leaves behind: local, reads, drafts, catalogue, removes, fiscal, outbound, admin, or any: as what it runs."""
    approved_by: str
    toolset: str


class OperationList(Record):
    """Operations found by words, best first."""

    operations: list[OperationRow]


class OperationDetails(OperationRow):
    """An operation as its caller must know it."""

    title: str
    input_schema: dict[str, Any]
    """The JSON Schema of its arguments."""
    output_schema: dict[str, Any]
    example: dict[str, Any]
    """Arguments of a worked example."""
    rules: list[str]
    """What is kept, or the call is refused."""


class RelayedResult(Record):
    """The result of the operation that was run, whole."""

    model_config = ConfigDict(extra="allow")


class SearchOperations(Operation[OperationList]):
    """Find operations by words, English or Portuguese, also those not listed as tools. Then describe_operation.

    Source: ours: the catalogue of operations.
    """

    text: text_up_to(100)  # type: ignore[valid-type]
    """Words to search for, e.g. apagar cliente, or the name of a toolset."""

    spec = Spec(
        name="search_operations",
        title="Find operations",
        effect=Effect.LOCAL,
        heading=Heading.BY_NAME,
        example={"text": "apagar cliente"},
        idempotent=True,
    )

    async def execute(self, sending: OperationContext) -> OperationList:
        """Answered from the catalogue."""
        return OperationList.model_validate({"operations": sending.search_operations(self.text)})

    def next_steps(self, result: OperationList) -> list[Step]:
        """Read the first one."""
        return [
            Step("describe_operation", "its arguments, example and rules", {"operation": one.operation})
            for one in result.operations[:1]
        ]


class DescribeOperation(Operation[OperationDetails]):
    """Read an operation's arguments, example, rules and effect. Then run_operation.

    Source: ours: the catalogue of operations.
    """

    operation: str
    """Name of the operation, from search_operations."""

    spec = Spec(
        name="describe_operation",
        title="Describe an operation",
        effect=Effect.LOCAL,
        heading=Heading.BY_NAME,
        example={"operation": "delete_client"},
        idempotent=True,
    )

    async def execute(self, sending: OperationContext) -> OperationDetails:
        """Answered from the catalogue."""
        return OperationDetails.model_validate(sending.describe_operation(self.operation))

    def next_steps(self, result: OperationDetails) -> list[Step]:
        """Run it, unless it is this one."""
        if result.operation == RunOperation.spec.name:
            return []
        return [Step("run_operation", "runs it", {"operation": result.operation})]


def _refuse_itself(name: str) -> str:
    if name == RunOperation.spec.name:
        raise ValueError("another operation than run_operation itself")
    return name


class RunOperation(Operation[RelayedResult]):
    """Run an operation that is not listed as a tool: the same checks, and the same person's approval, as a call of its own.

    Source: ours: the operation that is run says its own.
    """

    operation: Annotated[str, AfterValidator(_refuse_itself)]
    """Name of the operation, from search_operations."""
    arguments: dict[str, Any] | None = None
    """Arguments of the operation, as describe_operation shows them."""

    spec = Spec(
        name="run_operation",
        title="Run any operation",
        effect=Effect.ANY,
        heading=Heading.BY_NAME,
        example={"operation": "get_client", "arguments": {"client_id": 501}},
    )

    async def execute(self, sending: OperationContext) -> RelayedResult:
        """The other operation's own trip along the road; its result, refusal or question is this one's."""
        return RelayedResult.model_validate(await sending.run_operation(self.operation, self.arguments or {}))
