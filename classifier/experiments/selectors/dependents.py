"""What goes with an experiment when it is deleted, what stays, and what keeps it from going."""

from classifier.models import Experiment, ModelVersion
from classifier.registry.selectors.dependents import Dependents
from jobs.models import TERMINAL


def dependents_of_experiment(experiment: Experiment) -> Dependents:
    """Return what depends on an experiment: it stays as long as a version that its runs made."""
    bars = []
    under_way = experiment.members.filter(run__isnull=False).exclude(run__job__status__in=TERMINAL)
    if not experiment.job.is_terminal or under_way.exists():
        bars.append(f"{experiment.name} has not ended yet: cancel it first.")
    made = ModelVersion.objects.filter(training_run__member__experiment=experiment)
    if made.exists():
        bars.append(
            f"{made.count():,} of its runs made a model version, whose lineage must stay whole: "
            "delete the model first."
        )
    if experiment.model_version is not None:
        bars.append(
            f"{experiment.model_version} came of it, whose lineage and report must stay whole: "
            "delete the model first."
        )
    return Dependents(
        ["its result, its runs, their curves and logs"], ["the dataset version"], bars
    )
