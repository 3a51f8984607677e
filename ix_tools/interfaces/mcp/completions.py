"""Complete codes, series, taxes and clients while a user types; an error gives no completions instead of failing."""

import re
from collections.abc import Awaitable, Callable, Iterable

import mcp_types as types

from ix_tools.domain.date_types import lisbon_now
from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.errors import IxError
from ix_tools.fiscal.exemptions import is_in_force, list_exemptions
from ix_tools.operations.access import get_disabled_reason
from ix_tools.operations.matching import KIND_NAMES
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.execute import CallContext
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.schemas.prompts import PROMPTS_BY_NAME
from ix_tools.schemas.resources import TEMPLATES
from ix_tools.text.sanitize import sanitize_line

MAX_VALUES = 100
MAX_VALUE_LENGTH = 300
"""Longer values are left out: nobody types them."""


async def complete(
    open_context: Callable[[], Awaitable[CallContext]], params: types.CompleteRequestParams
) -> types.CompleteResult:
    """Return the values that begin with the typed text, then those that contain it."""
    typed = params.argument.value.strip().casefold()
    try:
        offered = dict.fromkeys(map(sanitize_line, await _list_values(open_context, params)))
        values = [value for value in offered if len(value) <= MAX_VALUE_LENGTH]
    except IxError:
        values = []  # no account or no network: no completions, and no error while someone types
    first = [value for value in values if value.casefold().startswith(typed)]
    found = first + [value for value in values if typed in value.casefold() and value not in first]
    return types.CompleteResult(
        completion=types.Completion(
            values=found[:MAX_VALUES], total=len(found), has_more=len(found) > MAX_VALUES
        )
    )


async def _list_values(
    open_context: Callable[[], Awaitable[CallContext]], params: types.CompleteRequestParams
) -> Iterable[str]:
    argument = params.argument.name
    if argument not in _list_arguments(params.ref):
        return []
    match argument:
        case "tax_exemption":
            today = lisbon_now().date()
            return [one.code for one in list_exemptions() if is_in_force(one, today)]
        case "document_type":
            return [kind.plural for kind in list_document_kinds()]
        case "language":
            return ["pt", "en"]
        case "tax" | "series" | "client":
            return await _list_account_values(await open_context(), argument)
    return []


def _list_arguments(ref: types.PromptReference | types.ResourceTemplateReference) -> Iterable[str]:
    """List the arguments of one of our prompts or resource templates; any other has none."""
    if isinstance(ref, types.PromptReference):
        prompt = PROMPTS_BY_NAME.get(ref.name)
        return (*prompt.arguments, "language") if prompt else ()
    known = any(template["uriTemplate"] == ref.uri for template in TEMPLATES)
    return re.findall(r"{(\w+)}", ref.uri) if known else ()


async def _list_account_values(context: CallContext, argument: str) -> Iterable[str]:
    if Scope.READ not in context.scopes:
        return []
    call = catalogue()[KIND_NAMES[argument][-1]]
    if get_disabled_reason(call.spec, context.settings) is not None:
        return []
    await policy_check.refuse_denied(context, call.model_validate({}), "mcp")
    looking = FactLoader(context.account, context.settings.catalogue_pages, context.differences)
    if argument == "tax":
        return [tax.name for tax in await looking.list_taxes() if tax.name]
    if argument == "series":
        return [sequence.serie for sequence in await looking.list_sequences() if sequence.serie]
    clients = await looking.list_clients()
    return [text for client in clients for text in (client.name, client.code) if text]
