"""What is said of an archive that is refused."""

from common.sentences import binary_size
from datasets.archive.entry_names import shown
from datasets.archive.limits import ArchiveLimits
from datasets.errors import ArchiveRefused

TOO_MANY = "too_many_entries"
MOST_SAMPLES = 1_000


def check_unique(name: str, names: dict[str, str]) -> None:
    """Note a name; raises `ArchiveRefused` where it stands there already, in whatever case."""
    other = names.setdefault(name.casefold(), name)
    if other is name:
        return
    if other == name:
        raise ArchiveRefused(
            f"“{shown(name)}” stands in the archive twice.",
            code="duplicate_entry",
            hint="Give each file its own name.",
        )
    raise ArchiveRefused(
        f"“{shown(name)}” and “{shown(other)}” differ only in upper and lower case.",
        code="case_collision",
        hint="Give each file its own name.",
    )


def too_many(limits: ArchiveLimits, received: int) -> ArchiveRefused:
    """Return the refusal of more entries than an archive may hold."""
    return ArchiveRefused(
        f"An archive may hold {limits.max_entries:,} entries; "
        f"this one holds at least {received:,}.",
        code=TOO_MANY,
        hint="Split it into several archives.",
    )


def too_many_samples(name: str) -> ArchiveRefused:
    """Return the refusal of more archives of samples than an archive may hold."""
    return ArchiveRefused(
        f"An archive may hold {MOST_SAMPLES:,} archives of samples; with “{shown(name)}” this one "
        "passes that.",
        code="too_many_archives",
        hint="Unpack them.",
    )


def too_large(name: str, limits: ArchiveLimits) -> ArchiveRefused:
    """Return the refusal of files that are too large together."""
    return ArchiveRefused(
        f"An archive may expand to {binary_size(limits.max_expanded_bytes)}; "
        f"with “{shown(name)}” this one passes that.",
        code="too_large_expanded",
        hint="Split it into several archives.",
    )


def refuse(code: str, name: str, what: str, hint: str) -> ArchiveRefused:
    """Return the refusal of one entry: `what` goes on from its name."""
    return ArchiveRefused(f"“{shown(name)}” {what}.", code=code, hint=hint)
