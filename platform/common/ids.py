"""Ids in what people send."""

import uuid


def id_in(text: str | None) -> uuid.UUID:
    """Return the id that an address names; one that no row has when it is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.UUID(int=0)
