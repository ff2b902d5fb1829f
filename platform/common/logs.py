"""Lines of logs: as text or as JSON, with their time, and without the secrets that links carry."""

import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from common.secret_links import without_secret_links
from common.trace import current

# What a query may carry of that kind, by the name it goes by.
_SECRET_VALUES = re.compile(
    r"([?&](?:[\w-]+-)?(?:key|token|secret|code|state|signature)=)[^&\s\"']+", re.IGNORECASE
)
# The password in the address of a service, as errors of its library may name it.
_PASSWORDS = re.compile(r"(://[^:/@\s]*:)[^@/\s]+@")
# How far from now the time of another process's event may be: a wrong one is no time of ours.
_FARTHEST_SECONDS = 2 * 24 * 3600
# What uvicorn says of a request, in the order of its arguments.
_ACCESS = ("address", "method", "path", "http_version", "status")


def without_secrets(text: str) -> str:
    """Return the text with `…` in the place of what a secret link or address carries."""
    text = _SECRET_VALUES.sub(r"\1…", without_secret_links(text))
    return _PASSWORDS.sub(r"\1…@", text)


class SecretlessFormatter(logging.Formatter):
    """Hides the secrets of links wherever they stand in a line, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return without_secrets(super().format(record))


class JsonFormatter(logging.Formatter):
    """Makes one line of each event: an object in JSON, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line.

        It has `time` (UTC), `level`, `logger` and `message`; `exception` and `stack` where there
        are; of a request `address`, `method`, `path`, `http_version` and `status`; and what the
        work belongs to (`common.trace.Trace`).
        """
        trace = current()
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_request(record),
            **(trace.fields() if trace else {}),
        }
        if record.exc_info or record.exc_text:
            event["exception"] = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
        if record.stack_info:
            event["stack"] = record.stack_info
        return json.dumps(
            {k: without_secrets(v) if isinstance(v, str) else v for k, v in event.items()}
        )


def _request(record: logging.LogRecord) -> Mapping[str, Any]:
    values = record.args
    if record.name != "uvicorn.access" or not isinstance(values, tuple):
        return {}
    return dict(zip(_ACCESS, values, strict=True)) if len(values) == len(_ACCESS) else {}


def read_event(line: str) -> logging.LogRecord | None:
    """Return the event that another process wrote by `JsonFormatter`, None for any other line.

    Of what the line says, only time, level, logger, message and exception are believed.
    """
    try:
        event = json.loads(line)
        level = logging.getLevelNamesMapping()[event["level"]]
        created = datetime.fromisoformat(event["time"]).timestamp()
        texts = event["logger"], event["message"], event.get("exception", "")
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    recent = abs(created - time.time()) < _FARTHEST_SECONDS
    if not recent or not all(isinstance(text, str) for text in texts):
        return None
    name, message, exception = texts
    record = logging.LogRecord(name, level, "", 0, message, None, None)
    record.created, record.exc_text = created, exception or None
    return record


def log_less() -> None:
    """Leave out of each entry what no line of the web server says: caller, thread, process.

    To find the caller costs as much as to write the line (logging HOWTO, *Optimization*).
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False
