"""Webhooks: signed, in order, each endpoint apart from the others, and again until they arrive."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from ix_tools.auth.tokens import Tokens
from ix_tools.config.settings import Settings
from ix_tools.events import outbox
from ix_tools.events.models import EventDraft
from ix_tools.events.repository import EventFilter, Events
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store
from ix_tools.webhooks import deliverer as sending
from ix_tools.webhooks.deliverer import LOST_SCOPE, READER, Deliverer
from ix_tools.webhooks.deliveries import LEASE_SECONDS, RETRY_SECONDS, Deliveries
from ix_tools.webhooks.endpoints import KEPT_SECONDS, ROTATION_SECONDS, Endpoint, Endpoints
from tests.clock import Clock

SETTINGS = Settings(webhook_networks=("127.0.0.1",))


@dataclass
class Receiver:
    """An HTTP server that keeps what it got, and answers as it is told."""

    port: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers; 204 afterwards, 0 for none."""

    @property
    def numbers(self) -> list[int]:
        return [json.loads(body)["data"]["number"] for _, body in self.got]

    async def serve(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            received = b""
            while b"\r\n\r\n" not in received:
                received += await stream.receive()
            head, _, body = received.partition(b"\r\n\r\n")
            lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
            headers = {name.lower(): value for name, _, value in lines}
            while len(body) < int(headers.get("content-length", 0)):
                body += await stream.receive()
            self.got.append((headers, body))
            status = self.answers.pop(0) if self.answers else 204
            if status:
                await stream.send(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)


@asynccontextmanager
async def receive(serve: Callable[[anyio.abc.SocketStream], Any] | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        receiver.port = listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.start_soon(listener.serve, serve or receiver.serve)
        yield receiver
        tasks.cancel_scope.cancel()


@pytest.fixture
def store(place: str, clock: Clock) -> Any:
    opened = Store(place)
    opened.clock = clock
    Events(opened, 30).register(READER)
    yield opened
    opened.close()


def tell(
    store: Store, *numbers: int, kind: Any = "call.done", principal: str = "n8n", account: str = "acme"
) -> None:
    with store.writing() as connection:
        for number in numbers:
            data = {"number": number}
            outbox.append(connection, EventDraft(kind, "call/1", account, principal, "change_state", data))


def register(store: Store, receiver: Receiver, *events: str, **more: Any) -> Endpoint:
    return Endpoints(store).add("n8n", "acme", f"http://127.0.0.1:{receiver.port}/hook", events, **more)


async def deliver(store: Store) -> None:
    """One round, as the running deliverer does it."""
    worker = Deliverer(store, SETTINGS)
    await worker.enqueue()
    for lane in Deliveries(store).list_due_lanes():
        await worker.work_lane(*lane)


async def test_events_arrive_signed_in_order_and_thin(store: Store) -> None:
    async with receive() as receiver:
        endpoint = register(store, receiver)
        tell(store, 1, 2, 3)
        await deliver(store)
    assert receiver.numbers == [1, 2, 3]
    for headers, body in receiver.got:
        read = Webhook(endpoint.secret).verify(body, headers)
        assert read["type"] == "call.done"
        assert read["data"]["sequence"] == read["data"]["number"]
        assert headers["webhook-id"].startswith("evt_")
    headers, body = receiver.got[0]
    for forged in ({**headers, "webhook-id": "evt_other"}, {**headers, "webhook-timestamp": "1"}):
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(body, forged)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body + b" ", headers)


async def test_an_endpoint_gets_what_it_wants_of_its_own_caller_and_account(store: Store) -> None:
    async with receive() as one, receive() as all_callers:
        register(store, one, "call.failed", "call.done")
        register(store, all_callers, all_callers=True)
        tell(store, 1)
        tell(store, 2, kind="call.unknown")
        tell(store, 3, principal="other")
        tell(store, 4, account="another")
        await deliver(store)
    assert (one.numbers, all_callers.numbers) == ([1], [1, 2, 3])


async def test_events_of_others_go_to_nobody_whose_token_was_revoked(store: Store, clock: Clock) -> None:
    tokens = Tokens(store, clock)
    token = tokens.create("n8n", [Scope.READ, Scope.WEBHOOKS, Scope.ADMIN], [], 30)[0]
    async with receive() as own, receive() as all_callers:
        register(store, own, "call.done")
        wide = register(store, all_callers, "call.done", all_callers=True)
        tell(store, 1, principal="other")
        await deliver(store)
        tokens.revoke(token.id)
        tokens.create("n8n", [Scope.READ, Scope.WEBHOOKS], [], 30)
        tell(store, 2, principal="other")
        tell(store, 3)
        await deliver(store)
        assert (own.numbers, all_callers.numbers) == ([3], [1])
        found = Endpoints(store).find(wide.id)
        assert (found.disabled_at is not None, found.disabled_why) == (True, LOST_SCOPE)
        tokens.create("n8n", [Scope.ADMIN], [], 30)
        Endpoints(store).enable(found)
        tell(store, 4, principal="other")
        await deliver(store)
    assert all_callers.numbers == [1, 4]


async def test_what_is_refused_comes_again_with_the_same_id_and_holds_up_nothing(
    store: Store, clock: Clock
) -> None:
    async with receive() as receiver:
        endpoint = register(store, receiver)
        receiver.answers = [500, 204, 302]
        tell(store, 1, 2, 3)
        await deliver(store)
        assert receiver.numbers == [1, 2, 3]
        clock.now += RETRY_SECONDS[0]
        await deliver(store)
    assert receiver.numbers == [1, 2, 3, 1, 3], "a redirect is no success"
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert ids[3:] == [ids[0], ids[2]]
    assert {one.state for one in Deliveries(store).list_of(endpoint)} == {"delivered"}


async def test_a_dead_endpoint_is_disabled_after_three_days_and_can_be_enabled(
    store: Store, clock: Clock
) -> None:
    async with receive() as receiver:
        endpoint = Endpoints(store).add("n8n", "acme", "http://127.0.0.1:1/hook", [])
        other = register(store, receiver)
        tell(store, 1)
        await deliver(store)
        for pause in RETRY_SECONDS:
            assert Endpoints(store).find(endpoint.id).disabled_at is None
            clock.now += pause
            await deliver(store)
        found = Endpoints(store).find(endpoint.id)
        assert found.as_dict()["state"] == "disabled"
        assert "three days" in found.disabled_why
        told = Events(store, 30).list_newest(10, EventFilter(types=("webhook.disabled",)))
        assert [(one.subject, one.data["why"]) for one in told] == [
            (f"webhook/{endpoint.id}", found.disabled_why)
        ], "it is told once"
        (failed,) = Deliveries(store).list_of(found)
        assert (failed.state, failed.attempts, failed.problem) == (
            "failed",
            len(RETRY_SECONDS) + 1,
            "ConnectError",
        )
        assert receiver.numbers == [1], "another endpoint is not affected"
        Endpoints(store).enable(found)
        Deliveries(store).replay(found, failed.id)
        assert [one for one, _ in Deliveries(store).list_due_lanes()] == [found.id]
    assert other.disabled_at is None


async def test_an_endpoint_that_is_gone_is_disabled_at_once(store: Store) -> None:
    async with receive() as receiver:
        endpoint = register(store, receiver)
        receiver.answers = [410]
        tell(store, 1, 2)
        await deliver(store)
        await deliver(store)
    assert len(receiver.got) <= 2
    assert Endpoints(store).find(endpoint.id).disabled_why == "gone (410)"


async def test_a_delivery_whose_process_died_comes_again_with_the_same_id(store: Store, clock: Clock) -> None:
    async with receive() as receiver:
        endpoint = register(store, receiver)
        tell(store, 1, 2)
        await Deliverer(store, SETTINGS).enqueue()
        left = Deliveries(store).take(endpoint.id, "first")  # its process dies here
        assert left is not None
        assert Deliveries(store).take(endpoint.id, "first") is None, "in order: nothing overtakes it"
        await deliver(store)
        assert receiver.got == []
        clock.now += LEASE_SECONDS + 1
        await deliver(store)
        await deliver(store)
    assert sorted(receiver.numbers) == [1, 2]
    assert left.event in {headers["webhook-id"] for headers, _ in receiver.got}


async def test_during_a_rotation_both_secrets_sign(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receive() as receiver:
        old = register(store, receiver)
        new = Endpoints(store).rotate(old)
        assert new.secret != old.secret
        tell(store, 1)
        with monkeypatch.context() as patched:
            _at(patched, clock)
            await deliver(store)
        clock.now += ROTATION_SECONDS + 1
        tell(store, 2)
        with monkeypatch.context() as patched:
            _at(patched, clock)
            await deliver(store)
    (first, _), (second, _) = receiver.got
    assert len(first["webhook-signature"].split()) == 2
    assert len(second["webhook-signature"].split()) == 1


def _at(patched: pytest.MonkeyPatch, clock: Clock) -> None:
    from datetime import UTC, datetime

    class Moment(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock.now, UTC)

    patched.setattr(sending, "datetime", Moment)


async def test_an_address_is_judged_at_every_delivery(store: Store) -> None:
    async with receive() as receiver:
        endpoint = register(store, receiver)
        tell(store, 1)
        worker = Deliverer(store, Settings())  # the network is not allowed any more
        await worker.enqueue()
        await worker.work_lane(endpoint.id, "first")
    assert receiver.got == []
    (found,) = Deliveries(store).list_of(endpoint)
    assert (found.state, found.problem) == ("waiting", "address not allowed")


async def test_a_running_deliverer_sends_beside_a_slow_endpoint(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_SECONDS", 0.02)
    released = anyio.Event()

    async def wait(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await released.wait()

    async with receive() as good, receive(wait) as silent, anyio.create_task_group() as tasks:
        register(store, silent)
        register(store, good)
        tell(store, *range(5))
        tasks.start_soon(Deliverer(store, SETTINGS).run)
        with anyio.fail_after(100):
            while len(good.got) < 5:  # noqa: ASYNC110 - the receiver has no event for it
                await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()
    assert good.numbers == list(range(5))


def tell_of(store: Store, kind: Any, approval: str, **more: str) -> None:
    with store.writing() as connection:
        data = {"approval": approval, "number": ord(approval[0]), **more}
        outbox.append(
            connection, EventDraft(kind, f"approval/{approval}", "acme", "n8n", "change_state", data)
        )


async def test_a_webhook_for_one_approval_tells_its_end_and_is_gone_then(store: Store) -> None:
    async with receive() as receiver:
        made = register(store, receiver, "parked_call.done", "parked_call.failed", approval="AAAA")
        other = register(store, receiver, "parked_call.done", approval="BBBB")
        tell_of(store, "approval.decided", "AAAA")
        tell_of(store, "parked_call.done", "CCCC")
        tell_of(store, "parked_call.returned", "AAAA", asked_again="DDDD")
        tell_of(store, "parked_call.failed", "DDDD")
        await deliver(store)
        assert receiver.numbers == [ord("D")], "a person was asked again, and the second answer counts"
        assert [one.id for one in Endpoints(store).list_of("n8n")] == [other.id]
        tell_of(store, "parked_call.done", "DDDD")
        await deliver(store)
    assert receiver.numbers == [ord("D")]
    assert Deliveries(store).list_of(made) == []


async def test_a_webhook_for_one_approval_that_nobody_receives_is_deleted_in_the_end(
    store: Store, clock: Clock
) -> None:
    own = Endpoints(store).add("n8n", "acme", "http://127.0.0.1:1/hook", [])
    Endpoints(store).add("n8n", "acme", "http://127.0.0.1:1/hook", ["parked_call.done"], approval="AAAA")
    for now, left in ((0.0, 2), (KEPT_SECONDS - 1, 2), (2.0, 1)):
        clock.now += now
        Endpoints(store).delete_old()
        assert len(Endpoints(store).list_of("n8n")) == left
    assert [one.id for one in Endpoints(store).list_of("n8n")] == [own.id]
