"""Refuse rules that no version could be judged by: each by its place and with what there is."""

from collections.abc import Iterator, Sequence
from math import isfinite

from classifier.engine.measure.gate_minimum import CLASS_METRICS, METRICS, Minimum
from classifier.engine.measure.gate_rules import MOST_RULES, GateRule, NotWorse, Parity
from classifier.engine.measure.gate_slices import SliceRule
from classifier.models import RegisteredModel
from classifier.registry.selectors.gate_choices import (
    columns_on,
    known_classes,
    model_versions,
    tested_classes,
    unknown_classes,
)
from common.errors import FieldError, Invalid
from common.nearest import nearest_first
from common.sentences import quoted
from datasets.models import DatasetVersion

_SHOWN = 60
# To look for the nearest of more names takes seconds.
_COMPARED = 1000


def check_gate(
    *, model: RegisteredModel, rules: Sequence[GateRule], dataset_version: DatasetVersion | None
) -> None:
    """Raise `Invalid` with an entry of `errors` for each rule that cannot be.

    That is a figure, a class or a column that there is not, a number out of its range, a rule that
    stands twice, more than 20 rules, a test set of another organization or of other classes.
    """
    faults = list(_faults_of_set(model, dataset_version)) if dataset_version else []
    if dataset_version and not rules:
        words = "A test set judges by rules: add one, or leave the test set out."
        faults.append(FieldError("/dataset_version", "no_rules", words))
    if len(rules) > MOST_RULES:
        words = f"A gate has up to {MOST_RULES} rules; received {len(rules)}."
        faults.append(FieldError("/rules", "max_length", words))
    if not faults:
        faults += _repeated(rules)
        faults += _faults_of_rules(model, rules, dataset_version)
    if faults:
        raise Invalid(" ".join(fault.detail for fault in faults), errors=faults)


def _faults_of_set(model: RegisteredModel, images: DatasetVersion) -> Iterator[FieldError]:
    place = "/dataset_version"
    if images.dataset.organization_id != model.organization_id:
        words = f"The test set must belong to the organization of {model.name}; {images} does not."
        yield FieldError(place, "other_organization", words)
    elif images.dataset.deleted_at is not None:
        yield FieldError(place, "in_trash", f"{images} is in the trash: take it back first.")
    elif not tested_classes(images):
        yield FieldError(place, "no_test_images", f"{images} has no test images.")
    else:
        versions = model_versions(model)
        missing = [unknown_classes(images, version) for version in versions]
        if missing and all(missing):
            words = (
                f"{images} has classes that {model.name} does not know: {quoted(missing[0])}. Its "
                f"own are {quoted(versions[0].class_names)}."
            )
            yield FieldError(place, "other_classes", words)


def _repeated(rules: Sequence[GateRule]) -> Iterator[FieldError]:
    first: dict[tuple[str, ...], int] = {}
    for index, rule in enumerate(rules):
        before = first.setdefault(rule.key, index)
        if before != index:
            words = f"Rule {index + 1} is about the same as rule {before + 1}: “{rule.words}”"
            yield FieldError(f"/rules/{index}", "repeated", words)


def _faults_of_rules(
    model: RegisteredModel, rules: Sequence[GateRule], images: DatasetVersion | None
) -> Iterator[FieldError]:
    classes = tested_classes(images) if images else known_classes(model)
    columns = columns_on(model, images) if any(isinstance(r, SliceRule) for r in rules) else []
    for index, rule in enumerate(rules):
        place = f"/rules/{index}"
        if isinstance(rule, Minimum):
            yield from _faults_of_minimum(place, rule, classes)
        elif isinstance(rule, SliceRule):
            if rule.column not in columns:
                yield _unknown(f"{place}/column", "column of subgroups", rule.column, columns)
            yield from _range(f"{place}/margin", rule.margin, 0, 1, "margin")
        elif isinstance(rule, NotWorse):
            if not 0 < rule.alpha < 1:
                words = f"alpha must be above 0 and below 1; received {rule.alpha:g}."
                yield FieldError(f"{place}/alpha", "out_of_range", words)
        elif isinstance(rule, Parity) and not 0 < rule.tolerance <= 1:
            words = f"tolerance must be above 0 and at most 1; received {rule.tolerance:g}."
            yield FieldError(f"{place}/tolerance", "out_of_range", words)


def _faults_of_minimum(place: str, rule: Minimum, classes: Sequence[str]) -> Iterator[FieldError]:
    known, others = (CLASS_METRICS, METRICS) if rule.class_name else (METRICS, CLASS_METRICS)
    if rule.metric not in known:
        words = f"metric must be one of {', '.join(known)}; received {rule.metric[:_SHOWN]!r}."
        if rule.metric in others:
            words += (
                " That one is of all classes together: leave class_name out."
                if rule.class_name
                else " That one is of a class: say which in class_name."
            )
        yield FieldError(f"{place}/metric", "unknown_metric", words)
    if rule.class_name and rule.class_name not in classes:
        yield _unknown(f"{place}/class_name", "class", rule.class_name, classes)
    yield from _range(f"{place}/value", rule.value, 0, 1, "value")


def _range(place: str, value: float, low: float, high: float, name: str) -> Iterator[FieldError]:
    if not (isfinite(value) and low <= value <= high):
        hint = f" Did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        words = f"{name} must be from {low:g} to {high:g}; received {value:g}.{hint}"
        yield FieldError(place, "out_of_range", words)


def _unknown(place: str, what: str, name: str, there: Sequence[str]) -> FieldError:
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    ordered = nearest_first(name, there) if len(there) <= _COMPARED else there
    known = f"there are {quoted(ordered)}" if there else "there is none"
    words = f"There is no {what} “{shown}” in the test images that the gate judges on; {known}."
    return FieldError(place, "does_not_exist", words)
