"""Predictions whose images are kept, made without a worker."""

import hashlib
import io
import itertools
from datetime import timedelta

from PIL import Image as Picture

from accounts.models import Organization
from classifier.engine.target import ClassProbability, ImageAnswer
from classifier.models import KeptPrediction, ModelVersion, Prediction, PredictionKeeping
from storage import durable
from storage.names import kept_name

_numbers = itertools.count(1)


def keep_on(organization, days: int = 30, max_bytes: int = 1 << 30) -> PredictionKeeping:
    """Have the organization keep predictions, without asking its quota."""
    keeping, _ = PredictionKeeping.objects.update_or_create(
        organization=organization, defaults={"enabled": True, "days": days, "max_bytes": max_bytes}
    )
    Organization.objects.filter(pk=organization.pk).update(keeps_predictions=True)
    return keeping


def picture(number: int) -> bytes:
    """A small PNG that no other number has."""
    stream = io.BytesIO()
    color = (number % 256, number // 256 % 256, 77)
    Picture.new("RGB", (8, 8), color).save(stream, "PNG")
    return stream.getvalue()


def make_prediction(
    user,
    version: ModelVersion,
    class_name: str = "cat",
    confidence: float = 0.75,
    decision: str | None = None,
    **fields,
) -> Prediction:
    """An answer whose image is not kept, of the user's own organization where no other is given."""
    others = [name for name in version.class_names if name != class_name]
    rest = [ClassProbability(name, (1 - confidence) / len(others)) for name in others]
    answer = ImageAnswer((ClassProbability(class_name, confidence), *rest), decision)
    return Prediction.objects.create(
        **{
            "organization": user.personal_organization,
            "model_version": version,
            "name": f"photo-{next(_numbers)}.png",
            "image_sha256": "0" * 64,
            "answer": answer.to_json(),
            "created_by": user,
            **fields,
        }
    )


def make_kept(
    user, version: ModelVersion, *args, content: bytes | None = None, age_days: float = 0, **fields
) -> KeptPrediction:
    """The same with its image, kept `age_days` ago, for thirty days from then."""
    prediction = make_prediction(user, version, *args, **fields)
    content = content or picture(next(_numbers))
    durable.write(kept_name(prediction.pk, 0), [content])
    sha256 = hashlib.sha256(content).hexdigest()
    answer = ImageAnswer.from_json(prediction.answer)
    kept = KeptPrediction.objects.create(
        prediction=prediction,
        organization=prediction.organization,
        model_version=version,
        images=[
            {
                "name": prediction.name, "sha256": sha256, "width": 8, "height": 8,
                "format": "PNG", "bytes": len(content),
            }
        ],
        contents=[sha256],
        bytes=len(content),
        class_name=answer.classes[0].class_name,
        confidence=answer.classes[0].probability,
        decision=answer.decision or "",
        expires_at=prediction.created_at + timedelta(days=30 - age_days),
    )  # fmt: skip
    if age_days:
        asked_at = prediction.created_at - timedelta(days=age_days)
        KeptPrediction.objects.filter(pk=kept.pk).update(created_at=asked_at)
    return KeptPrediction.objects.select_related("prediction", "model_version__model").get(
        pk=kept.pk
    )
