"""How a body may come in chunks: a server pays for each chunk, however little is in it."""

import h11

LEAST_BYTES = 1024
"""What the chunks of a body have on average, at least; h11 takes 7 µs for each.

So chunks of 64 bytes at 10 MB/s would take a whole processor.
"""
FREE_CHUNKS = 1000
"""So many in a row may be smaller."""
TOO_SMALL = f"The chunks of this body are too small: send at least {LEAST_BYTES:,} bytes in each."


class ChunkedConnection(h11.Connection):
    """h11's connection, which reads no body that comes in tiny chunks.

    `next_event` raises `h11.RemoteProtocolError` for one, and `refused` then says why.
    """

    refused = ""
    _is_chunked = False
    _credit = 0.0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return what came next of what was received."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._is_chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
            self._credit = FREE_CHUNKS
        elif self._is_chunked and isinstance(event, h11.Data):
            earned = self._credit + len(event.data) / LEAST_BYTES
            self._credit = min(earned, FREE_CHUNKS) - event.chunk_start
            if self._credit < 0:
                self.refused = TOO_SMALL
                raise h11.RemoteProtocolError(TOO_SMALL)
        return event
