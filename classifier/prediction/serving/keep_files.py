"""Store the images of predictions that are to be kept, before the answer is given.

Files first, rows after them: a worker or a web process that dies in between leaves a file without a
row, which a chore deletes, and never a row without its file.
"""

import logging
from base64 import b64decode
from dataclasses import replace

from msgspec import UNSET, UnsetType

from classifier.engine.runtime.answer import Answer, ImageResult
from classifier.prediction.serving.request import Request
from storage import durable
from storage.names import kept_thumbnail_name

logger = logging.getLogger(__name__)


def with_files_kept(request: Request, answer: Answer) -> Answer:
    """Return the answer without the content of the files that it came with: they are stored.

    What cannot be stored (a full disk, a store that does not answer) is `clean` no more, and the
    answer stays: the web process counts it and says so.
    """
    if not request.keep or answer.error:
        return answer
    pairs = zip(request.keep, answer.images, strict=True)
    return replace(answer, images=tuple(_stored(name, result) for name, result in pairs))


def _stored(name: str, result: ImageResult) -> ImageResult:
    if isinstance(result.clean, UnsetType):
        return result
    try:
        if result.clean.thumbnail:
            small = b64decode(result.clean.thumbnail)
            durable.write(kept_thumbnail_name(name), [small], synced=False)
        durable.write(name, [b64decode(result.clean.content)])
    except Exception:  # the boundary of a store: whatever it raises, the answer is given
        logger.exception("the image of a prediction could not be kept")
        return replace(result, clean=UNSET)
    return replace(result, clean=replace(result.clean, content="", thumbnail=""))
