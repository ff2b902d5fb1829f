"""Names in the order in which a person who wrote another one will look for them."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_COMPARED = 60


def nearest_first(name: str, choices: Iterable[str]) -> list[str]:
    """Return the choices by their likeness to `name` (Ratcliff/Obershelp), then by alphabet."""
    matcher = SequenceMatcher(b=name[:_COMPARED].casefold(), autojunk=False)

    def likeness(choice: str) -> float:
        matcher.set_seq1(choice.casefold())
        return matcher.ratio()

    return sorted(choices, key=lambda choice: (-likeness(choice), choice))
