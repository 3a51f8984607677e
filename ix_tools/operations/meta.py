"""Tools that search, describe and run operations which a host does not list."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict

from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record, text_up_to
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.expectations import Step
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec


class OperationRow(Record):
    """Summary of an operation."""

    summary_fields = frozenset({"operation", "does"})

    operation: str
    does: str
    effect: str
    """Effect of a call: local, reads, drafts, catalogue, removes, fiscal, outbound, admin; or any, that of the operation run."""
    approved_by: str
    toolset: str


class OperationDetails(OperationRow):
    """What a caller must know of an operation."""

    example: dict[str, Any] | None = None
    """Arguments of a worked example."""
    required: dict[str, str] | None = None
    """Parameters that a call needs; a name ending in ? inside {…} can be left out."""
    optional: dict[str, str] | None = None
    further: list[str] | None = None
    """Names of more optional parameters; parameter describes any one whole."""
    parameter_schema: dict[str, Any] | None = None
    """JSON Schema of the parameter that was asked for."""


class OperationList(Record):
    """Operations that match a search, best first."""

    operations: list[OperationRow]
    best: OperationDetails | None = None
    """Description of the first operation, where it is clearly the one that is meant."""
    not_possible: TranslatedText | None = None
    """Reason why what is asked for cannot be done through InvoiceXpress's API; the operation that comes nearest is listed."""
    hint: TranslatedText | None = None


class RelayedResult(Record):
    """Complete result of the operation that was run."""

    model_config = ConfigDict(extra="allow")


class SearchOperations(Operation[OperationList]):
    """Find operations by what you want done, in English or Portuguese, also those not listed as tools. A clear match comes described; then run_operation.

    Source: ours: the catalogue of operations.
    """

    text: text_up_to(100)  # type: ignore[valid-type]
    """What to do, e.g. apagar cliente, or the name of a toolset."""

    spec = Spec(
        name="search_operations",
        title="Find operations",
        effect=Effect.LOCAL,
        heading=Heading.BY_NAME,
        example={"text": "apagar cliente"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> OperationList:
        """Search or read the catalogue; nothing is sent."""
        return OperationList.model_validate(context.search_operations(self.text))

    def next_steps(self, result: OperationList) -> list[Step]:
        """Suggest running the best match where it is described, else describing it."""
        if (best := result.best) is not None:
            return [suggest_running(best)]
        return [
            Step(
                "describe_operation",
                message("its arguments, example and rules"),
                {"operation": one.operation},
            )
            for one in result.operations[:1]
        ]


class DescribeOperation(Operation[OperationDetails]):
    """Read an operation's parameters, example and effect. Then run_operation.

    Source: ours: the catalogue of operations.
    """

    operation: str
    """Name of the operation, from search_operations."""
    parameter: str = ""
    """Name of one parameter, to read its whole schema alone."""

    spec = Spec(
        name="describe_operation",
        title="Describe an operation",
        effect=Effect.LOCAL,
        heading=Heading.BY_NAME,
        example={"operation": "delete_client"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> OperationDetails:
        """Search or read the catalogue; nothing is sent."""
        return OperationDetails.model_validate(context.describe_operation(self.operation, self.parameter))

    def next_steps(self, result: OperationDetails) -> list[Step]:
        """Suggest running it, unless it is run_operation itself."""
        return [] if result.operation == RunOperation.spec.name else [suggest_running(result)]


def suggest_running(described: OperationDetails) -> Step:
    """Return the step that runs an operation that was described."""
    return Step(
        "run_operation",
        message("runs it, with its arguments in place of {}"),
        {"operation": described.operation, "arguments": {}},
    )


def _refuse_itself(name: str) -> str:
    if name == RunOperation.spec.name:
        raise InvalidValue(message("another operation than run_operation itself"))
    return name


class RunOperation(Operation[RelayedResult]):
    """Run an operation that is not listed as a tool: the same checks and approval as a call of its own.

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

    async def execute(self, context: OperationContext) -> RelayedResult:
        """Run the operation through the whole pipeline; its result, refusal or approval request is returned."""
        return RelayedResult.model_validate(await context.run_operation(self.operation, self.arguments or {}))
