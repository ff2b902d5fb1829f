"""Write down what Auto has tried, and have the best registered."""

from collections.abc import Mapping
from typing import Any

from classifier.experiments.services.members import keep_model, queue_member_run
from classifier.models import Experiment, ExperimentMember


def keep_candidate(
    *, experiment: Experiment, number: int, asked: Mapping[str, Any], figures: Mapping[str, Any]
) -> None:
    """Store what came of a candidate; in the transaction of who owns the job."""
    ExperimentMember.objects.update_or_create(
        experiment=experiment,
        number=number,
        defaults={"result": dict(figures)},
        create_defaults={"spec": dict(asked), "result": dict(figures)},
    )


def register_winner(*, experiment: Experiment, number: int) -> None:
    """Have the model of a candidate registered; in the transaction of who owns the job.

    A run that holds its model goes on; what was fitted on numbers is fitted once more, by a run.
    """
    member = experiment.members.select_related("run__job").get(number=number)
    if member.run is not None:
        keep_model(experiment=experiment, member=member)
        return
    last = experiment.members.order_by("-number").values_list("number", flat=True)[0]
    queue_member_run(
        experiment=experiment,
        number=last + 1,
        preset=member.spec["preset"],
        config=member.spec["config"],
        title=f"the best: {member.spec['title']}",
        spec={"registers": number},
        keeps_model=True,
    )
