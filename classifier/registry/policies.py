"""Who may do what to models."""

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from classifier.models import RegisteredModel


def require_editable_model(*, user: User, model: RegisteredModel) -> None:
    """Let editors and above change a model; no one may change a built-in one: `Forbidden`."""
    require_role(user=user, organization=model.organization, role=Role.EDITOR)


def require_gate_keeper(*, user: User, model: RegisteredModel) -> None:
    """Let admins and above change what a model's gate asks for, and pass by it.

    An editor who could change the rules could make live what they refuse.
    """
    require_role(user=user, organization=model.organization, role=Role.ADMIN)
