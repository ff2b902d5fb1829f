"""Rename, describe, archive and delete models."""

from functools import partial

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import (
    AliasChange,
    Decision,
    EvaluationReport,
    FastMode,
    ModelAlias,
    ModelExport,
    ModelVersion,
    Prediction,
    RegisteredModel,
    RobustnessCheck,
    TrainingRun,
)
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.dependents import dependents_of_model
from common.errors import Conflict, FieldError, Invalid
from common.names import require_readable
from jobs.services.forget import forget
from storage import durable
from storage.names import model_folder


@transaction.atomic
def edit_model(
    *,
    user: User,
    model: RegisteredModel,
    name: str | None = None,
    description: str | None = None,
    archived: bool | None = None,
) -> RegisteredModel:
    """Set what is given. An archived model leaves the lists and answers nothing until it is back.

    Raises `NotFound`, `Forbidden`, `Invalid` for a name that cannot be or that is taken.
    """
    require_editable_model(user=user, model=model)
    given: dict[str, str | bool] = {}
    if name is not None:
        given["name"] = model.name = require_readable(name)
    if description is not None:
        given["description"] = model.description = description
    if archived is not None and archived != (model.archived_at is not None):
        given["archived"] = archived
        model.archived_at = timezone.now() if archived else None
    try:
        with transaction.atomic():
            model.save(update_fields=["name", "description", "archived_at"])
    except IntegrityError as error:
        detail = f"Another model of {model.organization} is called {name!r}."
        raise Invalid(detail, errors=[FieldError("/name", "taken", detail)]) from error
    if given:
        audit.record(actor=user, action="model.edit", target=model, **given)
    return model


@transaction.atomic
def delete_model(*, user: User, model: RegisteredModel) -> None:
    """Delete an archived model with its versions, reports, predictions, history and files.

    Its runs stay, without a version. Raises `NotFound`, `Forbidden` below admin, `Conflict`
    (`has_dependents`, one entry of `errors` for each reason) while it is in use.
    """
    require_role(user=user, organization=model.organization, role=Role.ADMIN)
    model = model.lock()
    dependents = dependents_of_model(model)
    if dependents.bars:
        raise Conflict(
            f"{model.name} cannot be deleted. {' '.join(dependents.bars)} With it would go: "
            f"{'; '.join(dependents.goes)}.",
            code="has_dependents",
            errors=[FieldError("", "has_dependents", bar) for bar in dependents.bars],
        )
    audit.record(
        actor=user, action="model.delete", target=model, name=model.name, goes=dependents.goes
    )
    _delete_rows(model)


def _delete_rows(model: RegisteredModel) -> None:
    with connection.cursor() as cursor:
        # The triggers let versions and history go in this transaction, of this model alone.
        cursor.execute("SELECT set_config('loupe.deleted_model', %s, true)", [str(model.pk)])
    versions = list(ModelVersion.objects.filter(model=model).values_list("pk", flat=True))
    reports = EvaluationReport.objects.filter(model_version__in=versions)
    lineages = set(reports.filter(job__kind="evaluate").values_list("job__lineage", flat=True))
    checks = RobustnessCheck.objects.filter(report__in=reports)
    lineages |= set(checks.values_list("job__lineage", flat=True))
    checks.delete()
    exports = ModelExport.objects.filter(model_version__in=versions)
    lineages |= set(exports.values_list("job__lineage", flat=True))
    exports.delete()
    fast_modes = FastMode.objects.filter(model_version__in=versions)
    lineages |= set(fast_modes.values_list("job__lineage", flat=True))
    fast_modes.delete()
    decisions = Decision.objects.filter(model_version__in=versions)
    lineages |= set(decisions.values_list("job__lineage", flat=True))
    decisions.delete()
    Prediction.objects.filter(model_version__in=versions).delete()
    reports.delete()
    ModelAlias.objects.filter(model=model).delete()
    AliasChange.objects.filter(model=model).delete()
    TrainingRun.objects.filter(model=model).update(model=None)
    ModelVersion.objects.filter(model=model).delete()
    model.delete()
    forget(lineages=lineages)
    for version_id in versions:
        folder = model_folder(version_id)
        transaction.on_commit(partial(durable.delete_folder, folder), robust=True)
