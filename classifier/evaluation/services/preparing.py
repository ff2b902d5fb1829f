"""A room above prepares the file of a built-in model; this one does not import it.

It registers how in `AppConfig.ready()`.
"""

from collections.abc import Callable
from uuid import UUID

Prepare = Callable[[UUID], None]

_prepare: list[Prepare] = []


def register(prepare: Prepare) -> None:
    """Have the file of a built-in version made by `prepare`, which returns when it is there."""
    _prepare[:] = [prepare]


def prepare_file(version_id: UUID) -> None:
    """Have the file made if it is not there. Raises `EngineError`."""
    for prepare in _prepare:
        prepare(version_id)
