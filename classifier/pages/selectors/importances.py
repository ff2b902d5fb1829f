"""Which numbers a classic method goes by, as a run's page draws them."""

from dataclasses import dataclass
from typing import Any, TypedDict

from classifier.models import TrainingRun

_SENTENCES = {
    "coefficients": "How much a number counts, in percent of all: the size of its weights, times "
    "how much it varies.",
    "impurity": "How much the trees' questions about a number help to tell the classes apart, in "
    "percent of all. Numbers that say the same share it between them.",
    "gain": "How much the trees' questions about a number lower the loss, in percent of all. "
    "Numbers that say the same share it between them.",
}


class Cell(TypedDict):
    """A square of the picture; `opacity` is from 0 to 1."""

    x: int
    y: int
    opacity: str


@dataclass(frozen=True)
class Important:
    """The most important numbers as bars in percent, and the picture of where they lie."""

    sentence: str
    bars: list[dict[str, Any]]
    longest: float
    side: int
    cells: list[Cell]
    label: str = "The numbers that count most, percent of all"


def important_of(run: TrainingRun) -> Important | None:
    """Return what to draw; None for a run without importances."""
    found = run.metrics.get("importances")
    if not found or not found["top"]:
        return None
    rows = found["map"] or []
    bars = [
        {"label": each["name"], "value": round(100 * each["share"], 1)} for each in found["top"]
    ]
    return Important(
        sentence=_SENTENCES[found["method"]],
        bars=bars,
        longest=max(bar["value"] for bar in bars) or 1,
        side=len(rows),
        cells=[
            {"x": x, "y": y, "opacity": f"{value / 100:.2f}"}
            for y, row in enumerate(rows)
            for x, value in enumerate(row)
            if value
        ],
    )
