"""Which model versions can be asked what they see in an image."""

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from accounts.models import User
from classifier.models import ModelAlias, ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.models import visible_versions
from datasets.models import Image

_MOST = 50


def versions_to_explain(user: User, image: Image) -> list[ModelVersion]:
    """Return versions that `user` may ask: of the image's dataset first, then those that are live,
    the newest first."""
    of_dataset = Q(dataset_version__dataset=image.dataset_id)
    live = Exists(ModelAlias.objects.filter(version=OuterRef("pk"), alias=CHAMPION))
    near = Case(
        When(of_dataset & live, then=Value(0)),
        When(of_dataset, then=Value(1)),
        When(model__organization=None, then=Value(3)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = visible_versions(user).filter(of_dataset | live, model__archived_at=None)
    return list(found.annotate(near=near).order_by("near", "-created_at", "-id")[:_MOST])
