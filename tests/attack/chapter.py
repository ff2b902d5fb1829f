"""What one chapter of the attack has tried, and what did not hold."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.attack.target import Target
from tests.permissions.matrix import World


@dataclass
class Chapter:
    """Counts checks; `failed` are sentences, empty when everything held."""

    title: str
    checks: int = 0
    failed: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    def check(self, held: object, what: str, said: object = "") -> bool:
        """Count one check; where it did not hold, keep what was tried and what came of it."""
        self.checks += 1
        if not held:
            self.failed.append(f"{what}: {str(said)[:300]}" if said != "" else what)
        return bool(held)

    def as_row(self) -> str:
        """A row of the table of chapters; HEADER names its columns."""
        held = self.checks - len(self.failed)
        return f"| {self.title} | {self.checks:,} | {held:,} | {len(self.failed):,} |"


HEADER = "| chapter | checks | held | failed |\n|---|---:|---:|---:|"


@dataclass(frozen=True)
class Attack:
    """What every chapter gets: whom to attack, with which people, and how long it may take."""

    target: Target
    world: World
    short: bool

    def some(self, everything: list, *, of: int) -> list:
        """Return everything, or in the short form about each `of`-th of it."""
        return everything[::of] if self.short else everything


Work = Callable[[Attack, Chapter], None]
