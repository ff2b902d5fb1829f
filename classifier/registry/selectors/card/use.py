"""How a version decides, how it explains itself, and how it was trained, as parts of its card."""

from collections.abc import Iterator
from typing import Any

from classifier.engine.presets.registry import PRESETS
from classifier.models import Experiment, ModelVersion, TrainingRun
from classifier.registry.selectors.card.origin import copied_from
from classifier.registry.selectors.card.words import count, hours, interval, share
from classifier.registry.selectors.decision import assumptions_of, decision_of
from common.documents.parts import Cell, Facts, Items, Part, Table, Words


def decisions(version: ModelVersion) -> Iterator[Part]:
    """Yield what is promised of its answers, and what that assumes."""
    row = decision_of(version)
    held = row.held if row is not None else None
    if row is None or held is None:
        yield Words("Its answers come without a decision, and nothing is promised of them.")
        return
    facts: list[tuple[str, Cell]] = [
        ("Accept", share(held.accept_share)),
        ("Review", share(held.review_share)),
        ("Unknown", share(held.unknown_share)),
        ("Right among accepted", share(held.expected_precision)),
        ("95 % interval (Wilson)", interval(held.expected_interval)),
        ("Counted on validation images", count(held.images)),
    ]
    if held.promised is not None:
        facts.insert(0, ("Promised precision", share(held.promised)))
    yield Facts(facts)
    if held.by_class:
        yield Table(
            "By class",
            ["Class", "Accepted from", "Promised", "Right among accepted"],
            [[each.class_name, "never" if each.threshold is None else f"{each.threshold:.3f}",
              share(each.promised), share(each.expected_precision)] for each in held.per_class],
            frozenset({1, 2, 3}),
        )  # fmt: skip
    refusals = [text for text in (held.refusal, held.unknown_refusal) if text]
    yield Items([*refusals, *assumptions_of(row)])


def explanation(version: ModelVersion) -> Iterator[Part]:
    """Yield how heat-maps are made."""
    preset = PRESETS.get(version.preset)
    if preset is not None and preset.kind == "classic":
        yield Words(
            "Heat-maps on request by occlusion: parts of an image are covered, and the change of "
            "the answer is shown."
        )
        return
    yield Words(
        "Heat-maps on request, by the first of these that its file allows: class activation maps "
        "(cam), HiResCAM by slopes (grad_cam), or covering parts of an image (occlusion). Each "
        "heat-map says which it was. They show where an image speaks for a class, not why."
    )


def training(version: ModelVersion) -> Iterator[Part]:
    """Yield what it took, how it ended, and every setting."""
    run = version.training_run
    if run is not None:
        yield Facts(_run_facts(run))
    elif version.ensemble:
        yield from _of_ensemble(version)
    else:
        source = copied_from(version)
        whose = f"It was trained as {source}" if source else "No training of Loupe’s made it"
        yield Words(f"{whose}, so what that took is not known here.")
    if version.config:
        preset = PRESETS.get(version.preset)
        titles = {name: each.title for name, each in preset.settings.items()} if preset else {}
        yield Table(
            "Settings",
            ["Setting", "Name", "Value"],
            [[titles.get(name, ""), name, _value(value)] for name, value in version.config.items()],
        )


def _run_facts(run: TrainingRun) -> list[tuple[str, Cell]]:
    rows: list[tuple[str, Cell]] = [("Run", run.name)]
    rows.append(("Processor-hours", hours(run.job.processor_seconds)))
    if run.job.gpu_seconds:
        rows.append(("GPU-hours", hours(run.job.gpu_seconds)))
    if run.metrics.get("epochs"):
        rows.append(("Epochs", count(run.metrics["epochs"])))
    if run.metrics.get("best_epoch"):
        rows.append(("Best epoch, by validation", count(run.metrics["best_epoch"])))
    if stopped := run.stopped:
        rows.append(("Ended", str(stopped["reason"]).replace("_", " ")))
    return rows


def _of_ensemble(version: ModelVersion) -> Iterator[Part]:
    """Yield the time of making it and of the trainings of its members, as far as these are here."""
    members = [each["model_version"] for each in (version.ensemble or {})["members"]]
    ids = [each for each in members if each]
    runs = TrainingRun.objects.filter(model_version__in=ids).select_related("job")
    known = [run.job.processor_seconds for run in runs]
    made = Experiment.objects.filter(pk=(version.ensemble or {})["experiment"])
    own = [each.job.processor_seconds for each in made.select_related("job")]
    seconds = [each for each in (*known, *own) if each is not None]
    yield Facts([("Processor-hours, with its members", hours(sum(seconds) if seconds else None))])
    if len(known) < len(members):
        missing = len(members) - len(known)
        yield Words(f"Without {missing} of its {len(members)} members, whose runs are not kept.")


def _value(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
