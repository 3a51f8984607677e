"""Plain HTTP: a draft, a refusal as problem details, an approval that is polled, a PDF, and pages that follow a link."""

from typing import Any

import anyio
import httpx2
from sandboxed import Office, office

from ix_tools.interfaces.server.app import build_application

ADDRESS = "http://127.0.0.1:8756"
DRAFT = {
    "date": "today",
    "due_date": "+30d",
    "client": {"code": "ACME"},
    "items": [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}],
}


async def post(
    client: httpx2.AsyncClient, tool: str, body: dict[str, Any], **headers: str
) -> httpx2.Response:
    """One call, as curl or any no-code host makes it: a flat JSON object to /tools/NAME."""
    answer = await client.post(f"/tools/{tool}", json=body, headers=headers)
    print(f"POST /tools/{tool} -> {answer.status_code} {answer.headers['content-type']}")
    return answer


async def flow(here: Office, client: httpx2.AsyncClient) -> None:
    """What a flow does from order to PDF."""
    answer = await post(client, "create_invoice", DRAFT, **{"Idempotency-Key": "order-4711"})
    draft = answer.json()["document"]
    print(f"   draft {draft['id']}: {draft['total']}")
    answer = await post(client, "create_invoice", DRAFT, **{"Idempotency-Key": "order-4711"})
    print(
        f"   the same key: draft {answer.json()['document']['id']}, replayed {answer.headers['Idempotent-Replayed']}"
    )

    wrong = {**DRAFT, "items": [{"name": "Curso", "unit_price": 120, "quantity": 1, "tax": "Isento"}]}
    problem = (await post(client, "create_invoice", wrong)).json()
    print(f"   {problem['code']}, sent: {problem['sent']}: {problem['problems'][0]['problem']}")

    issue = {"document_type": "invoices", "document_id": draft["id"], "state": "finalized"}
    waiting = await post(client, "change_state", issue)
    poll = waiting.headers["Location"]
    print(
        f"   {(await client.get(poll)).json()['status']}, asked again after {waiting.headers['Retry-After']} s"
    )
    # Here a person reads the document and says yes; the flow cannot.
    here.context.approvals.decide(waiting.json()["approval"]["id"], approve=True)
    # The server carries it out; nothing is sent again.
    while True:
        call = (await client.get(poll)).json()["call"]
        if call["state"] not in {"waiting", "running"}:
            break
        await anyio.sleep(int(waiting.headers["Retry-After"]) / 10)
    issued = call["result"]["document"]
    print(f"   {call['state']}: issued as {issued['number']}, ATCUD {issued['atcud']}")

    pdf = await client.get(f"/documents/{draft['id']}/pdf")
    print(
        f"GET {pdf.url.path} -> {pdf.status_code} {pdf.headers['content-type']}, {pdf.headers['content-disposition']}"
    )

    await post(client, "create_invoice", {**DRAFT, "reference": "another"})
    answer, seen = await client.get("/tools/list_invoices?per_page=1"), 0
    while True:
        seen += len(answer.json()["invoices"])
        if "next" not in answer.links:
            break
        answer = await client.get(answer.links["next"]["url"])
    print(f"GET /tools/list_invoices, page after page: {seen} of {answer.json()['total_entries']}")


async def main() -> None:
    """Run the example. `ix-tools serve --http --sandbox` is the same server on a port of this machine."""
    async with office() as here:
        server = build_application(here.context.settings, ADDRESS, requires_authentication=False)
        transport = httpx2.ASGITransport(app=server)
        running = server.router.lifespan_context(server)
        async with running, httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            await flow(here, client)


anyio.run(main)
