"""Datasets, what comes into them, and their frozen versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loupe.errors import JobFailed, NeedsConfirmation, UnusableInput
from loupe.jobs import Event, Worked
from loupe.resources import Resource
from loupe.uploads import uploaded

if TYPE_CHECKING:
    from loupe.models import Model
    from loupe.training import TrainingRun

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


class Dataset(Resource):
    """A named, growing collection of images and classes."""

    collection = "datasets"
    shown = ("name", "organization", "image_count", "id")

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data["name"])

    @property
    def image_count(self) -> int:
        """How many images it had when it was read."""
        return int(self.data["image_count"])

    @property
    def class_names(self) -> list[str]:
        """The names of its classes, in their order."""
        return [each["name"] for each in self.data["classes"]]

    def import_images(
        self,
        source: str | Path,
        *,
        layout: str | None = None,
        encoding: str | None = None,
        duplicates: str = "skip",
        wait: bool = True,
        progress: bool = True,
    ) -> Import:
        """Upload a zip, or a folder (which is packed), and have its images imported.

        An upload that is cut off goes on by itself; after an end of the program it goes on when
        the same is imported again.

        Args:
            source: a zip or a folder: `class/file`, `train/class/file`, or with a `labels.csv`.
            layout: how it is to be read; without it `NeedsConfirmation` asks where that is not
                clear.
            encoding: the code page of names (and a `labels.csv`) that are not in UTF-8, such as
                "cp932".
            duplicates: "skip" or "keep" images that the dataset has already.
            wait: wait until the images are in it; else return at once, after the upload.
            progress: draw bars, where a person can see them.

        Raises:
            UnusableInput: there is no such file, or it is empty.
            Refused: the archive is none, too large, or not allowed.
            NeedsConfirmation: it can be read in several ways.
            JobFailed: the import has failed.
        """
        with uploaded(self.api, source, progress=progress) as upload_id:
            started = self.import_upload(
                upload_id, layout=layout, encoding=encoding, duplicates=duplicates
            )
        if wait:
            started.wait(progress=progress)
        return started

    def import_upload(
        self,
        upload_id: str,
        *,
        layout: str | None = None,
        encoding: str | None = None,
        duplicates: str = "skip",
    ) -> Import:
        """Have an upload imported, and return at once."""
        body: dict[str, Any] = {"upload": upload_id, "duplicates": duplicates}
        if layout is not None:
            body["layout"] = layout
        if encoding is not None:
            body["encoding"] = encoding
        return Import(self.client, self.api.post(f"{self.path}imports/", body, starts_work=True))

    def imports(self) -> Iterator[Import]:
        """Yield what was imported, newest first."""
        for row in self.api.pages(f"{self.path}imports/"):
            yield Import(self.client, row)

    def images(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield images: `class_name`, `split`, `annotated`, `issue`, `q` filter them."""
        return self.api.pages(f"{self.path}images/", page_size=500, **filters)

    def annotate(self, labels: dict[str, str | None]) -> int:
        """Give images (by id) their classes; None takes a class away. Return how many changed."""
        rows = [{"image": image, "class_name": name} for image, name in labels.items()]
        return int(self.api.post(f"{self.path}annotations/", {"annotations": rows})["updated"])

    def freeze(
        self,
        *,
        strategy: str = "stratified",
        train: float | None = None,
        validation: float | None = None,
        test: float | None = None,
        seed: int = 0,
        note: str = "",
    ) -> DatasetVersion:
        """Freeze a version: 80 % train, 10 % validation, 10 % test where nothing else is said.

        `strategy` is "stratified", "grouped" (copies and look-alikes never straddle splits) or
        "folder" (the archive's own splits, which takes no shares). Raises `Refused`.
        """
        given = {"train": train, "validation": validation, "test": test}
        split: dict[str, Any] = {"strategy": strategy}
        if strategy == "folder":
            split |= {name: share for name, share in given.items() if share is not None}
        else:
            split |= {"seed": seed, **_shares(given)}
        data = self.api.post(f"{self.path}versions/", {"split": split, "note": note})
        return DatasetVersion(self.client, data)

    def versions(self) -> Iterator[DatasetVersion]:
        """Yield its frozen versions, newest first."""
        for row in self.api.pages(f"{self.path}versions/"):
            yield DatasetVersion(self.client, row)

    def version(self, number: int | None = None) -> DatasetVersion:
        """Return a version by its number, by default the newest; raises `UnusableInput`."""
        numbers = []
        for version in self.versions():
            if number is None or version.number == number:
                return version
            numbers.append(version.number)
        known = ", ".join(map(str, reversed(numbers))) or "none: freeze one first"
        raise UnusableInput(f"{self.name} has no version {number or ''}; its versions: {known}.")

    def delete(self) -> None:
        """Move it to the trash, where it stays for 30 days."""
        self.api.delete(self.path)


class Import(Worked):
    """An archive on its way into a dataset."""

    collection = "imports"
    shown = ("archive_name", "status", "layout", "id")

    @property
    def counts(self) -> dict[str, int]:
        """How many files: files, images_added, duplicates, skipped, rejected; empty before."""
        result = self.job.result or {}
        return {name: value for name, value in result.items() if isinstance(value, int)}

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the files that were not added as new images: {name, outcome, code, detail}."""
        return self.api.pages(f"{self.path}items/", page_size=500)

    def confirm(
        self,
        layout: str,
        *,
        class_mapping: dict[str, str] | None = None,
        encoding: str = "",
        wait: bool = True,
        progress: bool = True,
    ) -> None:
        """Say how an archive is meant that can be read in several ways; no second upload.

        `layout` and `encoding` are those of one of its `readings`.
        """
        body = {"layout": layout, "class_mapping": class_mapping or {}, "encoding": encoding}
        self.data = self.api.post(f"{self.path}confirm/", body, starts_work=True)
        if wait:
            self.wait(progress=progress)

    def wait(
        self,
        *,
        timeout: float | None = None,
        progress: bool = True,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Wait until its images are in the dataset; raises `NeedsConfirmation`, `JobFailed`."""
        try:
            super().wait(timeout=timeout, progress=progress, on_event=on_event)
        except JobFailed as error:
            if error.code == "needs_confirmation":
                raise NeedsConfirmation(error.job, self.data["readings"], self.id) from error
            raise

    def _title(self) -> str:
        return "Import"


class DatasetVersion(Resource):
    """An immutable snapshot of a dataset, divided into splits."""

    collection = "dataset-versions"
    shown = ("number", "dataset", "digest", "classes", "sample_counts", "id")

    @property
    def number(self) -> int:
        """Its number in the dataset, from 1."""
        return int(self.data["number"])

    @property
    def class_names(self) -> list[str]:
        """The names of its classes, in their order."""
        return list(self.data["classes"])

    def train(
        self,
        preset: str,
        *,
        config: dict[str, Any] | None = None,
        name: str | None = None,
        model: Model | None = None,
        time_limit_seconds: int | None = None,
        wait: bool = True,
        progress: bool = True,
    ) -> TrainingRun:
        """Train a model on it; with `wait` return when the model has its report on the test split.

        Args:
            preset: the name of a recipe (`client.presets()`).
            config: settings that differ from the recipe's.
            name: of the run.
            model: the model that the new version joins; by default a new one.
            time_limit_seconds: then training ends with its best epoch.
            wait: wait for the end; else return at once.
            progress: draw a bar, where a person can see one.

        Raises:
            Refused: a setting is not understood, or a quota is used up.
            JobFailed: the training has failed.
        """
        return self.client.train(
            self,
            preset,
            config=config,
            name=name,
            model=model,
            time_limit_seconds=time_limit_seconds,
            wait=wait,
            progress=progress,
        )

    def samples(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield its images as they were frozen: {image, name, class_name, split, …}."""
        return self.api.pages(f"{self.path}samples/", page_size=500, **filters)

    def download(self, target: str | Path) -> Path:
        """Write it as a zip (`split/class/file`) and return the file's path."""
        return self.api.download(f"{self.path}archive/", target)


def _shares(given: dict[str, float | None]) -> dict[str, float]:
    """Return the three shares; two of them give the third."""
    known = {name: share for name, share in given.items() if share is not None}
    if not known:
        return dict(SHARES)
    if len(known) == 2:
        missing = next(name for name in SHARES if name not in known)
        known[missing] = round(1 - sum(known.values()), 9)
    if len(known) < 3:
        raise UnusableInput("Say two or all three of train, validation and test.")
    return known
