"""How long a connection may take to say what it wants, and what the rest of a refusal may cost.

uvicorn waits for ever for the first byte of a connection and for the end of a request's head; who
opens connections and says nothing, or a byte now and then, would use up the server's files. Bodies
have their own bounds (common/body_limit.py), and a connection that has been answered waits for its
next request as long as uvicorn's keep-alive says, also where the rest of a refused body came in
after the answer.

The rest of a body that was refused while it came in is read and dropped, as nginx does: a
connection that is closed at once throws away the answer in the hands of a client that still sends.
It is read slowly: a few that go on sending would else take the server's time from all others.
"""

import asyncio
import time
from typing import Any, ClassVar

import h11
from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol

from common.chunked import ChunkedConnection

REST_BYTES_PER_SECOND = 32 << 20
"""How fast one server reads all rests of refused bodies together."""
REST_PAUSES = 10
"""How many times as long as it took to read a part of one, the next one is waited for."""


class HeadTimeProtocol(H11Protocol):
    """uvicorn's protocol (`--http common.head_time:HeadTimeProtocol`), with a bound on heads.

    From the opening, or from the first byte of a later request, the head has REQUEST_HEAD_SECONDS,
    however it comes in; then the connection is closed, with 408 where something had been said. So
    has the rest of a body that was refused.
    """

    conn: ChunkedConnection
    _timer: asyncio.TimerHandle | None = None
    _pause: asyncio.TimerHandle | None = None
    # When the next part of any rest may be read, by the loop's clock.
    _next_rest: ClassVar[float] = 0.0

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self.conn = ChunkedConnection(h11.SERVER)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Read what has come in."""
        began = time.thread_time() if self._is_rest() else None
        super().data_received(data)
        if began is not None and self._is_rest() and not self.transport.is_closing():
            self._wait_for_rest(len(data), time.thread_time() - began)
        self._look()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read; one that was answered already is only ended."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(self.conn.refused or msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on with the next request, of which a part may be there already."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._end()
        if self._pause is not None:
            self._pause.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Let the time run while a head is incomplete, and stop it where none is awaited."""
        if self._is_owed():
            if self._timer is None:
                self._begin()
            return
        self._end()
        if self.conn.our_state is h11.IDLE and self.timeout_keep_alive_task is None:
            # uvicorn stops this timer for each byte, and starts it with an answer alone: after the
            # rest of a body that was answered before, there would be none.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _is_owed(self) -> bool:
        """Whether the client has begun something that it has not ended."""
        if self.conn.their_state is h11.IDLE:
            return bool(self.conn.trailing_data[0]) or self.cycle is None
        return self._is_rest()

    def _is_rest(self) -> bool:
        """Whether what comes in belongs to a request that has its answer."""
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _wait_for_rest(self, length: int, seconds: float) -> None:
        """Read no more of the rest until it is its turn."""
        now = self.loop.time()
        cost = max(length / REST_BYTES_PER_SECOND, seconds * REST_PAUSES)
        HeadTimeProtocol._next_rest = max(now, self._next_rest) + cost
        self.flow.pause_reading()
        self._pause = self.loop.call_at(self._next_rest, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _begin(self) -> None:
        self._timer = self.loop.call_later(settings.REQUEST_HEAD_SECONDS, self._give_up)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            headers = [(b"connection", b"close"), (b"content-length", b"0")]
            answer = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            self.transport.write(self.conn.send(answer) or b"")
            self.transport.write(self.conn.send(h11.EndOfMessage()) or b"")
        self.transport.close()
