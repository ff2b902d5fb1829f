"""Fields that the forms of several kinds of experiment have."""

from collections.abc import Collection

from django import forms

from classifier.engine.presets.registry import PRESETS
from classifier.experiments.services.plans.cross_validation import STRATEGIES
from classifier.pages.selectors.preset_groups import FAMILIES
from classifier.training.selectors.presets import all_presets


def preset_choices(only: Collection[str] | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the presets whose weights are here, by family; `only` leaves out all others.

    Those that single runs train alone are left out.
    """
    offered = [
        each
        for each in all_presets()
        if each["at_hand"]
        and not PRESETS[each["name"]].single_runs
        and (only is None or each["name"] in only)
    ]
    found = [
        (title, [(each["name"], each["title"]) for each in offered if each["kind"] == kind])
        for kind, title, _ in FAMILIES
    ]
    return [(title, presets) for title, presets in found if presets]


def strategy_field() -> forms.ChoiceField:
    """Return the choice of what stays together in a fold."""
    return forms.ChoiceField(
        choices=[(each, each.label) for each in STRATEGIES],
        label="What stays together",
        help_text="Stratified: images of the same content. Grouped: near copies too.",
    )
