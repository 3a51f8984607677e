"""`POST /tools/{name}`: run a tool through the pipeline; GET for tools that only read.

200 done    202 a person must approve first: poll Location; the call is carried out when it is approved    4xx, 5xx a problem
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ix_tools.errors import DEFAULT_RETRY_SECONDS, InvalidArguments, Problem
from ix_tools.http_statuses import DONE, WAITING
from ix_tools.i18n.messages import message, verbatim
from ix_tools.interfaces.rest import approvals, pdf
from ix_tools.interfaces.rest.endpoint import READ_METHODS, Endpoint
from ix_tools.interfaces.rest.paging import ListWishes, build_page, extract_wishes
from ix_tools.interfaces.rest.requests import apply_key_header, read_body, read_query
from ix_tools.interfaces.rest.responses import build_json_response
from ix_tools.operations.base import Operation
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, ParkingTerms, execute, get_operation
from ix_tools.pipeline.truncation import get_page_size

PATH = "/tools/{name}"
WHEN_APPROVED = "when_approved"
"""The argument that says what happens when a person approves: `run`, or `repeat` by the caller."""


def build_endpoint(server_context: ServerContext) -> Endpoint:
    """Build the endpoint for every operation of the catalogue."""

    async def respond(request: Request) -> Response:
        operation = _find_operation(request)
        posted = request.method == "POST"
        given = await read_body(request) if posted else read_query(request, operation)
        account, given = extract_account(given, request.headers.get(ACCOUNT_HEADER))
        wants_run, given = _extract_wish(given, server_context.settings.when_approved)
        wishes, given = extract_wishes(operation, given)
        arguments = apply_key_header(request, operation, given)
        context = await server_context.open_context(request, account)
        if pdf.wants_pdf(request, operation):
            return await pdf.build_pdf_response(context, arguments)
        credential = server_context.get_principal(request).credential
        terms = ParkingTerms(credential, context.account_label)
        outcome = await execute(
            context,
            request.path_params["name"],  # as it was called: an old name is warned of
            arguments,
            origin=CallOrigin("rest", credential=credential),
            when_approved=terms if wants_run else None,
        )
        if isinstance(outcome, ApprovalRequired):
            return _build_pending_response(server_context, outcome.body, account)
        return _build_response(server_context, operation, arguments, account, (outcome.body, wishes))

    return Endpoint(respond, _list_methods)


def _extract_wish(given: Mapping[str, Any], chosen: str) -> tuple[bool, dict[str, Any]]:
    """Return whether the call is carried out when it is approved, and the arguments without that wish."""
    rest = dict(given)
    wish = rest.pop(WHEN_APPROVED, None) or ("run" if chosen == "auto" else chosen)
    if wish not in {"run", "repeat"}:
        problem = Problem(WHEN_APPROVED, message("is none of the allowed words"), verbatim("run, repeat"))
        raise InvalidArguments(
            message("The call says in no known way what happens when it is approved."),
            problems=[problem],
            next=message("correct these fields and call again"),
        )
    return wish == "run", rest


def _find_operation(request: Request) -> type[Operation[Any]]:
    return get_operation(request.path_params["name"])


def _list_methods(request: Request) -> Sequence[str]:
    return ("POST", *READ_METHODS) if _find_operation(request).spec.effect.only_reads else ("POST",)


def _build_pending_response(
    server_context: ServerContext, body: Mapping[str, Any], account: str | None
) -> Response:
    poll = approvals.build_poll_url(server_context, body["approval"]["id"], account)
    shown = {**body, "approval": {**body["approval"], "poll": poll}}
    return build_json_response(shown, WAITING, {"Location": poll, "Retry-After": str(DEFAULT_RETRY_SECONDS)})


def _build_response(
    server_context: ServerContext,
    operation: type[Operation[Any]],
    arguments: Mapping[str, Any],
    account: str | None,
    outcome: tuple[Mapping[str, Any], ListWishes],
) -> Response:
    body, wishes = outcome
    page = build_page(body, wishes, arguments, get_page_size(operation, arguments))
    headers: dict[str, str] = {}
    if page.following is not None:
        following = page.following if account is None else {**page.following, "account": account}
        url = f"{server_context.address}/tools/{operation.spec.name}?{_encode_query(following)}"
        page.body["next_page"] = url
        headers["Link"] = f'<{url}>; rel="next"'
    if body.get("replayed"):
        headers["Idempotent-Replayed"] = "true"
    return build_json_response(page.body, DONE, headers)


def _encode_query(arguments: Mapping[str, Any]) -> str:
    words = {True: "true", False: "false"}
    return urlencode(
        {name: words[value] if isinstance(value, bool) else value for name, value in arguments.items()},
        doseq=True,
    )
