"""Situations that belong to the caller, each with its sentence."""

from common.errors import Conflict, Unprocessable


class CannotFreeze(Unprocessable):
    """The dataset as it stands cannot be divided as asked (422)."""

    title = "This dataset cannot be frozen yet"
    code = "cannot_freeze"


class ArchiveRefused(Unprocessable):
    """An archive that is refused as a whole; the sentence names the entry at fault (422)."""

    title = "The archive is refused"
    code = "archive_refused"


class InTrash(Conflict):
    """The dataset lies in the trash: restore it first (409)."""

    title = "The dataset is in the trash"
    code = "in_trash"


class UnreadableImage(Unprocessable):
    """An image whose kept file cannot be decoded any more (422)."""

    title = "An image cannot be read"
    code = "unreadable_image"
