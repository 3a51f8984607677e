"""`POST /tools/{name}`: a call along the road. What only reads is a GET too, so that pages have an address.

200 done    202 a person must approve first: ask Location, then the same POST again    4xx, 5xx a problem
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ix_tools.errors import DONE, SOON, WAITING
from ix_tools.interfaces.rest import approvals, pdf
from ix_tools.interfaces.rest.endpoint import READING, Endpoint
from ix_tools.interfaces.rest.requests import body_of, keyed, query_of
from ix_tools.interfaces.rest.responses import answer
from ix_tools.operations.base import Operation
from ix_tools.pipeline.context_pool import HEADER, Hosting, account_in
from ix_tools.pipeline.execute import known, perform
from ix_tools.pipeline.truncation import PER_PAGE, Fitted, fitted, page_size

PATH = "/tools/{name}"
PAGE = "page"


def endpoint(hosting: Hosting) -> Endpoint:
    """Every operation of the catalogue."""

    async def respond(request: Request) -> Response:
        operation = _operation(request)
        posted = request.method == "POST"
        given = await body_of(request) if posted else query_of(request, operation)
        account, given = account_in(given, request.headers.get(HEADER))
        arguments = keyed(request, operation, given)
        desk = await hosting.desk(request, account)
        if pdf.is_wanted(request, operation):
            return await pdf.pdf(desk, arguments)
        body = await perform(desk, operation.spec.name, arguments, face="rest")
        if body.get("status") == "approval_required":
            return _waiting(hosting, body, account)
        return _done(hosting, operation, arguments, account, body)

    return Endpoint(respond, _methods)


def _operation(request: Request) -> type[Operation[Any]]:
    return known(request.path_params["name"])


def _methods(request: Request) -> Sequence[str]:
    return ("POST", *READING) if _operation(request).spec.effect.only_reads else ("POST",)


def _waiting(hosting: Hosting, body: Mapping[str, Any], account: str | None) -> Response:
    poll = approvals.address(hosting, body["approval"]["id"], account)
    shown = {**body, "approval": {**body["approval"], "poll": poll}}
    return answer(shown, WAITING, {"Location": poll, "Retry-After": str(SOON)})


def _done(
    hosting: Hosting,
    operation: type[Operation[Any]],
    arguments: Mapping[str, Any],
    account: str | None,
    body: Mapping[str, Any],
) -> Response:
    rows = page_size(operation, arguments)
    shown = fitted(body, rows) if rows else Fitted(dict(body), None)
    headers: dict[str, str] = {}
    if (
        PER_PAGE in operation.model_fields
        and shown.per_page
        and shown.body[PAGE] < shown.body.get("pages", 1)
    ):
        following = {**arguments, PAGE: shown.body[PAGE] + 1, PER_PAGE: shown.per_page}
        if account is not None:
            following["account"] = account
        url = f"{hosting.address}/tools/{operation.spec.name}?{_query(following)}"
        shown.body["next_page"] = url
        headers["Link"] = f'<{url}>; rel="next"'
    if body.get("replayed"):
        headers["Idempotent-Replayed"] = "true"
    return answer(shown.body, DONE, headers)


def _query(arguments: Mapping[str, Any]) -> str:
    words = {True: "true", False: "false"}
    return urlencode(
        {name: words[value] if isinstance(value, bool) else value for name, value in arguments.items()},
        doseq=True,
    )
