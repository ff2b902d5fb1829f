"""Explain what a model answers to a stored image: which part of it speaks for a class."""

from accounts.models import User
from classifier.engine.explain.methods import Wish
from classifier.engine.runtime.answer import HeatMap
from classifier.models import ModelVersion
from classifier.prediction.services.heat_map import heat_map_of
from common.errors import NotFound
from datasets.models import Image
from storage import durable
from storage.names import blob_name


def explain_image(*, user: User, version: ModelVersion, image: Image, wish: Wish) -> HeatMap:
    """Return the heat-map of an image that `user` may see, by a version that `user` may see.

    It counts as a prediction. Raises `NotFound` where the file is gone, and what `heat_map_of`
    raises.
    """
    try:
        content = durable.read(blob_name(image.sha256))
    except FileNotFoundError:
        raise NotFound("The file of this image is gone from the store.") from None
    return heat_map_of(user=user, version=version, content=content, wish=wish)
