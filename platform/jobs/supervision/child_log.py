"""What a job's process writes, as operators read it: in the attempt, and in the worker's log."""

import logging

from django.conf import settings

from common.logs import SecretlessFormatter, read_event

# Of an attempt, to the worker's log.
MOST_LINES = 10_000
MOST_CHARACTERS = 10_000_000
logger = logging.getLogger("jobs.child")
_as_text = SecretlessFormatter("{asctime} {levelname} {name} {message}", style="{")


class ChildLog:
    """What the process of one attempt writes.

    Where logs are JSON, each line becomes an event of the worker's own log, in the worker's trace:
    a decoder that a stranger's file has taken over may write lines, but not in another job's name,
    and no more than `MOST_LINES` of `MOST_CHARACTERS`, so that it does not fill the disk.
    """

    def __init__(self) -> None:
        self._events = self._characters = self._left_out = 0

    def as_people_read(self, line: str) -> list[str]:
        """Return the lines that the attempt keeps of a line that its process wrote."""
        if settings.LOG_FORMAT != "json":
            return [line]
        event = read_event(line)
        if event is None:
            if line.strip() and self._has_room(line):
                logger.info("%s", line)
            return [line]
        if self._has_room(line):
            logging.getLogger().handle(event)
        return _as_text.format(event).splitlines()

    def end(self) -> None:
        """Say how many lines the worker's log has not."""
        if self._left_out:
            logger.warning(
                "%d more lines were left out: an attempt's process may write %d here, of %d "
                "characters",
                self._left_out,
                MOST_LINES,
                MOST_CHARACTERS,
            )

    def _has_room(self, line: str) -> bool:
        self._events += 1
        self._characters += len(line)
        has_room = self._events <= MOST_LINES and self._characters <= MOST_CHARACTERS
        self._left_out += not has_room
        return has_room
