"""What a gallery shows, in words: after "images that"."""

from common.sentences import listed
from datasets.models import FindingKind
from datasets.selectors.gallery import METADATA, Filters

_OF_TEXTS = {
    "class_name": "have the class “{}”",
    "suggested_class": "have the suggested class “{}”",
    "split": "came in the split “{}”",
    "q": "have “{}” in their name",
    "labelled_by": "were labelled by {}",
}
_OF_FLAGS = {
    "annotated": ("have a class", "have no class"),
    "excluded": ("are left out of versions", ""),
    "came_with_class": ("have the class they came with", "have another class than they came with"),
}


def in_words(filters: Filters) -> str:
    """Return "have no class and came in the split “test”"; empty where all are shown."""
    said = []
    for name, value in filters.values.items():
        if name in _OF_TEXTS:
            said.append(_OF_TEXTS[name].format(value))
        elif name in _OF_FLAGS:
            yes, no = _OF_FLAGS[name]
            said.append(yes if getattr(filters, name) else no)
        elif name == "issue":
            said.append(f"have the finding “{FindingKind(value).label}”")
        elif name.startswith(METADATA):
            said.append(f"have “{value}” as {name.removeprefix(METADATA)}")
    return listed(said)
