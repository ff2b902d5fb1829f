"""The runs of an experiment: queued by its job, which is woken when they end.

An experiment's handler calls these in `context.guard()`, so that an attempt
that has lost its job queues nothing.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from classifier.models import Experiment, ExperimentMember
from classifier.training.kinds import TRAIN_MEMBER_HEAD
from classifier.training.services.start_training import start_member_run
from common.clock import database_now
from jobs.models import TERMINAL, WAITING, Job, Status
from jobs.services.park import tell_parked, wake
from jobs.services.retry import go_on
from jobs.services.stop import stop

_WITHOUT_IT = "The experiment that this is a part of has ended."


def queue_member_run(
    *,
    experiment: Experiment,
    number: int,
    preset: str,
    config: Mapping[str, Any],
    title: str,
    spec: Mapping[str, Any] | None = None,
    keeps_model: bool = False,
    time_limit_seconds: int | None = None,
) -> ExperimentMember:
    """Return member `number`, whose run is queued unless there is that member already.

    `title` names the run beside the experiment's name. The run learns from the version's train
    split, chooses its epoch on validation, and is not measured on test unless it `keeps_model`;
    with `fold` in its `spec` it learns from the other folds and is measured on that one. Raises
    `Invalid` for settings that the preset does not take, `WeightsMissing`.
    """
    found = ExperimentMember.objects.filter(experiment=experiment, number=number).first()
    if found is not None:
        return found
    run = start_member_run(
        user=experiment.created_by,
        dataset_version=experiment.dataset_version,
        preset=preset,
        config=config,
        name=f"{experiment.name[:90]} · {title}",
        time_limit_seconds=time_limit_seconds,
    )
    return ExperimentMember.objects.create(
        experiment=experiment,
        number=number,
        run=run,
        keeps_model=keeps_model,
        spec={**(spec or {}), "title": title},
    )


def keep_model(*, experiment: Experiment, member: ExperimentMember) -> None:
    """Let the run of a member that holds its model go on, now to register it.

    Its figures move into `spec`, as those of the registered version come.
    """
    if member.run is None:
        raise ValueError(f"member {member} has no run")
    ExperimentMember.objects.filter(pk=member.pk).update(
        keeps_model=True, result=None, spec={**member.spec, "figures": member.result}
    )
    go_on(user=experiment.created_by, job=member.run.job, kind=TRAIN_MEMBER_HEAD)


def give_time_again(*, experiment: Experiment, deadline: float) -> None:
    """Let what the time has left out, or stopped, be tried until a new `deadline` (Unix).

    For the first attempt after a person has resumed the experiment, before `revive_members`. Where
    a model is being registered the choice is made, and nothing more is tried.
    """
    if experiment.members.filter(keeps_model=True).exists():
        return
    before = experiment.members.filter(created_at__lt=experiment.job.created_at)
    before.filter(result__out_of_time=True, run__isnull=True).delete()
    ended = before.filter(_ended_before(experiment))
    ended.filter(result__out_of_time=True).update(result=None)
    for member in ended.filter(result__isnull=True, spec__has_key="deadline"):
        member.spec["deadline"] = deadline
        member.save(update_fields=["spec"])


def revive_members(*, experiment: Experiment) -> int:
    """Let go on the runs that had ended, or were to stop, before the experiment's job began.

    For the first attempt after a person has resumed the experiment; return how many.
    """
    ended = open_members(experiment).filter(
        _ended_before(experiment), run__job__status__in=(Status.FAILED, Status.CANCELLED)
    )
    jobs = list(Job.objects.filter(training_run__member__in=ended))
    for job in jobs:
        go_on(user=experiment.created_by, job=job)
    return len(jobs)


def _ended_before(experiment: Experiment) -> Q:
    """Return what a run is asked that had ended, or was to stop, before the experiment's job."""
    began = experiment.job.created_at
    return Q(run__job__ended_at__lt=began) | Q(run__job__cancel_requested_at__lt=began)


def open_members(experiment: Experiment) -> QuerySet[ExperimentMember]:
    """Return the members that have no result yet, first member first."""
    return experiment.members.filter(result__isnull=True).order_by("number")


def members_under_way(experiment: Experiment) -> QuerySet[ExperimentMember]:
    """Return the members whose run has not ended."""
    return open_members(experiment).filter(run__isnull=False).exclude(run__job__status__in=TERMINAL)


def wait_for_any(*, experiment: Experiment, any_end: bool) -> None:
    """Say, with `context.park()`, whether the end of any member wakes the job or the last one's."""
    Experiment.objects.filter(pk=experiment.pk).update(wakes_on_any=any_end)


def on_job_ended(job: Job) -> None:
    """Hear of the end of a member's run, or of an experiment."""
    member = ExperimentMember.objects.filter(run__job=job).first()
    if member is not None:
        advance(member.experiment_id)
    experiment = Experiment.objects.filter(job=job).first()
    if experiment is not None and job.status != Status.SUCCEEDED:
        cancel_members(experiment=experiment)


def cancel_members(*, experiment: Experiment) -> None:
    """Stop the runs of an experiment that has ended without them."""
    for job in Job.objects.filter(training_run__member__in=members_under_way(experiment)):
        stop(job=job, reason=_WITHOUT_IT)


def advance_missed() -> None:
    """A chore: wake the experiments whose members' end was not heard; stop what has no leader.

    And what has not begun when its deadline is over: it would have no time left.
    """
    now = database_now().timestamp()
    late = ExperimentMember.objects.filter(
        result__isnull=True, spec__deadline__lt=now, run__job__status__in=WAITING
    )
    for job in Job.objects.filter(training_run__member__in=late):
        stop(job=job, reason="The experiment's time was over before this had begun.")
    parked = Experiment.objects.filter(job__status=Status.RUNNING, job__lease_until=None)
    for experiment_id in parked.values_list("pk", flat=True):
        advance(experiment_id)
    led = ExperimentMember.objects.filter(
        result__isnull=True, experiment__job__status__in=(Status.FAILED, Status.CANCELLED)
    ).exclude(run__job__status__in=TERMINAL)
    for job in Job.objects.filter(training_run__member__in=led.exclude(run=None)):
        stop(job=job, reason=_WITHOUT_IT)


def advance(experiment_id: uuid.UUID) -> None:
    """Wake a parked experiment whose time has come, else tell how far its members are."""
    experiment = Experiment.objects.select_related("job").get(pk=experiment_id)
    job = experiment.job
    if not job.is_parked:
        return
    ended = experiment.members.filter(run__job__status__in=TERMINAL).count()
    total = experiment.members.filter(run__isnull=False).count()
    under_way = total - ended
    if not under_way or (experiment.wakes_on_any and _has_news(experiment)):
        wake(job_id=job.pk)
        return
    progress = {**job.full_progress, "done": ended, "total": job.full_progress["total"] or total}
    if progress != job.full_progress:
        tell_parked(job_id=job.pk, progress=progress)


def _has_news(experiment: Experiment) -> bool:
    """Whether a run has ended since the job was parked."""
    since = experiment.job.claimed_at
    return experiment.members.filter(run__job__ended_at__gt=since).exists()
