"""The decision of a registered version, measured without a worker."""

import tempfile
from pathlib import Path

import numpy as np
from django.db import transaction

from accounts.models import User
from classifier.engine.files import facts_of
from classifier.engine.measure.decision import Wish
from classifier.engine.measure.decision_answers import gathered
from classifier.engine.runtime.decider import distances, unit_rows
from classifier.engine.runtime.predictor import Predictor
from classifier.models import Decision, ModelVersion
from classifier.registry.services.decision import Measured, set_decision, store_measured
from tests.classifier.trained import end_job

EACH = 60


@transaction.atomic
def make_decision(user: User, version: ModelVersion, wish: Wish) -> Decision:
    """Measure a version of colours on squares of them: what it learned from, a little lighter."""
    row = set_decision(user=user, version=version, wish=wish)
    predictor = Predictor.load(version.served_path)
    classes = len(version.class_names)
    images = np.zeros((classes * EACH, *predictor.views[0].shape), np.uint8)
    truth = np.repeat(np.arange(classes), EACH)
    for number, image in enumerate(images):
        # Blue, green and red stand so in the alphabet.
        image[:, :] = 20 + number % EACH // 4
        image[:, :, 2 - truth[number]] = 190 + number % EACH
    answers, vectors = predictor.predict_with_vectors(images)
    references = unit_rows(vectors[::2])
    contents = [image.sha256 for image in version.dataset_version.dataset.images.order_by("id")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "references.npy"
        np.save(path, references)
        measured = Measured(
            answers=gathered(answers, truth, distances(vectors[1::2].repeat(2, 0), references)),
            starts=[number * EACH // 2 for number in range(classes + 1)],
            contents=b"".join(map(bytes.fromhex, contents)).ljust(32 * len(references), b"\0"),
            path=path,
            facts=facts_of(path),
        )
        row = store_measured(version=version, measured=measured)
    end_job(row.job)
    return Decision.objects.get(pk=row.pk)
