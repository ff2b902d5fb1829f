"""What the apps above hold of the files that `datasets` would remove: contents, and archives.

They register from `AppConfig.ready()`. A holder gets names and returns those that it needs: SHA-256
of contents, or keys of uploads. It runs in the transaction that is about to remove the rest.
"""

from collections.abc import Callable, Iterable

Holder = Callable[[set[str]], set[str]]
_of_contents: list[Holder] = []
_of_uploads: list[Holder] = []


def register_contents(holder: Holder) -> None:
    """Have a holder asked before a content's file and thumbnail are removed."""
    if holder not in _of_contents:
        _of_contents.append(holder)


def register_uploads(holder: Holder) -> None:
    """Have a holder asked before an upload that no row of `datasets` names is swept."""
    if holder not in _of_uploads:
        _of_uploads.append(holder)


def held_contents(sha256s: Iterable[str]) -> set[str]:
    """Return those contents that an app above needs."""
    return _held(_of_contents, set(sha256s))


def held_uploads(keys: Iterable[str]) -> set[str]:
    """Return those uploads that an app above needs."""
    return _held(_of_uploads, set(keys))


def _held(holders: list[Holder], names: set[str]) -> set[str]:
    return set().union(*(holder(names) for holder in holders)) if names else set()
