"""Lines of logs: with their time, and without the secrets that links carry."""

import logging
import re

from common.secret_links import without_secret_links

# What a query may carry of that kind, by the name it goes by.
_SECRET_VALUES = re.compile(r"([?&](?:key|token|secret|code|state|signature)=)[^&\s\"']+")


def without_secrets(text: str) -> str:
    """Return the text with `…` in the place of what a secret link carries."""
    return _SECRET_VALUES.sub(r"\1…", without_secret_links(text))


class SecretlessFormatter(logging.Formatter):
    """Hides the secrets of links wherever they stand in a line, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return without_secrets(super().format(record))


def log_less() -> None:
    """Leave out of each entry what no line of the web server says: caller, thread, process.

    To find the caller costs as much as to write the line (logging HOWTO, *Optimization*).
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False
