"""Answers that are given before any face is reached."""

from collections.abc import Mapping

from starlette.responses import Response

from ix_tools.errors import IxError, StoreUnavailable
from ix_tools.interfaces.rest.problems import build_problem


def build_refusal(code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a request that no face sees."""
    return build_problem(IxError(message, code=code), headers)


def build_store_refusal(trouble: StoreUnavailable) -> Response:
    """Answer whoever may be anybody that the store cannot be used, without a word of where it is."""
    return build_problem(StoreUnavailable("The store cannot be used now.", retryable=trouble.retryable))
