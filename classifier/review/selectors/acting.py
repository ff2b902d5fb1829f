"""For which organization a person reviews what a model answered."""

from accounts.models import Membership, Organization, User
from accounts.selectors.organizations import organization_for_work
from classifier.models import RegisteredModel


def organization_of_work(user: User, model: RegisteredModel, slug: str | None) -> Organization:
    """Return the organization that `slug` names, else the model's where the user is a member, else
    their personal one. Raises as `organization_for_work`."""
    owner = model.organization
    is_member = Membership.objects.filter(user=user, organization=owner).exists()
    if not slug and owner is not None and is_member:
        return owner
    return organization_for_work(user, slug)
