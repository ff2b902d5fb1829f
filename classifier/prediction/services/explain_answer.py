"""Explain an answer: which part of its picture, kept or sent again, speaks for it."""

import hashlib
from dataclasses import replace

import redis
from django.core.cache import cache

from accounts.models import User
from classifier.engine.explain.methods import Wish
from classifier.engine.runtime.answer import HeatMap
from classifier.engine.target import ImageAnswer
from classifier.models import Prediction
from classifier.prediction.selectors.kept import kept_image
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.heat_map import heat_map_of
from classifier.prediction.services.predict import check_images
from common.errors import FieldError, Invalid, NotFound
from storage import durable

_FREE_SECONDS = 3600


def explain_answer(*, user: User, prediction: Prediction, image: NamedImage, wish: Wish) -> HeatMap:
    """Return the heat-map of the picture of a prediction that `user` may see, by its version.

    For the class that was answered, unless `wish` names one; no other `Prediction` is kept. The
    first of a picture within an hour is part of the answer, which was counted; each more counts as
    a prediction. Raises `Invalid` (`other_image`) for a picture that was not answered, `TooLarge`,
    and what `heat_map_of` raises.
    """
    check_images([image])
    sha256 = hashlib.sha256(image.content).hexdigest()
    answered = _classes_answered(prediction)
    if sha256 not in answered:
        detail = (
            "image must be the file that was answered, byte for byte; the one received has the "
            f"SHA-256 {sha256[:12]}…"
        )
        raise Invalid(
            detail, code="other_image", errors=[FieldError("/image", "other_image", detail)]
        )
    return heat_map_of(
        user=user,
        version=prediction.model_version,
        content=image.content,
        wish=wish if wish.class_name else replace(wish, class_name=answered[sha256]),
        counted=not _is_first(prediction, sha256),
    )


def explain_kept(*, user: User, prediction: Prediction, place: int, wish: Wish) -> HeatMap:
    """Return the heat-map of the kept picture of a prediction that `user` may see, as above.

    `place` counts the pictures of one thing from 0. Raises `Conflict` (`not_kept`), `NotFound`
    where there is no such picture or its file is gone, and what `heat_map_of` raises.
    """
    image = kept_image(user, prediction.pk, place)
    try:
        content = durable.read(image.file)
    except FileNotFoundError:
        raise NotFound("The file of this image is gone from the store.") from None
    answered = _class_at(prediction, place)
    return heat_map_of(
        user=user,
        version=prediction.model_version,
        content=content,
        wish=wish if wish.class_name else replace(wish, class_name=answered),
        counted=not _is_first(prediction, image.sha256),
    )


def _class_at(prediction: Prediction, place: int) -> str:
    """Return the class answered to the picture at this place, empty where none can be read."""
    if prediction.images is not None and (answer := prediction.images[place]["answer"]):
        return ImageAnswer.from_json(answer).classes[0].class_name
    return next((each.class_name for each in prediction.classes), "")


def _classes_answered(prediction: Prediction) -> dict[str, str]:
    """Return the class answered to each picture, by its SHA-256; of one of several its own."""
    if prediction.images is None:
        first = [each.class_name for each in prediction.classes[:1]]
        return {prediction.image_sha256: first[0] if first else ""}
    return {
        each["sha256"]: ImageAnswer.from_json(each["answer"]).classes[0].class_name
        for each in prediction.images
        if each["answer"]
    }


def _is_first(prediction: Prediction, sha256: str) -> bool:
    try:
        return cache.add(f"explained:{prediction.pk}:{sha256}", True, _FREE_SECONDS)
    except redis.RedisError:
        return False
