"""Parts of sentences: several things, however many there are; sizes."""

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


def binary_size(count: int) -> str:
    """Return a number of bytes as people read it, such as 1.5 GiB."""
    for unit, factor in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if abs(count) >= factor:
            return f"{count / factor:.4g} {unit}"
    return f"{count} byte{'' if count == 1 else 's'}"
