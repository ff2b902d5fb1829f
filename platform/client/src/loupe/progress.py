"""How far something is: a bar on a terminal or in a notebook, nothing in a log."""

from __future__ import annotations

import builtins
import shutil
import sys
import time
from html import escape
from typing import Any, TextIO

BAR_WIDTH = 24
_LEAST_SECONDS = 0.1


class Progress:
    """One bar, drawn over itself; `with Progress("Upload") as bar: bar.show(3, 10)`.

    It draws on standard error where that is a terminal, in a notebook below the cell, and nowhere
    else. `shown=False` draws nothing anywhere.
    """

    def __init__(self, title: str, *, shown: bool = True, stream: TextIO | None = None) -> None:
        self.title = title
        self._stream = stream or sys.stderr
        self._on_terminal = shown and self._stream.isatty()
        self._cell = _notebook_cell() if shown and not self._on_terminal else None
        self._drawn_at = 0.0
        self._last: tuple[float, str] | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._last is not None:
            self._draw(*self._last)
        if self._on_terminal and self._drawn_at:
            self._stream.write("\n")
            self._stream.flush()

    def show(self, done: float, total: float, message: str = "") -> None:
        """Say how far it is; a total of 0 means that no one knows."""
        share = min(1.0, done / total) if total else 0.0
        self._last = share, message
        if time.monotonic() - self._drawn_at >= _LEAST_SECONDS:
            self._draw(share, message)

    def _draw(self, share: float, message: str) -> None:
        self._drawn_at = time.monotonic()
        if self._on_terminal:
            filled = round(share * BAR_WIDTH)
            bar = "█" * filled + "░" * (BAR_WIDTH - filled)
            line = f"{self.title}  {bar} {share:4.0%}  {message}"
            columns = shutil.get_terminal_size().columns
            self._stream.write(f"\r\033[K{line[: columns - 1]}")
            self._stream.flush()
        elif self._cell is not None:
            self._cell.update(_Html(self._html(share, message)))

    def _html(self, share: float, message: str) -> str:
        return (
            f"<label>{escape(self.title)} <progress value='{share:.4f}' max='1'></progress> "
            f"{share:.0%} {escape(message)}</label>"
        )


class _Html:
    """What a notebook shows as HTML."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def _notebook_cell() -> Any:
    """Return a place below the running cell that can be drawn over; None outside of a notebook."""
    shell = getattr(builtins, "get_ipython", None)
    if shell is None or type(shell()).__name__ != "ZMQInteractiveShell":
        return None
    # A notebook has it; nothing else needs it.
    from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

    return display(_Html(""), display_id=True)


def megabytes(done: int, total: int) -> str:
    """Return how much of an upload has arrived, in words."""
    return f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
