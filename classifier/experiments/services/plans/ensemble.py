"""An ensemble: several models as one, and what its extra time buys."""

from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engine.measure.ensemble import (
    AVERAGE,
    FEWEST_IMAGES,
    METHODS,
    MOST_STACKED_CLASSES,
    STACKING,
)
from classifier.engine.presets.registry import PRESETS
from classifier.evaluation.services.start_evaluation import check_fit
from classifier.experiments import kinds
from classifier.experiments.services.plans.learning_curve import quick_presets
from classifier.experiments.services.plans.plan import Plan, Settings
from classifier.models import ModelVersion
from classifier.training.services.check_subgroups import check_subgroups
from classifier.training.services.start_training import (
    check_samples,
    check_weights,
    checked_settings,
)
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion, Split
from storage import durable

BAGGING = "bagging"
ALL_METHODS = (*METHODS, BAGGING)
FEWEST, MOST = 2, 10
# A predict worker keeps about so much of models.
MOST_BYTES = 1 << 30


def _check(version: DatasetVersion, values: Mapping[str, Any]) -> Settings:
    method = values["method"]
    if not sum(version.sample_counts.get("test", {}).values()):
        detail = (
            "An ensemble is measured against its best member on test images; the test split of "
            f"version {version.number} has none."
        )
        raise Invalid(detail, errors=[FieldError("/dataset_version", "no_test_images", detail)])
    if method == BAGGING:
        return _checked_bagging(version, values)
    for name in ("preset", "count", "config"):
        if values.get(name) is not None:
            raise _refused(name, "no_effect", f"{name} is for bagging; the method is {method}.")
    members = list(values.get("members") or [])
    _check_members(version, members)
    _check_validation(version, method, members)
    return {
        "method": method,
        "members": [str(each.pk) for each in members],
        "names": [str(each) for each in members],
    }


def _check_members(version: DatasetVersion, members: Sequence[ModelVersion]) -> None:
    if not FEWEST <= len(members) <= MOST:
        raise _members(
            "out_of_range",
            f"An ensemble has {FEWEST} to {MOST} members; received {len(members):,}.",
        )
    organization = version.dataset.organization
    for place, each in enumerate(members):
        if each in members[:place]:
            raise _members("twice", f"Each member counts once; {each} is there twice.")
        if each.model.organization_id != organization.pk:
            whose = "is built in" if each.model.built_in else "does not"
            raise _members(
                "other_organization",
                f"Members must belong to {organization.name}, as the dataset does; {each} {whose}.",
            )
        _check_classes(members[0], each)
        if each.served_file is None or not durable.exists(each.served_name):
            raise _members(
                "no_file",
                f"The file of {each} is gone: restore it from a backup, or leave {each} out.",
            )
    check_fit(members[0], version, Split.TEST)
    size = sum(each.served_file["bytes"] for each in members if each.served_file)
    if size > MOST_BYTES:
        raise _members(
            "too_large",
            f"The members' files may have {MOST_BYTES / 1e6:,.0f} MB together; they have "
            f"{size / 1e6:,.0f} MB.",
        )


def _check_classes(first: ModelVersion, other: ModelVersion) -> None:
    mine, theirs = set(first.class_names), set(other.class_names)
    if mine == theirs:
        return
    lacks, more = sorted(mine - theirs), sorted(theirs - mine)
    what = f"does not know “{lacks[0]}”" if lacks else f"also knows “{more[0]}”"
    raise _members(
        "other_classes",
        f"Members must have the same classes; {other} {what}, as against {first}.",
    )


def _check_validation(
    version: DatasetVersion, method: str, members: Sequence[ModelVersion]
) -> None:
    images = sum(version.sample_counts.get("validation", {}).values())
    if method != AVERAGE and images < FEWEST_IMAGES:
        detail = (
            f"The method {method} is fitted on validation images and takes {FEWEST_IMAGES} or "
            f"more; version {version.number} has {images}. Choose the average, which needs none."
        )
        raise _refused("method", "too_few_images", detail)
    classes = len(members[0].class_names)
    if method == STACKING and classes > MOST_STACKED_CLASSES:
        detail = (
            f"Stacking takes up to {MOST_STACKED_CLASSES} classes; these models have {classes:,}. "
            "Choose weighted."
        )
        raise _refused("method", "too_many_classes", detail)


def _checked_bagging(version: DatasetVersion, values: Mapping[str, Any]) -> Settings:
    if values.get("members"):
        raise _members("no_effect", "Bagging trains its own members: send none.")
    if values.get("preset") is None:
        raise _refused("preset", "required", "Bagging takes a preset, which its members train.")
    preset, count = PRESETS[values["preset"]], values.get("count") or 5
    if not FEWEST <= count <= MOST:
        detail = f"An ensemble has {FEWEST} to {MOST} members; received {count:,}."
        raise _refused("count", "out_of_range", detail)
    config = checked_settings(preset.name, values.get("config") or {})
    if preset.needs_keras(config):
        detail = (
            "Bagging trains its members within one job, so it takes presets that learn in seconds: "
            f"{', '.join(quick_presets())}; received {preset.name}."
        )
        raise _refused("preset", "not_quick", detail)
    if config.to_dict().get("self_training"):
        raise Invalid(
            detail := "Bagging learns from labelled images alone: self_training must be 0.",
            errors=[FieldError("/config/self_training", "no_effect", detail)],
        )
    check_weights(preset.name)
    check_samples(version)
    check_subgroups(version, config)
    return {
        "method": BAGGING,
        "preset": preset.name,
        "config": config.to_dict(),
        "count": count,
        "names": [f"{preset.title}, sample {number + 1}" for number in range(count)],
    }


def _members(code: str, detail: str) -> Invalid:
    return _refused("members", code, detail)


def _refused(name: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{name}", code, detail)])


def _about(settings: Settings) -> str:
    return f"{settings['method']} of {len(settings['names'])}"


PLAN = Plan(
    job=kinds.ENSEMBLE,
    title="Ensemble",
    question="Are several models together better than the best of them, and what does that cost? "
    "They become one model version, served and exported as one.",
    icon="stack-2",
    check=_check,
    about=_about,
)
