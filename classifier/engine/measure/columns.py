"""The columns that divide images into subgroups, under the names that reports have."""

from collections.abc import Mapping, Sequence


def all_columns(
    metadata: Mapping[str, Sequence[str]], facts: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return both; a fact that a person's column is called like gives way to it in its name."""
    named = {f"{name}, measured" if name in metadata else name: facts[name] for name in facts}
    return {**metadata, **named}
