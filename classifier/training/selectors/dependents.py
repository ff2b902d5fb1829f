"""What goes with a run when it is deleted, what stays, and what keeps it from going."""

from classifier.models import TrainingRun
from classifier.registry.selectors.dependents import Dependents


def dependents_of_run(run: TrainingRun) -> Dependents:
    """Return what depends on a run: it stays as long as a version that it made."""
    bars = []
    if not run.job.is_terminal:
        bars.append(f"{run.name} has not ended yet: cancel it first.")
    member = getattr(run, "member", None)
    if member is not None:
        bars.append(f"It is part of the experiment {member.experiment}: delete that.")
    version = run.registered_version
    if version is not None:
        bars.append(
            f"{version} was made by it, and its lineage must stay whole: archive the run instead, "
            "or delete the model."
        )
    return Dependents(["its curves, its log and its checkpoint"], ["the dataset version"], bars)
