"""Change a dataset's name or description."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from common.names import require_readable
from datasets.models import Dataset
from datasets.policies import require_editable


@transaction.atomic
def edit_dataset(
    *, user: User, dataset: Dataset, name: str | None = None, description: str | None = None
) -> Dataset:
    """Set what is given; raises `InTrash`, `NotFound`, `Forbidden`, `Invalid` for a bad name."""
    require_editable(user=user, dataset=dataset)
    if name is not None:
        require_readable(name)
    changes = {"name": name, "description": description}
    given = {field: value for field, value in changes.items() if value is not None}
    for field, value in given.items():
        setattr(dataset, field, value)
    dataset.save(update_fields=list(given))
    audit.record(actor=user, action="dataset.edit", target=dataset, **given)
    return dataset
