"""One person's way into one Loupe."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from loupe.api import PATIENCE_SECONDS, Api
from loupe.batches import BatchPrediction
from loupe.datasets import Dataset, DatasetVersion, Import
from loupe.errors import NotSignedIn, UnusableInput
from loupe.files import SignIns
from loupe.jobs import Job, jobs_of
from loupe.models import Model, ModelVersion
from loupe.training import EvaluationReport, TrainingRun
from loupe.uploads import uploaded

Named = TypeVar("Named", Dataset, Model)


class Loupe:
    """What a person may do in one Loupe, by one token.

    `api` has the plain calls, for all that has no method here. Safe to use from several threads.
    """

    def __init__(self, api: Api) -> None:
        self.api = api

    def __repr__(self) -> str:
        return f"<Loupe {self.api.url}>"

    def __enter__(self) -> Loupe:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    def me(self) -> dict[str, Any]:
        """Return who the token acts for: {username, organizations}."""
        return dict(self.api.get("me/"))

    # Datasets

    def create_dataset(
        self, name: str, *, description: str = "", organization: str | None = None
    ) -> Dataset:
        """Create a dataset, in the personal organization where no slug names another."""
        body = {"name": name, "description": description}
        if organization is not None:
            body["organization"] = organization
        return Dataset(self, self.api.post("datasets/", body))

    def datasets(self) -> Iterator[Dataset]:
        """Yield the datasets that the person may see, newest first."""
        for row in self.api.pages("datasets/"):
            yield Dataset(self, row)

    def dataset(self, name_or_id: str) -> Dataset:
        """Return a dataset by its id or its name; raises `UnusableInput` for none, or several."""
        return self._by_id(Dataset, name_or_id) or _one(name_or_id, self.datasets(), "dataset")

    def dataset_version(self, version_id: str) -> DatasetVersion:
        """Return a frozen version by its id."""
        return DatasetVersion(self, self.api.get(f"dataset-versions/{version_id}/"))

    def import_(self, import_id: str) -> Import:
        """Return an import by its id."""
        return Import(self, self.api.get(f"imports/{import_id}/"))

    # Training

    def presets(self) -> list[dict[str, Any]]:
        """Return the training recipes: {name, title, description, kind, defaults, …}."""
        return list(self.api.get("presets/"))

    def train(
        self,
        dataset_version: DatasetVersion,
        preset: str,
        *,
        config: dict[str, Any] | None = None,
        name: str | None = None,
        model: Model | None = None,
        time_limit_seconds: int | None = None,
        wait: bool = True,
        progress: bool = True,
    ) -> TrainingRun:
        """Start a training run; `DatasetVersion.train` says more."""
        body: dict[str, Any] = {
            "dataset_version": dataset_version.id,
            "preset": preset,
            "config": config or {},
            "name": name or "",
            "model": None if model is None else model.id,
        }
        if time_limit_seconds is not None:
            body["time_limit_seconds"] = time_limit_seconds
        run = TrainingRun(self, self.api.post("training-runs/", body, starts_work=True))
        if wait:
            run.wait(progress=progress)
        return run

    def training_runs(self, **filters: Any) -> Iterator[TrainingRun]:
        """Yield runs, newest first; `status`, `preset`, `dataset`, `model` filter them."""
        for row in self.api.pages("training-runs/", **filters):
            yield TrainingRun(self, row)

    def training_run(self, run_id: str) -> TrainingRun:
        """Return a run by its id."""
        return TrainingRun(self, self.api.get(f"training-runs/{run_id}/"))

    def evaluation(self, report_id: str) -> EvaluationReport:
        """Return a report by its id."""
        return EvaluationReport(self, self.api.get(f"evaluations/{report_id}/"))

    # Models

    def models(self, **filters: Any) -> Iterator[Model]:
        """Yield models, also the built-in ones; `name`, `organization`, `tag` filter them."""
        for row in self.api.pages("models/", **filters):
            yield Model(self, row)

    def model(self, name_or_id: str) -> Model:
        """Return a model by its id or its name; raises `UnusableInput` for none, or several."""
        return self._by_id(Model, name_or_id) or _one(name_or_id, self.models(), "model")

    def model_version(self, version_id: str) -> ModelVersion:
        """Return a version by its id."""
        return ModelVersion(self, self.api.get(f"model-versions/{version_id}/"))

    # Many images

    def start_batch(
        self,
        source: str | Path | Dataset | DatasetVersion,
        body: dict[str, Any],
        *,
        wait: bool = True,
        progress: bool = True,
    ) -> BatchPrediction:
        """Start a batch prediction; `Model.predict_batch` says more."""
        if isinstance(source, Dataset):
            data = self._batch({**body, "dataset": source.id})
        elif isinstance(source, DatasetVersion):
            data = self._batch({**body, "dataset_version": source.id})
        else:
            with uploaded(self.api, source, progress=progress) as upload_id:
                data = self._batch({**body, "upload": upload_id})
        batch = BatchPrediction(self, data)
        if wait:
            batch.wait(progress=progress)
        return batch

    def batch_predictions(self) -> Iterator[BatchPrediction]:
        """Yield batches, newest first."""
        for row in self.api.pages("batch-predictions/"):
            yield BatchPrediction(self, row)

    def batch_prediction(self, batch_id: str) -> BatchPrediction:
        """Return a batch by its id."""
        return BatchPrediction(self, self.api.get(f"batch-predictions/{batch_id}/"))

    # Jobs

    def jobs(self, **filters: Any) -> Iterator[Job]:
        """Yield background work, newest first; `kind`, `status`, `organization` filter it."""
        return jobs_of(self, **filters)

    def job(self, job_id: str) -> Job:
        """Return a job by its id."""
        return Job(self, self.api.get(f"jobs/{job_id}/"))

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self.api.post("batch-predictions/", body, starts_work=True))

    def _by_id(self, kind: type[Named], text: str) -> Named | None:
        if not _is_uuid(text):
            return None
        return kind(self, self.api.get(f"{kind.collection}/{text}/"))


def connect(
    url: str | None = None, token: str | None = None, *, patience: float = PATIENCE_SECONDS
) -> Loupe:
    """Return a way into a Loupe.

    What is not given comes from the environment (`LOUPE_URL`, `LOUPE_TOKEN`), else from the last
    `loupe login` on this machine. Nothing is sent yet: a wrong token is refused by the first call.

    Args:
        url: like "https://loupe.example.org".
        token: an API token. Make one under Account → API tokens, or by `loupe login`.
        patience: for how many seconds a call waits for a server that is busy or does not answer.

    Raises:
        NotSignedIn: there is no address or no token.
    """
    sign_ins = SignIns()
    url = url or os.environ.get("LOUPE_URL") or sign_ins.last()
    if not url:
        raise NotSignedIn("Which Loupe? Give its address, set LOUPE_URL, or run `loupe login URL`.")
    api = Api(url, patience=patience)
    token = token or os.environ.get("LOUPE_TOKEN") or sign_ins.of(api.url).get("token")
    api.close()
    if not token:
        raise NotSignedIn(
            f"There is no token for {api.url}. Run `loupe login {api.url}`, or set LOUPE_TOKEN."
        )
    return Loupe(Api(url, token, patience=patience))


def sign_in(
    url: str,
    username: str,
    password: str,
    *,
    name: str = "loupe-python",
    expires_in_days: int = 1,
) -> Loupe:
    """Return a way into a Loupe by a new token, which a password pays for.

    For scripts that have a password and no token; the token is called `name`. An account with a
    second factor is refused (`Forbidden`): `loupe login` asks its owner in the browser.
    """
    api = Api(url)
    basic = base64.b64encode(f"{username}:{password}".encode()).decode()
    made = api.post(
        "auth/tokens/",
        {"name": name, "expires_in_days": expires_in_days},
        headers={"Authorization": f"Basic {basic}"},
    )
    api.close()
    return Loupe(Api(url, made["token"]))


def _is_uuid(text: str) -> bool:
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        part.isalnum() and part.isascii() for part in parts
    )


def _one(name: str, found: Iterator[Named], what: str) -> Named:
    """Return the one thing with a name; several are named by their ids."""
    named = [each for each in found if each.data["name"] == name]
    if len(named) == 1:
        return named[0]
    if not named:
        raise UnusableInput(f"You see no {what} with the name {name!r}.")
    ids = ", ".join(each.id for each in named)
    raise UnusableInput(f"{len(named)} {what}s are called {name!r}. Take one by its id: {ids}.")
