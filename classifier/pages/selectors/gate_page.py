"""What the page of a model's gate shows: what can be asked for, and which versions would pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from classifier.engine.measure.gate_minimum import METRICS
from classifier.engine.measure.gate_rules import GateRule, rule_as_json
from classifier.engine.measure.report import SummaryBySlice
from classifier.models import ModelGate, ModelVersion, RegisteredModel
from classifier.pages.gate_form import Choices
from classifier.registry.selectors.gate_choices import (
    columns_on,
    fitting_test_sets,
    known_classes,
    model_versions,
    tested_classes,
)
from classifier.registry.selectors.gate_facts import facts_of, facts_on
from classifier.registry.selectors.gate_reports import grounds_of
from classifier.registry.selectors.standing import Standing, standings_of
from datasets.models import DatasetVersion

SHOWN = 30


@dataclass(frozen=True)
class Preview:
    """What a gate says of the newest versions, and of the live one; `others` are not shown."""

    rows: list[tuple[ModelVersion, Standing]]
    others: int

    @property
    def passing(self) -> int:
        """How many of them it lets pass, the live one included."""
        return sum(1 for _, standing in self.rows if standing.gate and standing.gate.passed)


@dataclass(frozen=True)
class Suggestion:
    """A figure of the live version, as the field of the form takes it, rounded down."""

    field: str
    text: str
    entry: str


def choices_of(
    model: RegisteredModel, gate: ModelGate | None, images: DatasetVersion | None
) -> Choices:
    """Return what rules can speak of where they judge on `images`."""
    sets = fitting_test_sets(model)
    held = gate.dataset_version if gate else None
    if held is not None and held not in sets:
        sets = [held, *sets]
    return Choices(
        sets=sets,
        classes=tested_classes(images) if images else known_classes(model),
        columns=columns_on(model, images),
        rules=gate.read or () if gate else (),
        dataset_version=held,
        number=gate.number if gate else 0,
    )


def preview(
    model: RegisteredModel,
    rules: Sequence[GateRule] | None = None,
    images: DatasetVersion | None = None,
) -> Preview:
    """Return what these rules would say of the model's versions; those that hold for None."""
    versions = ModelVersion.objects.filter(model=model).select_related(
        "model", "dataset_version__dataset"
    )
    newest = list(versions.order_by("-number")[:SHOWN])
    live = versions.filter(alias_set__alias="champion").first()
    shown = newest if live is None or live in newest else [*newest, live]
    proposed = None
    if rules is not None:
        kept = [rule_as_json(rule) for rule in rules]
        proposed = ModelGate(model=model, number=0, rules=kept, dataset_version=images)
    standings = standings_of(shown, proposed)
    rows = [(version, standings[version.pk]) for version in shown]
    return Preview(rows, versions.count() - len(shown))


def suggestions(model: RegisteredModel, images: DatasetVersion | None) -> list[Suggestion]:
    """Return the live version's own figures on the images; none where there are none."""
    figures = _live_figures(model, images)
    found = []
    for name, metric in METRICS.items() if figures else ():
        value = metric.read(figures, "")  # type: ignore[arg-type]
        if value is not None and value > 0:
            scale, digits = (1000, 1) if metric.in_percent else (1000, 3)
            cut = floor(value * scale + 1e-6) / (10 if metric.in_percent else 1000)
            entry = f"{cut:.{digits}f}"
            text = f"{entry} %" if metric.in_percent else entry
            found.append(Suggestion(f"metric-{name}", text, entry))
    return found


def _live_figures(model: RegisteredModel, images: DatasetVersion | None) -> SummaryBySlice | None:
    versions = [each for each in model_versions(model) if each.alias_set.exists()]
    live = next((each for each in versions if _is_champion(each)), None)
    if live is None:
        return None
    grounds = grounds_of([live], judged_on=[images.pk] if images else [])
    facts = facts_on(live, live, images, grounds) if images else facts_of(live, live, grounds)
    return facts.figures


def _is_champion(version: ModelVersion) -> bool:
    return version.alias_set.filter(alias="champion").exists()
