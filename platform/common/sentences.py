"""Parts of sentences that name several things, however many there are."""

from collections.abc import Sequence

MOST_NAMED = 10


def listed(parts: Sequence[str], more: str = "more", most: int = MOST_NAMED) -> str:
    """Return "a, b and c"; of more than `most`, the first of them and "14 more" at the end."""
    shown = list(parts[:most])
    if len(parts) > most:
        shown.append(f"{len(parts) - most:,} {more}")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def quoted(names: Sequence[str], more: str = "more", most: int = MOST_NAMED) -> str:
    """Return the same of names in quotation marks."""
    return listed([f"“{name}”" for name in names], more, most)
