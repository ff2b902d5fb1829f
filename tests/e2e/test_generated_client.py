"""A client that is generated from the OpenAPI schema does the main job."""

import base64
import importlib
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image as Picture

from tests import factories
from tests.classifier.conftest import COLORS
from tests.conftest import wait_until
from tests.datasets.conftest import zipped
from tests.servers import REPOSITORY_DIR

CONFIG = REPOSITORY_DIR / "docs" / "openapi-python-client.yaml"


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The generated package; neither the schema nor the generator has a warning."""
    folder = tmp_path_factory.mktemp("generated")
    schema, package = folder / "schema.json", folder / "loupe_client"
    call_command(
        "spectacular", format="openapi-json", file=str(schema), validate=True, fail_on_warn=True
    )
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    options = ["--path", schema, "--config", CONFIG, "--meta", "none", "--output-path", package]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arning" not in done.stdout + done.stderr
    return package


@pytest.fixture
def generated(package, monkeypatch) -> Callable[[str], ModuleType]:
    """Imports a module of the generated package."""
    monkeypatch.syspath_prepend(package.parent)
    return lambda name: importlib.import_module(f"{package.name}.{name}")


class Caller:
    """Calls operations of the generated package with one client."""

    def __init__(self, generated: Callable[[str], ModuleType], client: Any) -> None:
        self._generated, self._client = generated, client

    def __call__(self, operation: str, status: int, **arguments: Any) -> Any:
        """Return the parsed answer to `section.operation`, which must have this status."""
        call = self._generated(f"api.{operation}").sync_detailed
        answer = call(client=self._client, **arguments)
        assert answer.status_code == status, answer.content
        return answer.parsed

    def wait(self, job: Any) -> Any:
        """Return the job when it has succeeded."""
        statuses = self._generated("models").JobStatusEnum
        over = {statuses.SUCCEEDED, statuses.FAILED, statuses.CANCELLED}
        seen = [job]

        def ended() -> bool:
            seen.append(self("jobs.jobs_retrieve", 200, id=job.id))
            return seen[-1].status in over

        wait_until(ended, 200)
        assert seen[-1].status == statuses.SUCCEEDED, seen[-1].error
        return seen[-1]


def picture(color: str, shade: int = 0) -> bytes:
    stream = io.BytesIO()
    tint = tuple(max(0, part - shade) for part in COLORS[color])
    Picture.new("RGB", (16 + shade, 16), tint).save(stream, "PNG")
    return stream.getvalue()


def test_a_generated_client_does_the_main_job(stack, generated):
    models, file = generated("models"), generated("types").File
    person = factories.make_user()
    client = generated("client").AuthenticatedClient
    basic = base64.b64encode(f"{person.username}:{factories.PASSWORD}".encode()).decode()
    signing_in = Caller(generated, client(stack.url, token=basic, prefix="Basic"))
    made = signing_in(
        "auth.auth_tokens_create",
        201,
        body=models.TokenInputRequest(
            name="client",
            scopes=[models.ScopesEnum(scope) for scope in ("read", "write", "predict")],
        ),
    )
    call = Caller(generated, client(stack.url, token=made.token))
    assert call("me.me_retrieve", 200).username == person.username

    dataset = call("datasets.datasets_create", 201, body=models.DatasetInputRequest("Colours"))
    content = zipped({f"{c}/{n}.png": picture(c, n) for c in COLORS for n in range(10)})
    archive = file(io.BytesIO(content), "colours.zip", "application/zip")
    imported = call(
        "datasets.datasets_imports_create",
        202,
        dataset_id=dataset.id,
        body=models.ImportInputRequest(archive),
        idempotency_key="import",
    )
    result = call.wait(imported.job).result
    assert (result.type_, result["images_added"]) == ("import", 20)

    version = call(
        "datasets.datasets_versions_create",
        201,
        dataset_id=dataset.id,
        body=models.DatasetVersionInputRequest(
            models.SplitInputRequest(
                models.StrategyEnum.STRATIFIED, train=0.6, validation=0.2, test=0.2
            )
        ),
    )
    assert version.classes == sorted(COLORS)
    assert version.sample_counts["train"]["red"] == 6

    config = models.TrainingRunInputRequestConfig.from_dict(
        {"epochs": 1, "batch_size": 8, "augmentation": "none", "deterministic": False}
    )
    run = call(
        "training_runs.training_runs_create",
        202,
        body=models.TrainingRunInputRequest(version.id, models.PresetEnum.CNN_TINY, config),
    )
    call.wait(run.job)
    run = call("training_runs.training_runs_retrieve", 200, run_id=run.id)
    epochs = call("training_runs.training_runs_epochs_list", 200, run_id=run.id)
    assert [epoch.epoch for epoch in epochs] == [1]

    reports = call(
        "model_versions.model_versions_evaluations_list", 200, version_id=run.model_version
    )
    [report] = reports.results
    assert (reports.next_, report.sample_count) == (None, 4)
    assert 0 <= report.accuracy_interval[0] <= report.accuracy <= report.accuracy_interval[1] <= 1
    assert report.confusion_matrix.class_names == version.classes

    answer = call(
        "models.models_predict_create",
        200,
        model_id=run.model,
        body=models.MultipartPredictInputRequest(
            [file(io.BytesIO(picture("red")), "red.png", "image/png")], version=1
        ),
    )
    [entry] = answer.predictions
    assert (answer.model, entry.status) == (run.model, 200)
    assert sum(each.probability for each in entry.classes) == pytest.approx(1, abs=1e-3)

    refused = call("models.models_retrieve", 404, model_id=dataset.id)
    assert isinstance(refused, models.Problem)
    assert refused.code == "not_found"
