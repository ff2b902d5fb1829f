"""What a report says of the instant model: fitted on train, asked about the same images."""

import pytest

from classifier.evaluation.work.instant_baseline import instant_baseline
from datasets.models import Sample, Split, Vector
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.instant.made import WIDTH, add_images

pytestmark = pytest.mark.django_db


def test_the_instant_model_is_fitted_on_train_and_asked_about_the_whole_split(user):
    dataset = factories.make_dataset(user=user)
    add_images(dataset, "cat", 20, labelled=True)
    add_images(dataset, "dog", 20, labelled=True)
    version = freeze(user=user, dataset=dataset)
    assert instant_baseline(version, Split.TEST) is None
    dataset.space = factories.make_space(width=WIDTH)
    dataset.save(update_fields=["space"])
    version.refresh_from_db()
    found = instant_baseline(version, Split.TEST)
    taught = sum(version.sample_counts["train"].values())
    assert (found.accuracy, found.learned_from) == (1.0, taught)
    assert found.embedding == dataset.space.name
    assert instant_baseline(version, Split.TRAIN) is None
    tested = Sample.objects.filter(version=version, split=Split.TEST).first()
    Vector.objects.filter(sha256=tested.sha256).delete()
    assert instant_baseline(version, Split.TEST) is None
