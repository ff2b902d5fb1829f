"""An ensemble by real workers: one is killed, one version is left, and it answers predictions."""

import io

import pytest
from PIL import Image as Picture

from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import joined
from classifier.models import EvaluationReport, Experiment, ModelVersion
from common.pixels import read_pixels
from datasets.services.versions.freeze import freeze
from jobs.models import Job
from tests import factories
from tests.classifier.conftest import COLORS, make_colors
from tests.classifier.training.worker import SECONDS, finish, kill_trainer, sign_in
from tests.conftest import wait_until


@pytest.mark.slow
def test_a_killed_ensemble_leaves_one_version_that_answers(stack):
    user = factories.make_user()
    session = sign_in(stack, user)
    version = freeze(user=user, dataset=make_colors(user, per_class=60))

    def started(**asked):
        sent = {"kind": "ensemble", "dataset_version": str(version.pk), **asked}
        answer = session.post(f"{stack.url}/api/v1/experiments/", json=sent, timeout=30)
        assert answer.status_code == 202, answer.text
        return Experiment.objects.select_related("job").get(pk=answer.json()["id"])

    bagged = [
        started(method="bagging", preset="random_forest", count=6, config=config)
        for config in ({"input": "pixels", "side": 32}, {"input": "colours", "side": 48})
    ]

    def at_work():
        message = Job.objects.get(pk=bagged[0].job_id).progress.get("message", "")
        return message.startswith(("Member 2", "Member 3", "Member 4"))

    wait_until(at_work, SECONDS, lambda: stack.log("io"))
    kill_trainer(bagged[0].job)
    for each in bagged:
        finish(stack, each)
    assert bagged[0].job.attempts == 2
    made = [Experiment.objects.get(pk=each.pk).model_version for each in bagged]
    assert ModelVersion.objects.filter(preset="ensemble").count() == 2
    assert EvaluationReport.objects.filter(model_version__in=made).count() == 2

    # Of squares of several sizes: what is served sees what each member sees by itself.
    both = started(method="average", members=[str(each.pk) for each in made])
    finish(stack, both)
    ensemble = Experiment.objects.select_related("model_version__model").get(pk=both.pk)
    served = ensemble.model_version
    predictor = Predictor.load(served.served_path, served.served_file["sha256"])
    assert [view.size for view in predictor.views] == [32, 48]
    stream = io.BytesIO()
    Picture.new("RGB", (90, 40), COLORS["red"]).save(stream, "JPEG")
    seen = [read_pixels(stream.getvalue(), *view)[None] for view in predictor.views]
    answer = session.post(
        f"{stack.url}/api/v1/models/{served.model_id}/predict/",
        files={"images": ("red.jpg", stream.getvalue())},
        data={"version": str(served.number)},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    classes = answer.json()["predictions"][0]["classes"]
    expected = dict(
        zip(predictor.class_names, predictor.predict(joined(seen))[0].tolist(), strict=True)
    )
    assert classes[0]["class_name"] == "red"
    assert {each["class_name"]: each["probability"] for each in classes} == pytest.approx(
        expected, abs=1e-5
    )
