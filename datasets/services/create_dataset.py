"""Make an empty dataset."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.quotas import Quota
from accounts.roles import Role
from accounts.selectors.organizations import default_organization
from accounts.services import audit
from accounts.services.quotas import take
from common.names import require_readable
from datasets.licences import Licence, changed_licence
from datasets.models import Dataset


@transaction.atomic
def create_dataset(
    *,
    user: User,
    name: str,
    description: str = "",
    instant_model: bool = True,
    licence: str = "",
    licence_text: str = "",
    organization: Organization | None = None,
) -> Dataset:
    """Create a dataset in `organization`, by default the caller's personal one.

    `name` has 1–120 characters, `description` up to 4,000. Raises `NotFound`, `Forbidden`,
    `Invalid` for a name with invisible characters or a licence that there is not, `QuotaExceeded`.
    """
    organization = organization or default_organization(user)
    require_role(user=user, organization=organization, role=Role.EDITOR)
    stated = changed_licence(Licence(), licence, licence_text or None)
    take(organization=organization, amounts={Quota.DATASETS: 1})
    dataset = Dataset.objects.create(
        organization=organization,
        name=require_readable(name),
        description=description,
        instant_model=instant_model,
        licence=stated.name,
        licence_text=stated.words,
        created_by=user,
    )
    audit.record(actor=user, action="dataset.create", target=dataset, name=name)
    return dataset
