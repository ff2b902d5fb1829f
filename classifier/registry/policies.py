"""Who may do what to models."""

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from classifier.models import RegisteredModel


def require_editable_model(*, user: User, model: RegisteredModel) -> None:
    """Let editors and above change a model; no one may change a built-in one: `Forbidden`."""
    require_role(user=user, organization=model.organization, role=Role.EDITOR)
