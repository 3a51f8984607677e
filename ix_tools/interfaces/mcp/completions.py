"""Completions for codes, series, taxes and clients; a helper to typing, so it never fails a request."""

import re
from collections.abc import Awaitable, Callable, Iterable

import mcp_types as types

from ix_tools.domain.document_kinds import document_types
from ix_tools.domain.types import lisbon_now
from ix_tools.errors import IxError
from ix_tools.fiscal.exemptions import exemptions, in_force
from ix_tools.operations.matching import WORDS
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline import policy_check
from ix_tools.pipeline.execute import Desk
from ix_tools.pipeline.fact_loader import LookUps
from ix_tools.schemas.prompts import BY_NAME
from ix_tools.schemas.resources import TEMPLATES
from ix_tools.text.sanitize import visible

MOST = 100
LONGEST = 300
"""Characters of a value: what is longer is no name that somebody types."""


async def complete(
    open_desk: Callable[[], Awaitable[Desk]], params: types.CompleteRequestParams
) -> types.CompleteResult:
    """Values that begin with, or contain, what was typed."""
    typed = params.argument.value.strip().casefold()
    try:
        offered = dict.fromkeys(map(visible, await _values(open_desk, params)))
        values = [value for value in offered if len(value) <= LONGEST]
    except IxError:
        values = []  # no account, no network: nothing to offer, nothing to complain about while someone types
    first = [value for value in values if value.casefold().startswith(typed)]
    found = first + [value for value in values if typed in value.casefold() and value not in first]
    return types.CompleteResult(
        completion=types.Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
    )


async def _values(
    open_desk: Callable[[], Awaitable[Desk]], params: types.CompleteRequestParams
) -> Iterable[str]:
    argument = params.argument.name
    if argument not in _arguments_of(params.ref):
        return []
    match argument:
        case "tax_exemption":
            today = lisbon_now().date()
            return [one.code for one in exemptions() if in_force(one, today)]
        case "document_type":
            return [kind.plural for kind in document_types()]
        case "language":
            return ["pt", "en"]
        case "tax" | "series" | "client":
            return await _of_the_account(await open_desk(), argument)
    return []


def _arguments_of(ref: types.PromptReference | types.ResourceTemplateReference) -> Iterable[str]:
    """What can be typed into a prompt or a resource template of ours; nothing into any other."""
    if isinstance(ref, types.PromptReference):
        prompt = BY_NAME.get(ref.name)
        return (*prompt.arguments, "language") if prompt else ()
    known = any(template["uriTemplate"] == ref.uri for template in TEMPLATES)
    return re.findall(r"{(\w+)}", ref.uri) if known else ()


async def _of_the_account(desk: Desk, argument: str) -> Iterable[str]:
    if Scope.READ not in desk.scopes or (listing := WORDS[argument][-1]) in desk.settings.exclude:
        return []
    call = catalogue()[listing]
    await policy_check.permitted(desk, call.model_validate({}), "mcp")
    looking = LookUps(desk.account, desk.settings.catalogue_pages, desk.approvals)
    if argument == "tax":
        return [tax.name for tax in await looking.taxes() if tax.name]
    if argument == "series":
        return [sequence.serie for sequence in await looking.sequences() if sequence.serie]
    clients = await looking.clients()
    return [text for client in clients for text in (client.name, client.code) if text]
