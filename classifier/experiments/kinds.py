"""The jobs of experiments, one kind for each kind of experiment."""

from jobs.kinds import Kind, Needs, Page, Queue


def experiment_job(name: str, title: str) -> Kind:
    """Return the kind of job that leads an experiment; `name` is the experiment's kind.

    It fits on vectors itself, or queues member runs and waits for them in no worker's hands.
    """
    return Kind(
        name=name,
        title=title,
        queue=Queue.IO,
        needs=Needs(
            preload=("classifier.engine.fit.training", "classifier.engine.measure.evaluation")
        ),
        resumable=True,
        page=Page("Experiment", "classifier:experiment", "experiment"),
    )


CROSS_VALIDATION = experiment_job("cross_validation", "Cross-validation")
LEARNING_CURVE = experiment_job("learning_curve", "Learning curve")

EXPERIMENT_JOBS = (CROSS_VALIDATION, LEARNING_CURVE)
