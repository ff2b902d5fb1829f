"""Training runs, and reports on what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loupe.errors import UnusableInput
from loupe.jobs import Worked

if TYPE_CHECKING:
    from loupe.models import ModelVersion


class TrainingRun(Worked):
    """One fit of a model to a dataset version."""

    collection = "training-runs"
    shown = ("name", "preset", "status", "verdict", "id")

    @property
    def model_version(self) -> ModelVersion:
        """The version that came of it; raises `UnusableInput` before it has succeeded."""
        if self.data["model_version"] is None:
            raise UnusableInput(f"No model came of this run: it is {self.status}.")
        return self.client.model_version(self.data["model_version"])

    @property
    def metrics(self) -> dict[str, Any]:
        """The best epoch's figures; empty before it has succeeded."""
        return dict(self.data["metrics"])

    def report(self) -> EvaluationReport:
        """Return the report on its test split; waits for it where it is being made."""
        return self.model_version.report()

    def epochs(self) -> list[dict[str, Any]]:
        """Return the finished epochs, the first one first."""
        return list(self.api.get(f"{self.path}epochs/"))

    def cancel(self) -> None:
        """Stop it; its checkpoint stays."""
        self.data = self.api.post(f"{self.path}cancel/")

    def resume(self, *, wait: bool = True, progress: bool = True) -> None:
        """Let a failed or cancelled run go on from its checkpoint."""
        self.data = self.api.post(f"{self.path}resume/", starts_work=True)
        if wait:
            self.wait(progress=progress)

    def download_script(self, target: str | Path) -> Path:
        """Write the run as one program that needs no Loupe."""
        return self.api.download(f"{self.path}script/", target)

    def _title(self) -> str:
        return f"Train {self.data['preset']}"


class EvaluationReport(Worked):
    """A model version, measured on a split of a dataset version."""

    collection = "evaluations"
    shown = ("verdict", "split", "accuracy", "accuracy_interval", "sample_count", "id")

    @property
    def accuracy(self) -> float | None:
        """The share of images that were answered rightly; None until it is measured."""
        found: float | None = self.data["accuracy"]
        return found

    @property
    def accuracy_interval(self) -> tuple[float, float] | None:
        """Its 95 % interval."""
        found = self.data["accuracy_interval"]
        return (found[0], found[1]) if found else None

    @property
    def per_class(self) -> list[dict[str, Any]]:
        """Of each class: {class_name, precision, recall, f1, support}."""
        return list(self.data["per_class"] or [])

    @property
    def confusion_matrix(self) -> dict[str, Any]:
        """{class_names, counts}: rows are true classes, columns predicted ones."""
        return dict(self.data["confusion_matrix"] or {})

    def predictions(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield what was answered to each image: {image, true, predicted, probability, correct}."""
        return self.api.pages(f"{self.path}predictions/", page_size=500, **filters)

    def download(self, target: str | Path, *, file_type: str = "json") -> Path:
        """Write it as "json", "csv" or "html" (to print)."""
        return self.api.download(f"{self.path}download/", target, **{"as": file_type})

    def _title(self) -> str:
        return "Evaluate"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(row['class_name'])}</td>"
            f"<td>{row['precision']:.3f}</td><td>{row['recall']:.3f}</td>"
            f"<td>{row['f1']:.3f}</td><td>{row['support']}</td></tr>"
            for row in self.per_class
        )
        head = "".join(
            f"<th>{name}</th>" for name in ("class", "precision", "recall", "f1", "support")
        )
        return f"{super()._repr_html_()}<table><tr>{head}</tr>{rows}</table>"
