"""What a job's process writes, as operators read it: in the attempt, and in the worker's log."""

import logging

from django.conf import settings

from common.logs import SecretlessFormatter, read_event

logger = logging.getLogger("jobs.child")
_as_text = SecretlessFormatter("{asctime} {levelname} {name} {message}", style="{")


def as_people_read(line: str) -> list[str]:
    """Return the lines that the attempt keeps of a line that its process wrote.

    Where logs are JSON, the line becomes an event of the worker's own log, in the worker's trace: a
    decoder that a stranger's file has taken over may write lines, but not in another job's name.
    """
    if settings.LOG_FORMAT != "json":
        return [line]
    event = read_event(line)
    if event is None:
        if line.strip():
            logger.info("%s", line)
        return [line]
    logging.getLogger().handle(event)
    return _as_text.format(event).splitlines()
