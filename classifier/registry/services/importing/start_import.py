"""Take a foreign model's file in and start the job that makes a version of it."""

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction

from accounts.errors import RateExceeded
from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.quotas import Quota
from accounts.roles import Role
from accounts.selectors.organizations import default_organization
from accounts.services import audit
from accounts.services.quotas import require_room, take
from classifier.engine.foreign.scaling import Input
from classifier.models import ModelImport, RegisteredModel
from classifier.registry import kinds
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.model_imports import REFUSED, imports_today, refusals_today
from classifier.registry.services.importing.inspect_file import Inspected, inspect_file
from common.errors import Conflict, DomainError
from common.fit import Fit
from common.names import require_readable, unseen_character
from datasets.models import Dataset
from datasets.policies import require_alive
from jobs.services.enqueue import enqueue
from storage import durable
from storage.atomic import link_or_copy, write_atomically
from storage.names import model_upload_name, new_upload_key

NAME_LENGTH, LABEL_LENGTH = 120, 255
_A_DAY_SECONDS = 24 * 3600
# For each model that may come in a day, so many files may be refused.
_REFUSALS = 5


class Wish(NamedTuple):
    """What a person states about a foreign model, and what is to become of it.

    `model` is the one whose next version it becomes; without one a new model is made in
    `organization`, called `name` or after the file. `dataset` has images to try it on.
    """

    class_names: Sequence[str]
    given: Input
    fit: Fit = "stretch"
    model: RegisteredModel | None = None
    organization: Organization | None = None
    name: str = ""
    dataset: Dataset | None = None


def start_model_import(
    *, user: User, file: UploadedFile, file_name: str, wish: Wish
) -> ModelImport:
    """Look at the file, keep it, and queue its import; `file_name` is a label.

    Raises `NotFound`, `Forbidden` below editor, `InTrash`, `TooLarge`, `UnsupportedMediaType`,
    `Unprocessable`, `Conflict` for an archived model or one import too many of the person's,
    `RateExceeded`, `QuotaExceeded`; then nothing is left behind. A refused file is audited.
    """
    organization = _owner(user, wish)
    require_room(organization=organization, quotas=(Quota.BYTES, Quota.JOBS))
    _require_turn(user, organization)
    label = _label(file_name)
    try:
        stream = cast(BinaryIO, file)
        inspected = inspect_file(stream, file.size or 0, list(wish.class_names), wish.given)
    except DomainError as error:
        audit.record(
            actor=user,
            action=REFUSED,
            target=organization,
            file=label,
            code=error.code,
        )
        raise
    key = new_upload_key()
    try:
        sha256 = _kept(file, durable.collecting(model_upload_name(key)))
        durable.complete(model_upload_name(key))
        kept = _Kept(key, label, sha256, file.size or 0)
        with transaction.atomic():
            return _inserted(user, organization, wish, inspected, kept)
    except BaseException:
        durable.delete(model_upload_name(key))
        raise


class _Kept(NamedTuple):
    key: str
    label: str
    sha256: str
    bytes: int


def _owner(user: User, wish: Wish) -> Organization:
    """Return where the model goes; raises where the person may not put it there."""
    model, dataset = wish.model, wish.dataset
    if model is not None:
        require_editable_model(user=user, model=model)
        if model.archived_at is not None:
            raise Conflict(
                f"{model} is archived: it gets no new versions until it is back.", code="archived"
            )
    organization = model.organization if model is not None else wish.organization
    organization = organization or default_organization(user)
    require_role(user=user, organization=organization, role=Role.EDITOR)
    if dataset is not None:
        require_alive(dataset=dataset)
        if dataset.organization_id != organization.pk:
            raise Conflict(
                "The model and the dataset that it is tried on must belong to the same "
                f"organization; {dataset} is not {organization}'s.",
                code="other_organization",
            )
    return organization


def _require_turn(user: User, organization: Organization) -> None:
    """Refuse one import too many in 24 hours: opening a file costs a core a minute or more."""
    limits = (
        (user.get_username(), imports_today(user=user), settings.MODEL_IMPORTS_A_DAY),
        (
            organization.name,
            imports_today(organization=organization),
            settings.MODEL_IMPORTS_A_DAY_PER_ORGANIZATION,
        ),
    )
    refused = refusals_today(user)
    if refused >= _REFUSALS * settings.MODEL_IMPORTS_A_DAY:
        raise RateExceeded(
            f"{refused:,} files of {user.get_username()} were refused in 24 hours; that is enough.",
            retry_after_seconds=_A_DAY_SECONDS,
            hint="Try again tomorrow.",
        )
    for whose, used, allowed in limits:
        if used >= allowed:
            raise RateExceeded(
                f"{whose} may bring {allowed:,} models along in 24 hours, and has brought "
                f"{used:,}.",
                retry_after_seconds=_A_DAY_SECONDS,
                hint="Try again tomorrow, or ask the operator of this Loupe for more.",
            )


def _label(name: str) -> str:
    """Return a file's name as it may be shown: without the folders, without what is unseen."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(each for each in last if unseen_character(each) is None)
    return shown[:LABEL_LENGTH] or "model.keras"


def _kept(file: UploadedFile, path: Path) -> str:
    """Put the upload where it is kept; return its SHA-256."""
    file.seek(0)
    if isinstance(file, TemporaryUploadedFile):
        link_or_copy(Path(file.temporary_file_path()), path)
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    return write_atomically(path, iter(partial(file.read, 1 << 20), b""))


def _inserted(
    user: User, organization: Organization, wish: Wish, inspected: Inspected, kept: _Kept
) -> ModelImport:
    # People of one organization count one after the other, and each of them.
    organization.lock()
    _require_turn(user, organization)
    take(organization=organization, amounts={Quota.BYTES: kept.bytes})
    stem = kept.label.removesuffix(".keras")
    row = ModelImport(
        organization=organization,
        model=wish.model,
        name=wish.model.name if wish.model else require_readable(wish.name or stem)[:NAME_LENGTH],
        file_name=kept.label,
        file_sha256=kept.sha256,
        file_bytes=kept.bytes,
        upload=kept.key,
        keras_version=inspected.keras_version,
        class_names=list(wish.class_names),
        input=_input(wish, inspected.size),
        stated=inspected.stated.to_dict(),
        remarks=inspected.remarks,
        dataset=wish.dataset,
        created_by=user,
    )
    row.job = enqueue(
        kind=kinds.IMPORT_MODEL,
        organization=organization,
        created_by=user,
        title=f"Import of the model {kept.label}"[:200],
        payload={"model_import": str(row.pk)},
    )
    row.save()
    audit.record(
        actor=user,
        action="model_import.start",
        target=row,
        file=kept.label,
        sha256=kept.sha256,
        bytes=kept.bytes,
    )
    return row


def _input(wish: Wish, size: int) -> dict[str, Any]:
    given = wish.given
    return {"size": size, "scaling": given.scaling, "channels": given.channels, "fit": wish.fit}
