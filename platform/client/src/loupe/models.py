"""The registry: models, their versions and the files of these."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loupe.errors import NotFound, UnusableInput
from loupe.jobs import Worked
from loupe.predictions import Prediction, Predictions, predict, predict_together
from loupe.resources import Resource
from loupe.training import EvaluationReport

if TYPE_CHECKING:
    from loupe.batches import BatchPrediction
    from loupe.datasets import Dataset, DatasetVersion


class _Answers(Resource):
    """What can be asked about images."""

    def _asked(self) -> tuple[str, dict[str, Any]]:
        """Return the model's id, and which of its versions is asked."""
        raise NotImplementedError

    def predict(self, images: Any, *, top_k: int = 5, **options: Any) -> Predictions:
        """Return what it says of one image or many, in their order.

        Args:
            images: a path, bytes, an open file, a Pillow image, a NumPy array, or several.
            top_k: how many classes each answer has.
            options: others of `POST models/{id}/predict/`: `coverage`, `evidence`, `explain`,
                `alias`, …

        A file that is no image has an answer with `error`. Raises `Refused`, `CannotConnect`,
        `UnusableInput`.
        """
        return Predictions(self.predict_each(images, top_k=top_k, **options))

    def predict_each(self, images: Any, *, top_k: int = 5, **options: Any) -> Iterator[Prediction]:
        """Yield the same one by one, for more images than memory holds."""
        model, asked = self._asked()
        return predict(self.api, model, images, {**asked, "top_k": top_k, **options})

    def predict_together(self, images: Any, *, top_k: int = 5, **options: Any) -> Prediction:
        """Return one answer to up to 32 images of one thing."""
        model, asked = self._asked()
        return predict_together(self.api, model, images, {**asked, "top_k": top_k, **options})

    def predict_batch(
        self,
        source: str | Path | Dataset | DatasetVersion,
        *,
        wait: bool = True,
        progress: bool = True,
        **options: Any,
    ) -> BatchPrediction:
        """Have a job ask about many images: a zip, a folder, a dataset or a frozen version.

        `options` are others of `POST batch-predictions/`: `top_k`, `filter`, `split`, `images`,
        `encoding`. Raises `Refused`, `JobFailed`, `UnusableInput`.
        """
        model, asked = self._asked()
        body = {"model": model, **asked, **options}
        return self.client.start_batch(source, body, wait=wait, progress=progress)


class Model(_Answers):
    """A registered model: what is asked is its live version, unless another one is named."""

    collection = "models"
    shown = ("name", "organization", "aliases", "version_count", "id")

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data["name"])

    @property
    def aliases(self) -> dict[str, int]:
        """Alias → number of the version; `champion` is live."""
        return dict(self.data["aliases"])

    def versions(self) -> Iterator[ModelVersion]:
        """Yield its versions, newest first."""
        for row in self.api.pages(f"{self.path}versions/"):
            yield ModelVersion(self.client, row)

    def version(self, number: int | None = None) -> ModelVersion:
        """Return a version by its number, by default the live one; raises `UnusableInput`."""
        wanted = self.aliases.get("champion") if number is None else number
        numbers = []
        for version in self.versions():
            if version.number == wanted:
                return version
            numbers.append(version.number)
        if wanted is None:
            raise UnusableInput(f"No version of {self.name} is live.")
        known = ", ".join(map(str, reversed(numbers))) or "none"
        raise UnusableInput(f"{self.name} has no version {wanted}; its versions: {known}.")

    def set_alias(
        self, alias: str, version: int, *, reason: str = "", override: bool = False
    ) -> None:
        """Point an alias at a version; `champion` makes it live. Raises `GateRefused`."""
        body = {"version": version, "reason": reason, "override": override}
        self.api.put(f"{self.path}aliases/{alias}/", body)
        self.reload()

    def roll_back(self, reason: str = "") -> None:
        """Make live what was live before."""
        self.api.post(f"{self.path}rollback/", {"reason": reason} if reason else {})
        self.reload()

    def _asked(self) -> tuple[str, dict[str, Any]]:
        return self.id, {}


class ModelVersion(_Answers):
    """One version of a model: it never changes."""

    collection = "model-versions"
    shown = ("number", "model", "preset", "classes", "id")

    @property
    def number(self) -> int:
        """Its number in the model, from 1."""
        return int(self.data["number"])

    @property
    def class_names(self) -> list[str]:
        """The names of its classes, in their order."""
        return list(self.data["classes"])

    @property
    def model(self) -> Model:
        """The model that it is a version of."""
        return self.client.model(self.data["model"])

    def evaluate(
        self,
        dataset_version: DatasetVersion,
        *,
        split: str = "test",
        class_mapping: dict[str, Any] | None = None,
        wait: bool = True,
        progress: bool = True,
    ) -> EvaluationReport:
        """Measure it on a split of a dataset version; raises `Refused`, `JobFailed`."""
        body: dict[str, Any] = {"dataset_version": dataset_version.id, "split": split}
        if class_mapping is not None:
            body["class_mapping"] = class_mapping
        data = self.api.post(f"{self.path}evaluations/", body, starts_work=True)
        report = EvaluationReport(self.client, data)
        if wait:
            report.wait(progress=progress)
        return report

    def reports(self) -> Iterator[EvaluationReport]:
        """Yield the reports on it, newest first."""
        for row in self.api.pages(f"{self.path}evaluations/"):
            yield EvaluationReport(self.client, row)

    def report(self) -> EvaluationReport:
        """Return the newest report, measured; raises `UnusableInput` where there is none."""
        report = next(self.reports(), None)
        if report is None:
            raise UnusableInput(f"Version {self.number} was not evaluated yet.")
        if report.status != "succeeded":
            report.wait(progress=False)
        return report

    @property
    def file_names(self) -> list[str]:
        """The files that can be downloaded, by name."""
        return list(self.data.get("files", {}))

    def download(self, name: str, target: str | Path, *, confirmed: bool = False) -> Path:
        """Write a file of it (`model.onnx`, …) and return the file's path.

        `confirmed`: also one that does not answer as the served file does; else `Conflict`.
        """
        try:
            return self.api.download(f"{self.path}files/{name}/", target, **_confirmed(confirmed))
        except NotFound as error:
            known = ", ".join(self.file_names) or "none"
            raise UnusableInput(f"This version has no file {name}; its files: {known}.") from error

    def export(self, file_format: str, *, wait: bool = True, progress: bool = True) -> Export:
        """Have a file of another format made; raises `Refused`, `JobFailed`."""
        body = {"format": file_format}
        data = self.api.post(f"{self.path}exports/", body, starts_work=True)
        export = Export(self.client, data)
        if wait and export.status != "succeeded":
            export.wait(progress=progress)
        return export

    def exports(self) -> Iterator[Export]:
        """Yield the files that were made on request, newest first."""
        for row in self.api.pages(f"{self.path}exports/"):
            yield Export(self.client, row)

    def _asked(self) -> tuple[str, dict[str, Any]]:
        return str(self.data["model"]), {"version": self.number}


class Export(Worked):
    """A file of a model version that was made on request."""

    collection = "exports"
    shown = ("format", "status", "file", "parity", "id")

    @property
    def parity(self) -> dict[str, Any] | None:
        """How far its answers are from the served file's; None until it is there."""
        found: dict[str, Any] | None = self.data["parity"]
        return found

    def download(self, target: str | Path, *, confirmed: bool = False) -> Path:
        """Write the file and return its path; raises `UnusableInput` where it is not there.

        `confirmed`: also where it does not answer as the served file does; else `Conflict`.
        """
        if self.data["download_url"] is None:
            raise UnusableInput(f"There is no file yet: the export is {self.status}.")
        return self.api.download(self.data["download_url"], target, **_confirmed(confirmed))

    def _title(self) -> str:
        return f"Export {self.data['format']}"


def _confirmed(confirmed: bool) -> dict[str, str]:
    return {"confirmed": "true"} if confirmed else {}
