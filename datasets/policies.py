"""Who may do what to a dataset."""

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from datasets.errors import InTrash
from datasets.models import Dataset


def require_editable(*, user: User, dataset: Dataset) -> None:
    """Let editors and above change a dataset that is not in the trash.

    Raises `NotFound`, `Forbidden` or `InTrash`.
    """
    require_role(user=user, organization=dataset.organization, role=Role.EDITOR)
    require_alive(dataset=dataset)


def require_alive(*, dataset: Dataset) -> None:
    """Let pass a dataset that is not in the trash; raises `InTrash`."""
    if dataset.deleted_at is not None:
        raise InTrash(
            f"{dataset.name} was moved to the trash. Restore it before changing anything in it."
        )
