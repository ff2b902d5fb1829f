"""Batch predictions: a job asks a model about many images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from loupe.errors import LoupeError, UnexpectedAnswer
from loupe.jobs import Worked
from loupe.predictions import Prediction, prediction_of

if TYPE_CHECKING:
    import pandas


class BatchPrediction(Worked):
    """Many images that one version is asked about."""

    collection = "batch-predictions"
    shown = ("source_name", "status", "image_count", "answered", "unreadable", "classes", "id")

    def cancel(self) -> None:
        """Stop it; the results that are there stay."""
        self.data = self.api.post(f"{self.path}cancel/")

    def resume(self, *, wait: bool = True, progress: bool = True) -> None:
        """Let it go on after a failure or a cancellation; no image is asked about twice."""
        self.data = self.api.post(f"{self.path}resume/", starts_work=True)
        if wait:
            self.wait(progress=progress)

    def delete(self) -> None:
        """Delete it with its results."""
        self.api.delete(self.path)

    def results(self, **filters: Any) -> Iterator[Prediction]:
        """Yield the answers that are there, in the order of the images, without keeping them.

        `class_name`, `decision`, `outcome`, `least_probability`, `below_probability` filter them.
        """
        params = {"format": "jsonl", **filters}
        with self.api.stream(f"{self.path}results/", params=params) as answer:
            try:
                for line in _lines(answer.iter_bytes()):
                    yield prediction_of(json.loads(line))
            except (httpx.TransportError, ValueError) as error:
                raise UnexpectedAnswer("The results were cut off: ask for them again.") from error

    def download(self, target: str | Path, *, file_format: str = "jsonl", **filters: Any) -> Path:
        """Write the answers that are there as "jsonl", "csv" or "parquet"."""
        return self.api.download(f"{self.path}results/", target, format=file_format, **filters)

    def to_pandas(self, **filters: Any) -> pandas.DataFrame:
        """Return the answers as a data frame: name, class_name, probability, decision, error.

        Raises `LoupeError` where pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise LoupeError("Install pandas for this, or use results().") from error
        rows = [
            (each.name, each.class_name, each.probability, each.decision, each.error)
            for each in self.results(**filters)
        ]
        columns = ["name", "class_name", "probability", "decision", "error"]
        return pandas.DataFrame(rows, columns=columns)

    def _title(self) -> str:
        return "Predict"


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines that end with a line feed alone: a name may hold another sign that ends lines."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    if rest:
        yield rest
