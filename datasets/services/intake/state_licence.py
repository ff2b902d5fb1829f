"""Say which licence the images of an import have."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from datasets.licences import changed_licence
from datasets.models import Import
from datasets.policies import require_editable


@transaction.atomic
def state_licence(
    *, user: User, source: Import, licence: str | None = None, licence_text: str | None = None
) -> Import:
    """Set what is given of an import's licence (`datasets.licences`); empty: the dataset's holds.

    Raises `Invalid`, `NotFound`, `Forbidden` or `InTrash`.
    """
    require_editable(user=user, dataset=source.dataset)
    locked = Import.objects.select_for_update(of=("self",)).get(pk=source.pk)
    stated = changed_licence(locked.stated_licence, licence, licence_text)
    source.licence, source.licence_text = stated
    if stated != locked.stated_licence:
        Import.objects.filter(pk=source.pk).update(licence=stated.name, licence_text=stated.words)
        audit.record(actor=user, action="import.licence", target=source, **stated._asdict())
    return source
