"""Reading registered models, their versions and aliases."""

import uuid
from collections.abc import Sequence

from django.db.models import Count, Prefetch

from accounts.models import User
from accounts.querysets import TenantQuerySet
from accounts.quotas import Quota
from classifier.models import ModelAlias, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.errors import NothingServed


def visible_models(user: User) -> TenantQuerySet:
    """Return the models that `user` may see, newest first, with aliases and `version_count`."""
    return _as_listed(RegisteredModel.objects.for_user(user))


def readable_models(user: User) -> TenantQuerySet:
    """Return the same, and those that are shared with an organization of the user's."""
    return _as_listed(RegisteredModel.objects.for_reader(user))


def readable_model(user: User, model_id: uuid.UUID) -> RegisteredModel:
    """Return one model, also a shared one; raises `NotFound` for one that `user` may not read."""
    model: RegisteredModel = readable_models(user).get_visible(model_id)
    return model


def _as_listed(models: TenantQuerySet) -> TenantQuerySet:
    aliases = ModelAlias.objects.select_related("version").order_by("alias")
    return (
        models.select_related("organization")
        .prefetch_related(Prefetch("alias_set", queryset=aliases))
        .annotate(version_count=Count("versions"))
        .order_by("-created_at", "-id")
    )


def visible_model(user: User, model_id: uuid.UUID) -> RegisteredModel:
    """Return one model; raises `NotFound` for one that `user` may not see."""
    return visible_models(user).get_visible(model_id)


def newest_versions(models: Sequence[RegisteredModel]) -> dict[uuid.UUID, ModelVersion]:
    """Return each model's newest version, by the model's id; one query."""
    newest = (
        ModelVersion.objects.filter(model__in=models)
        .order_by("model", "-number")
        .distinct("model")
        .select_related("model", "dataset_version__dataset")
    )
    return {version.model_id: version for version in newest}


def visible_versions(user: User) -> TenantQuerySet:
    """Return the model versions that `user` may see, newest first."""
    return _with_lineage(ModelVersion.objects.for_user(user))


def readable_versions(user: User) -> TenantQuerySet:
    """Return the same, and those of models that are shared with an organization of the user's."""
    return _with_lineage(ModelVersion.objects.for_reader(user))


def readable_version(user: User, version_id: uuid.UUID) -> ModelVersion:
    """Return one model version, also of a shared model; raises `NotFound`.

    What a shared one was made from, and by whom, its owners alone are told.
    """
    found: ModelVersion = readable_versions(user).get_visible(version_id)
    found.model.is_shared = found.is_shared
    return found


def opens(user: User, version: ModelVersion) -> bool:
    """Whether `user` may read a version: a report of it outlasts the sharing of its model."""
    return ModelVersion.objects.for_reader(user).filter(pk=version.pk).exists()


def _with_lineage(versions: TenantQuerySet) -> TenantQuerySet:
    return versions.select_related(
        "model__organization",
        "training_run__job",
        "dataset_version__dataset",
        "created_by",
        "fast_mode__job",
        "copied_from__created_by",
        "note",
    ).order_by("-created_at", "-id")


def visible_version(user: User, version_id: uuid.UUID) -> ModelVersion:
    """Return one model version; raises `NotFound` for one that `user` may not see."""
    return visible_versions(user).get_visible(version_id)


def versions_to_serve(
    user: User, model_id: uuid.UUID, *, number: int | None = None, alias: str = CHAMPION
) -> TenantQuerySet:
    """Return the version of their own organizations that answers, none where there is none.

    Predictions are many, and few are of what is shared: `shared_versions_to_serve`.
    """
    return _serving(ModelVersion.objects.for_user(user), model_id, number, alias)


def shared_versions_to_serve(
    user: User, model_id: uuid.UUID, *, number: int | None = None, alias: str = CHAMPION
) -> TenantQuerySet:
    """Return the version that answers, also of a model that is shared with the user."""
    return _serving(ModelVersion.objects.for_reader(user), model_id, number, alias)


def _serving(
    versions: TenantQuerySet, model_id: uuid.UUID, number: int | None, alias: str
) -> TenantQuerySet:
    chosen = {"number": number} if number is not None else {"alias_set__alias": alias}
    return versions.filter(model_id=model_id, model__archived_at=None, **chosen)


def version_to_serve(
    user: User, model_id: uuid.UUID, *, number: int | None = None, alias: str = CHAMPION
) -> ModelVersion:
    """Return the version with this number, or the one that `alias` points at, with its model and
    what its organization may ask for.

    One small query where there is such a version of their own. Raises `NotFound` for a
    model that `user` may not see, `NothingServed` with what there is instead.
    """
    for find in (versions_to_serve, shared_versions_to_serve):
        found = (
            find(user, model_id, number=number, alias=alias)
            .select_related("model__organization", "fast_mode", "decision")
            .only(
                "number",
                "files",
                "fast_mode__enabled",
                "fast_mode__file",
                "decision__rule_name",
                "model__name",
                "model__class_facts_number",
                "model__challenged",
                "model__organization__name",
                f"model__organization__{Quota.PREDICTIONS.field}",
            )
        )
        for version in found:
            return version
    raise _nothing_served(readable_model(user, model_id), number, alias)


def _nothing_served(model: RegisteredModel, number: int | None, alias: str) -> NothingServed:
    if model.archived_at is not None:
        return NothingServed(
            f"{model.name} is archived, so it answers nothing. Take it back first: PATCH it with "
            '{"archived": false}, or use its settings page.',
            code="archived",
        )
    if number is not None:
        numbers = ModelVersion.objects.filter(model=model).order_by("number")
        there = ", ".join(str(n) for n in numbers.values_list("number", flat=True)[:50])
        return NothingServed(
            f"{model.name} has no version {number}; its versions are {there or 'none yet'}."
        )
    names = ModelAlias.objects.filter(model=model).order_by("alias")
    there = ", ".join(names.values_list("alias", flat=True))
    return NothingServed(
        f"{model.name} has no alias {alias!r}; its aliases are {there or 'none yet'}."
    )
