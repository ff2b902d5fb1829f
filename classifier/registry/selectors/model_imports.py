"""Reading foreign models on their way to become versions."""

import uuid
from datetime import timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from accounts.models import AuditEntry, Organization, User
from accounts.querysets import TenantQuerySet
from classifier.models import ModelImport, ModelVersion
from datasets.models import ClassLabel, Image

A_DAY = timedelta(hours=24)
REFUSED = "model_import.refuse"


def visible_imports(user: User) -> TenantQuerySet:
    """Return the imports of models that `user` may see, newest first."""
    rows = ModelImport.objects.for_user(user)
    return rows.select_related("job", "model", "organization", "dataset", "created_by").order_by(
        "-created_at", "-id"
    )


def visible_import(user: User, import_id: uuid.UUID) -> ModelImport:
    """Return one import of a model; raises `NotFound` for one that `user` may not see."""
    return visible_imports(user).get_visible(import_id)


def imports_today(*, user: User | None = None, organization: Organization | None = None) -> int:
    """Return how many imports a person, or an organization, has begun in the last 24 hours."""
    whose = Q(created_by=user) if user is not None else Q(organization=organization)
    return ModelImport.objects.filter(whose, created_at__gt=timezone.now() - A_DAY).count()


def refusals_today(user: User) -> int:
    """Return how many of a person's files were refused in the last 24 hours."""
    since = timezone.now() - A_DAY
    entries = AuditEntry.objects.filter(actor=user, action=REFUSED, created_at__gt=since)
    return entries.count()


def imported_bytes(organization: Organization) -> int:
    """Return the bytes of foreign models: of files that wait for their import, and of versions."""
    waiting = ModelImport.objects.filter(
        organization=organization, job__tidied_at=None, job__released_at=None
    ).aggregate(total=Sum("file_bytes"))["total"]
    versions = ModelVersion.objects.filter(
        model__organization=organization, imported__isnull=False
    ).values_list("files", flat=True)
    kept = sum(file["bytes"] for files in versions for file in files.values())
    return int(waiting or 0) + kept


def trial_images(row: ModelImport, most: int) -> list[tuple[uuid.UUID, str, str]]:
    """Return (image, content, class) of a few labelled images, as many of each class as fit.

    Of the dataset that was named, of classes that the model knows, in the order of their contents:
    by chance, and the same ones every time.
    """
    if row.dataset_id is None:
        return []
    labels = ClassLabel.objects.filter(dataset=row.dataset_id, name__in=row.class_names)
    known = set(labels.values_list("name", flat=True))
    each = max(1, most // max(1, len(known)))
    found: list[tuple[uuid.UUID, str, str]] = []
    images = Image.objects.alive().filter(dataset=row.dataset_id).order_by("sha256")
    for name in [name for name in row.class_names if name in known][:most]:
        rows = images.filter(class_label__name=name).values_list("pk", "sha256")[:each]
        found.extend((pk, sha256, name) for pk, sha256 in rows)
        if len(found) >= most:
            break
    return found[:most]
