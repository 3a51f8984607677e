"""Build the responses that the middleware gives before any interface is reached."""

from collections.abc import Mapping

from starlette.responses import Response

from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message
from ix_tools.interfaces.rest.problems import build_problem


def build_refusal(
    code: str, problem: Message, language: Language, headers: Mapping[str, str] | None = None
) -> Response:
    """Build the response to a request that no interface sees."""
    return build_problem(IxError(problem, code=code), language, headers)


def build_store_refusal(trouble: StoreUnavailable, language: Language) -> Response:
    """Build the response to an unknown caller when the store is unavailable, without revealing its place."""
    refusal = StoreUnavailable(message("The store cannot be used now."), retryable=trouble.retryable)
    return build_problem(refusal, language)
