"""The jobs of experiments, one kind for each kind of experiment."""

from jobs.kinds import Kind, Limit, Needs, Page, Queue


def experiment_job(
    name: str, title: str, plural: str, most_open: int = 5, max_attempts: int = 3
) -> Kind:
    """Return the kind of job that leads an experiment; `name` is the experiment's kind.

    It fits on vectors itself, or queues member runs and waits for them in no worker's hands.
    """
    return Kind(
        name=name,
        title=title,
        queue=Queue.IO,
        max_attempts=max_attempts,
        needs=Needs(
            preload=("classifier.engine.fit.training", "classifier.engine.measure.evaluation")
        ),
        resumable=True,
        limit=Limit(plural, most_open),
        page=Page("Experiment", "classifier:experiment", "experiment"),
    )


AUTO = experiment_job("auto", "Auto", "searches for a good model", most_open=2)
CROSS_VALIDATION = experiment_job("cross_validation", "Cross-validation", "cross-validations")
ENSEMBLE = experiment_job("ensemble", "Ensemble", "ensembles")
LEARNING_CURVE = experiment_job("learning_curve", "Learning curve", "learning curves")
# It takes hours, no attempt begins again at the start, and none tries a trial a fourth time.
SEARCH = experiment_job("search", "Search", "searches", max_attempts=10)

EXPERIMENT_JOBS = (AUTO, CROSS_VALIDATION, ENSEMBLE, LEARNING_CURVE, SEARCH)
