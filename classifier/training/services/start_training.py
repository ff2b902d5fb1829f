"""Start, resume and clone training runs."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Organization, User
from accounts.selectors.sharing import acting_organization, may_read
from accounts.services import audit
from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.models import RegisteredModel, TrainingRun
from classifier.training import kinds
from classifier.training.errors import CannotTrain, WeightsMissing
from classifier.training.services.check_subgroups import check_subgroups
from classifier.training.services.check_teacher import checked_teacher
from common.errors import FieldError, Forbidden, Invalid, pointer_part
from common.names import require_readable
from datasets.models import Dataset, DatasetVersion
from datasets.policies import require_alive
from datasets.selectors.unlabelled import unlabelled_images
from jobs.kinds import Kind
from jobs.services.enqueue import enqueue
from jobs.services.retry import retry

NAME_LENGTH = 120
LEAST_SECONDS = 60


@transaction.atomic
def start_training(
    *,
    user: User,
    dataset_version: DatasetVersion,
    preset: str,
    config: Mapping[str, Any] | None = None,
    name: str = "",
    model: RegisteredModel | None = None,
    time_limit_seconds: int | None = None,
) -> TrainingRun:
    """Queue one fit of `preset` on `dataset_version` and return the run.

    `config` overrides some of the preset's defaults; `model` is the line that the version will
    join, by default a new one. After `time_limit_seconds` (60 up to what any job may take; None:
    the installation's) training ends with its best epoch. On a dataset that is shared the run is
    the organization's that it is shared with, where `user` is an editor. Raises `NotFound`,
    `Forbidden`, `InTrash`, `Invalid` with one pointer for each setting that is not allowed,
    `WeightsMissing`, `CannotTrain`, `QuotaExceeded`.
    """
    dataset = dataset_version.dataset
    wanted = model.organization if model else None
    organization = acting_organization(user, [dataset.subject], into=_holds(user, dataset, wanted))
    require_alive(dataset=dataset)
    settings_of_run = checked_settings(preset, config or {})
    check_weights(preset)
    time_limit_seconds = _checked_time_limit(time_limit_seconds)
    _check_model(model, organization)
    check_samples(dataset_version)
    _check_unlabelled(dataset_version, settings_of_run)
    check_subgroups(dataset_version, settings_of_run)
    distilled = checked_teacher(organization, dataset_version, PRESETS[preset], settings_of_run)
    name = require_readable(name.strip()) or _next_name(organization, dataset_version, preset)
    return _started(
        TrainingRun(
            organization=organization,
            dataset_version=dataset_version,
            preset=preset,
            config=settings_of_run.to_dict(),
            distilled=distilled,
            time_limit_seconds=time_limit_seconds,
            name=name[:NAME_LENGTH],
            model=model,
            created_by=user,
        )
    )


@transaction.atomic
def start_member_run(
    *,
    user: User | None,
    dataset_version: DatasetVersion,
    preset: str,
    config: Mapping[str, Any],
    name: str,
    time_limit_seconds: int | None = None,
) -> TrainingRun:
    """Queue a fit that is part of an experiment; who started that was allowed to.

    Raises `Invalid`, `WeightsMissing`.
    """
    settings_of_run = checked_settings(preset, config)
    check_weights(preset)
    run = TrainingRun(
        organization=dataset_version.dataset.organization,
        dataset_version=dataset_version,
        preset=preset,
        config=settings_of_run.to_dict(),
        time_limit_seconds=_checked_time_limit(time_limit_seconds),
        name=name[:NAME_LENGTH],
        created_by=user,
    )
    needs_keras = _kind_of(run) is kinds.TRAIN
    return _started(run, kinds.TRAIN_MEMBER if needs_keras else kinds.TRAIN_MEMBER_HEAD)


def _started(run: TrainingRun, kind: Kind | None = None) -> TrainingRun:
    """Save a new run with the job that does it."""
    run.job = enqueue(
        kind=kind or _kind_of(run),
        organization=run.organization,
        created_by=run.created_by,
        title=f"Training of {run.name}",
        payload={"training_run": str(run.pk)},
    )
    run.save()
    audit.record(
        actor=run.created_by,
        action="training_run.start",
        target=run,
        preset=run.preset,
        dataset_version=str(run.dataset_version_id),
    )
    return run


def _kind_of(run: TrainingRun) -> Kind:
    preset = PRESETS[run.preset]
    return kinds.TRAIN if preset.needs_keras(preset.config(run.config)) else kinds.TRAIN_HEAD


def resume_training(*, user: User, run: TrainingRun) -> TrainingRun:
    """Let a failed or cancelled run go on from its newest checkpoint, as a new job.

    Raises `NotFound` or `Forbidden` as roles say, `Conflict` where there is nothing to resume.
    """
    if not may_read(run.organization, run.dataset_version.dataset.subject):
        raise Forbidden(
            f"{run.dataset_version.dataset.name} is no longer shared with {run.organization}, so "
            "there is nothing to learn from.",
            code="share_ended",
        )
    retry(user=user, job=run.job)
    TrainingRun.objects.filter(pk=run.pk).update(finish="")
    return TrainingRun.objects.select_related("job").get(pk=run.pk)


def clone_training(*, user: User, run: TrainingRun, changes: Mapping[str, Any]) -> TrainingRun:
    """Start a run like `run` with some things changed.

    `changes` may hold `dataset_version`, `preset`, `config` (settings that differ), `name`,
    `model` and `time_limit_seconds`; a clone joins the model that the run's version joined.
    Raises as `start_training`.
    """
    preset = changes.get("preset") or run.preset
    sent = changes.get("config") or {}
    config = _inherited(run, sent) if preset == run.preset else {}
    config |= sent
    if "augmentation" not in sent:
        _require_unchanged(preset, config)
    return start_training(
        user=user,
        dataset_version=changes.get("dataset_version") or run.dataset_version,
        preset=preset,
        config=config,
        name=changes.get("name", ""),
        model=changes.get("model", run.model),
        time_limit_seconds=changes.get("time_limit_seconds", run.time_limit_seconds),
    )


def _inherited(run: TrainingRun, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run's settings, without those that what was sent leaves without effect."""
    idle = PRESETS[run.preset].without_effect({**run.config, **sent})
    known = PRESETS[run.preset].settings
    return {name: value for name, value in run.config.items() if name in known - idle.keys()}


def _require_unchanged(preset: str, config: Mapping[str, Any]) -> None:
    """Raise `Invalid` where settings of an earlier version of Loupe mean something else today."""
    if note := PRESETS[preset].stored_note(config):
        detail = f"{note} To do as that run did, send config.augmentation: mirror."
        raise Invalid(detail, errors=[FieldError("/config/augmentation", "changed", detail)])


def _next_name(organization: Organization, version: DatasetVersion, preset: str) -> str:
    """Return a name that tells runs of one version and preset apart."""
    earlier = TrainingRun.objects.filter(
        organization=organization, dataset_version=version, preset=preset, member=None
    ).count()
    name = f"{version.dataset.name[:80]} v{version.number} · {preset}"
    return f"{name} #{earlier + 1}" if earlier else name


def checked_settings(preset: str, config: Mapping[str, Any]) -> PresetConfig:
    """Return the settings of a run; raises `Invalid`, a pointer for each that is not allowed."""
    try:
        return checked_config(preset, config)
    except InvalidConfig as error:
        faults = [
            FieldError("/preset", "invalid", sentence)
            if preset not in PRESETS
            else FieldError(
                f"/config/{pointer_part(field)}",
                "invalid" if field in PRESETS[preset].settings else "unknown_field",
                sentence,
            )
            for field, sentence in error.errors
        ]
        raise Invalid(error.detail, errors=faults) from error


def check_weights(preset: str) -> None:
    """Raise `WeightsMissing` where the preset needs a file that is not here."""
    missing = PRESETS[preset].missing(settings.WEIGHTS_DIR)
    if missing is not None:
        detail = f"{PRESETS[preset].title} cannot be trained here yet. {missing.detail}"
        fault = FieldError("/preset", WeightsMissing.code, detail)
        raise WeightsMissing(detail, errors=[fault], hint=missing.hint)


def _checked_time_limit(seconds: int | None) -> int:
    most = int(settings.JOB_TIME_LIMIT_SECONDS)
    if seconds is None:
        return settings.TRAINING_TIME_LIMIT_SECONDS
    if not LEAST_SECONDS <= seconds <= most:
        detail = (
            f"A training may take {LEAST_SECONDS} to {most:,} seconds "
            f"({most / 3600:.4g} hours); received {seconds:,}."
        )
        raise Invalid(detail, errors=[FieldError("/time_limit_seconds", "out_of_range", detail)])
    return seconds


def _holds(user: User, dataset: Dataset, organization: Organization | None) -> Organization | None:
    """Return the organization, where it is one of the user's and may read the dataset."""
    if organization is None or not may_read(organization, dataset.subject):
        return None
    member = user.memberships.filter(organization=organization).exists()
    return organization if member else None


def _check_model(model: RegisteredModel | None, organization: Organization) -> None:
    if model is None:
        return
    if model.organization_id != organization.pk:
        detail = (
            f"The model must belong to {organization.name}, as the run does; {model.name} does not."
        )
        raise Invalid(detail, errors=[FieldError("/model", "other_organization", detail)])
    if model.archived_at is not None:
        detail = (
            f"The model must not be archived; {model.name} is. Take it back, or choose another."
        )
        raise Invalid(detail, errors=[FieldError("/model", "archived", detail)])


def check_samples(version: DatasetVersion) -> None:
    """Raise `CannotTrain` where the train split has fewer than two classes."""
    counts = version.sample_counts.get("train", {})
    present = [name for name, count in counts.items() if count]
    if len(present) < 2:
        raise CannotTrain(
            f"Training needs images of at least two classes in the train split; version "
            f"{version.number} has {f'only “{present[0]}” there' if present else 'none there'}.",
            hint="Add images of another class, then freeze a new version.",
        )


def _check_unlabelled(version: DatasetVersion, config: PresetConfig) -> None:
    if config.to_dict().get("self_training") and not unlabelled_images(version).exists():
        detail = (
            f"Self-training learns from images without a class; {version.dataset.name} has none "
            "outside the trash."
        )
        raise Invalid(
            detail,
            errors=[FieldError("/config/self_training", "no_unlabelled_images", detail)],
            hint="Add images without a class, or set self_training to 0.",
        )
