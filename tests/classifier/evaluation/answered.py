"""A report on images that are there, with the answers that a test wants."""

import numpy as np

from classifier.engine.measure.answers import pack
from classifier.engine.measure.evaluation import evaluate
from classifier.models import EvaluationReport, ReportAnswers
from datasets.models import Split
from datasets.selectors.versions import samples_of
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.trained import end_job

CLASSES = ("cat", "dog", "fox")


def make_answered(user, classes=CLASSES, per_class=4, *, make=None, wrong=(), mapping=None):
    """A report on a test split with `per_class` images of each class.

    All answers are right, at 0.9; `wrong` has (true, predicted, probability): the first images of
    the true class, in the split's order, get these. `make` makes the model version of a dataset
    version, by default a row alone; `mapping` says which of its classes those of the dataset are.
    """
    dataset = factories.make_dataset(user=user)
    for name in classes:
        for split, count, start in (
            ("test", per_class, 0),
            ("train", 3, 50),
            ("validation", 1, 60),
        ):
            factories.make_images(dataset, name, count, split=split, start=start)
    version = freeze(user=user, dataset=dataset, strategy="folder")
    if make is None:
        run = factories.make_run(user, version, config={"epochs": 7})
        model_version = factories.make_model_version(run)
        end_job(run.job)
    else:
        model_version = make(version)
    names = version.class_names
    truth = np.array([index for _, index in samples_of(version, Split.TEST)])
    said, sure = truth.copy(), np.full(len(truth), 0.9)
    left = {name: np.flatnonzero(truth == names.index(name)).tolist() for name in names}
    for true, predicted, probability in wrong:
        at = left[true].pop(0)
        said[at], sure[at] = names.index(predicted), probability
    probabilities = np.tile(((1 - sure) / (len(names) - 1))[:, None], (1, len(names)))
    probabilities[np.arange(len(truth)), said] = sure
    run = model_version.training_run
    report = EvaluationReport.objects.create(
        organization=run.organization, model_version=model_version, dataset_version=version,
        split=Split.TEST, job=run.job, class_mapping=mapping or {},
        metrics=evaluate(probabilities, truth, names).to_json(),
    )  # fmt: skip
    answers = vars(pack(probabilities, truth))
    ReportAnswers.objects.create(report=report, samples_digest="same", **answers)
    return report
