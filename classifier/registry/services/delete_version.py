"""Delete one version of a model."""

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import ModelVersion
from classifier.registry.selectors.dependents import dependents_of_version
from classifier.registry.services.delete_rows import delete_versions, let_go
from classifier.registry.services.locked import locked_version
from classifier.registry.services.version_numbers import keep_numbers
from common.errors import Conflict, FieldError


@transaction.atomic
def delete_version(*, user: User, version: ModelVersion) -> None:
    """Delete a version with its reports, predictions and files; the history keeps its number.

    Raises `NotFound`, `Forbidden` below admin, `Conflict` (`has_dependents`, one entry of `errors`
    for each reason) while something serves it or works on it.
    """
    require_role(user=user, organization=version.model.organization, role=Role.ADMIN)
    # Aliases move under the same lock.
    version = locked_version(version)
    model = version.model
    dependents = dependents_of_version(version)
    if dependents.bars:
        raise Conflict(
            f"{version} cannot be deleted. {' '.join(dependents.bars)}",
            code="has_dependents",
            errors=[FieldError("", "has_dependents", bar) for bar in dependents.bars],
        )
    audit.record(
        actor=user,
        action="model_version.delete",
        target=version,
        model=str(model.pk),
        number=version.number,
        goes=dependents.goes,
    )
    keep_numbers(model)
    let_go("deleted_version", version.pk)
    try:
        with transaction.atomic():
            delete_versions([version.pk])
            connection.check_constraints()
    except IntegrityError as error:
        detail = f"Something new is being made of {version}: look again, then decide."
        raise Conflict(detail, code="moved_meanwhile") from error
