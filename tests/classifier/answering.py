"""A report of a model that answers what a test says, to the images that are there."""

import numpy as np

from classifier.engine.measure.answers import pack
from classifier.engine.measure.evaluation import evaluate
from classifier.models import EvaluationReport, ReportAnswers
from datasets.models import Split
from datasets.selectors.slices import sample_slices
from datasets.selectors.versions import samples_of
from jobs.models import Job


def answered(version, model_version, predicted, seen=0) -> EvaluationReport:
    """A finished report of a model that answers these class indices to the test images."""
    classes = len(version.class_names)
    truth = [index for _, index in samples_of(version, Split.TEST)]
    scores = np.eye(classes)[predicted] * 0.7 + 0.3 / classes
    columns = sample_slices(version, Split.TEST)
    figures = evaluate(scores, truth, version.class_names, columns=columns, seen_in_training=seen)
    organization = version.dataset.organization
    report = EvaluationReport.objects.create(
        organization=organization, model_version=model_version, dataset_version=version,
        split=Split.TEST, metrics=figures.to_json(),
        job=Job.objects.create(
            kind="evaluate", queue="io", organization=organization, title="Evaluation"
        ),
    )  # fmt: skip
    ReportAnswers.objects.create(report=report, samples_digest="same", **vars(pack(scores, truth)))
    return report
