"""The presets of the page New run, in groups: the recommended one, then family by family."""

from dataclasses import dataclass

from classifier.training.selectors.presets import PresetFacts, Recommendation, all_presets

# Kind, title, and what sets the family apart.
FAMILIES = (
    (
        "transfer",
        "On a pretrained network",
        "Knows photographs already; learns your classes in seconds to minutes, from few images.",
    ),
    ("scratch", "From nothing", "Learns all it knows from your images; takes many, and longer."),
    (
        "distilled",
        "From a model you have",
        "A small network learns the answers of a trained one, for a phone or a small computer.",
    ),
    ("classic", "Classic", "No neural network is trained: quick, small, easy to compare with."),
)


@dataclass(frozen=True, kw_only=True)
class PresetGroup:
    """Presets of one family; ``missing`` are those whose weights are not on this machine."""

    title: str
    description: str
    presets: list[PresetFacts]
    missing: list[PresetFacts]
    is_open: bool
    missing_is_open: bool


@dataclass(frozen=True, kw_only=True)
class PresetChoice:
    """What the page offers: the recommended preset, if any, and the families of the others."""

    first: PresetFacts | None
    reason: str
    groups: list[PresetGroup]


def preset_choice(recommended: Recommendation | None, chosen: str) -> PresetChoice:
    """Return the presets in the order in which to offer them; the chosen one's group is open."""
    presets = all_presets()
    name = recommended.preset if recommended else ""
    first = next((each for each in presets if each["name"] == name), None)
    others = [each for each in presets if each["name"] != name]
    groups = [
        _group([each for each in others if each["kind"] == kind], title, text, chosen)
        for kind, title, text in FAMILIES
    ]
    return PresetChoice(
        first=first,
        reason=recommended.reason if recommended else "",
        groups=[group for group in groups if group.presets or group.missing],
    )


def _group(presets: list[PresetFacts], title: str, description: str, chosen: str) -> PresetGroup:
    missing = [each for each in presets if not each["at_hand"]]
    return PresetGroup(
        title=title,
        description=description,
        presets=[each for each in presets if each["at_hand"]],
        missing=missing,
        is_open=any(each["name"] == chosen for each in presets),
        missing_is_open=any(each["name"] == chosen for each in missing),
    )
