"""Change a dataset's name, description or licence, or whether it has an instant model."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from common.names import require_readable
from datasets.licences import changed_licence
from datasets.models import Dataset
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.labelling.suggestions import forget_suggestions


@transaction.atomic
def edit_dataset(
    *,
    user: User,
    dataset: Dataset,
    name: str | None = None,
    description: str | None = None,
    instant_model: bool | None = None,
    licence: str | None = None,
    licence_text: str | None = None,
) -> Dataset:
    """Set what is given; raises `InTrash`, `NotFound`, `Forbidden`, `Invalid` for a bad name or
    licence.

    Without an instant model nothing is fitted, and what it suggested is deleted.
    """
    require_editable(user=user, dataset=dataset)
    if name is not None:
        require_readable(name)
    dataset = dataset.lock()
    had_instant_model = dataset.instant_model
    changes = {"name": name, "description": description, "instant_model": instant_model}
    given = {field: value for field, value in changes.items() if value is not None}
    if licence is not None or licence_text is not None:
        stated = changed_licence(dataset.stated_licence, licence, licence_text)
        given |= {"licence": stated.name, "licence_text": stated.words}
    for field, value in given.items():
        setattr(dataset, field, value)
    dataset.save(update_fields=list(given))
    audit.record(actor=user, action="dataset.edit", target=dataset, **given)
    if had_instant_model and not dataset.instant_model:
        forget_suggestions(dataset)
    elif dataset.instant_model and not had_instant_model:
        listeners.instant_model_switched_on.announce(user=user, dataset=dataset)
    return dataset
