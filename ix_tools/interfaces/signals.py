"""Receive signals in asynchronous code on every system: Windows' event loops cannot, so there a handler passes them on."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType
from typing import Protocol

import anyio


class Signals(Protocol):
    """Yields each signal that arrives."""

    def __aiter__(self) -> AsyncIterator[signal.Signals]: ...


def receive_signals(*numbers: signal.Signals) -> AbstractContextManager[Signals]:
    """Receive signals instead of letting them interrupt the process, for as long as the block lasts."""
    return anyio.open_signal_receiver(*numbers) if _loop_takes_signals() else pass_on_signals(*numbers)


def _loop_takes_signals() -> bool:
    # Windows' loops inherit a method that only raises NotImplementedError.
    loop = asyncio.get_running_loop()
    return type(loop).add_signal_handler is not asyncio.AbstractEventLoop.add_signal_handler


@contextmanager
def pass_on_signals(*numbers: signal.Signals) -> Iterator[Signals]:
    """Receive signals by a handler, which the main thread runs between two steps of its loop."""
    loop = asyncio.get_running_loop()
    send, receive = anyio.create_memory_object_stream[signal.Signals](16)

    def deliver(number: int) -> None:
        with suppress(anyio.WouldBlock, anyio.ClosedResourceError, anyio.BrokenResourceError):
            send.send_nowait(signal.Signals(number))

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(deliver, number)

    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        with send, receive:
            yield receive
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
