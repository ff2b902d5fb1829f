"""What models think of images that they had not learned from, and who goes by it."""

import numpy as np
import pytest

from datasets.models import OutOfFold, QualityItem, QualityReport
from datasets.selectors.out_of_fold import out_of_fold_of
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.quality.out_of_fold import keep_out_of_fold
from jobs.models import Job, Status
from tests import factories
from tests.datasets.conftest import run_job

assert run_job

pytestmark = pytest.mark.django_db


def test_label_errors_go_by_the_answers_of_a_cross_validation(user, run_job):
    dataset = factories.make_dataset(user=user)
    cats = factories.make_images(dataset, "cat", 12)
    dogs = factories.make_images(dataset, "dog", 12)
    # Their pictures are of one colour each and say nothing of the class.
    job = Job.objects.filter(kind="check_quality").first()
    if job is None:
        start_quality_check(user=user, dataset=dataset, asked=True)
        job = Job.objects.get(kind="check_quality")
    assert run_job(job).status == Status.SUCCEEDED, job.error
    factories.make_vectors(dataset)
    images = [*cats, *dogs]
    truth = np.array([0] * 11 + [1] * 13)
    answers = np.where(np.eye(2)[truth] > 0, 0.95, 0.05)
    for _ in range(2):
        keep_out_of_fold(
            dataset=dataset,
            title="A preset in a cross-validation of 5 folds",
            class_names=["cat", "dog"],
            contents=[image.sha256 for image in images[:23]],
            probabilities=answers[:23],
        )
    assert OutOfFold.objects.count() == 1
    classes = {image.class_label_id: name for image, name in ((dogs[0], "dog"), (cats[0], "cat"))}
    heard = out_of_fold_of(dataset, [image.pk for image in images], classes)
    assert heard.probabilities[0].tolist() == pytest.approx([0.05, 0.95], abs=1e-3)
    assert np.isnan(heard.probabilities[23]).all()
    start_quality_check(user=user, dataset=dataset, asked=True)
    again = Job.objects.filter(kind="check_quality").exclude(pk=job.pk).latest("created_at")
    assert run_job(again).status == Status.SUCCEEDED, again.error
    report = QualityItem.objects.filter(report=dataset.pk, kind="label_error")
    assert [member.image_id for item in report for member in item.members.all()] == [cats[11].pk]
    said = " ".join(QualityReport.objects.get(dataset=dataset).unchecked)
    assert "did not judge 23 images: A preset in a cross-validation of 5 folds did" in said
