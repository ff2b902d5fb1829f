"""Copy a model version into an organization: its files, with other names of classes if wanted."""

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from accounts.quotas import Quota
from accounts.selectors.sharing import require_copyable
from accounts.services import audit
from accounts.services.quotas import take
from classifier.engine.files import facts_of
from classifier.engine.formats.facts import FOREIGN_FILE, SKOPS_FILE, TAKEN_FILE, TAUGHT_FILE
from classifier.engine.formats.renamed import RENAMEABLE, write_renamed
from classifier.evaluation.selectors.taken_images import as_list, taken_images
from classifier.models import ModelCopy, ModelVersion
from classifier.registry import kinds
from classifier.registry.services.register import move_files, new_model
from classifier.registry.services.version_numbers import next_number
from common.errors import Conflict, FieldError, Invalid, pointer_part
from common.hashing import sha256_file
from common.names import require_name
from jobs.services.enqueue import enqueue
from storage import durable
from storage.names import model_file_name

_NAMESPACE = uuid.UUID("3f1f1c1e-2d4b-4d07-9b75-7f0f1b8a9f02")
_COPIED = (*RENAMEABLE, SKOPS_FILE, FOREIGN_FILE)
_LISTS = (TAKEN_FILE, TAUGHT_FILE)
NAME_LENGTH = 120


@transaction.atomic
def start_model_copy(
    *,
    user: User,
    version: ModelVersion,
    organization: Organization,
    name: str = "",
    class_mapping: Mapping[str, str] | None = None,
) -> ModelCopy:
    """Queue a copy of a version, as the first of a new model, called as the source's if not given.

    `class_mapping` says what classes are called in the copy; two cannot get one name: a network
    that tells them apart does not learn otherwise by it. Reports stay behind: the copy needs one
    of its own to go live. Raises `NotFound`, `Forbidden`, `Invalid`, `Conflict`
    (`no_file`, `too_many_open`), `QuotaExceeded`.
    """
    require_copyable(user, version.model.subject, organization)
    if version.served_file is None:
        raise Conflict(f"{version} has no model file.", code="no_file")
    mapping = _checked(version, class_mapping or {})
    names = [name for name in (*_COPIED, *_LISTS) if name in version.files]
    size = sum(version.files[name]["bytes"] for name in names)
    take(organization=organization, amounts={Quota.BYTES: size})
    owner = version.model.organization
    copy = ModelCopy(
        organization=organization,
        name=require_name(name.strip() or version.model.name, NAME_LENGTH),
        source_organization=owner.name if owner else "",
        source_name=version.model.name,
        source_version=version.pk,
        source_number=version.number,
        class_mapping=mapping,
        learned_from=version.learned_from,
        known_sources=version.known_sources,
        instant_models=version.instant_models,
        others_unknown=version.others_unknown,
        created_by=user,
    )
    copy.job = enqueue(
        kind=kinds.COPY_MODEL,
        organization=organization,
        created_by=user,
        title=f"Copy of {copy.source}",
        payload={"model_copy": str(copy.pk)},
    )
    copy.save()
    audit.record(actor=user, action="model.copy_start", target=copy, source=copy.source)
    return copy


def copied_files(copy: ModelCopy, version: ModelVersion, folder: Path) -> dict[str, dict[str, Any]]:
    """Write the files of the copy into `folder`; return what is registered of each.

    A classic method's own file does not come where classes are renamed: it holds the old names. The
    file that a foreign model came as holds none. Images that it learned from without a class come
    as one list of hashes, so that reports of the copy count them.
    Raises `BadModelFile` for a file that is not the one that was registered.
    """
    names = [name for name in _COPIED if name in version.files]
    files: dict[str, dict[str, Any]] = {}
    for name in names:
        sha256 = version.files[name]["sha256"]
        source = durable.local_content(model_file_name(version.pk, name), sha256)
        if not source.is_file() or sha256_file(source) != sha256:
            raise Conflict(f"The file {name} of {version} is not the one that was registered.")
        if not copy.class_mapping or name == FOREIGN_FILE:
            shutil.copyfile(source, folder / name)
        elif name in RENAMEABLE:
            write_renamed(source, folder / name, class_names_of(copy, version))
        else:
            continue
        files[name] = dict(facts_of(folder / name))
    if taken := taken_images(version):
        (folder / TAKEN_FILE).write_bytes(as_list(taken))
        files[TAKEN_FILE] = dict(facts_of(folder / TAKEN_FILE))
    return files


def class_names_of(copy: ModelCopy, version: ModelVersion) -> list[str]:
    """Return what the classes are called in the copy, in the order of the outputs."""
    return [copy.class_mapping.get(name, name) for name in version.class_names]


def register_copy(
    *, copy: ModelCopy, version: ModelVersion, files: dict[str, dict[str, Any]], folder: Path
) -> ModelVersion:
    """Register the copy, in the transaction that ends the job; it is not live.

    Who may copy is asked again, and to end the sharing waits for this. Raises as
    `start_model_copy`.
    """
    require_copyable(copy.created_by, version.model.subject, copy.organization, hold=True)
    size = sum(file["bytes"] for file in files.values())
    take(organization=copy.organization, amounts={Quota.BYTES: size})
    model = new_model(copy.organization, copy.name, copy.created_by)
    made = ModelVersion.objects.create(
        id=uuid.uuid5(_NAMESPACE, str(copy.pk)),
        model=model,
        number=next_number(model),
        dataset_digest="",
        class_names=class_names_of(copy, version),
        preset=version.preset,
        config=version.config,
        libraries=version.libraries,
        code_version=version.code_version,
        files=files,
        parity=version.parity,
        imported=version.imported,
        created_by=copy.created_by,
    )
    ModelCopy.objects.filter(pk=copy.pk).update(version=made)
    facts = {"source": copy.source, "class_mapping": copy.class_mapping, "files": files}
    audit.record(actor=copy.created_by, action="model_version.copy", target=made, **facts)
    if version.model.organization_id != copy.organization_id:
        audit.record(
            actor=copy.created_by,
            action="model_version.copied_away",
            target=version,
            to=copy.organization.slug,
        )
    move_files(folder, made, list(files))
    return made


def _checked(version: ModelVersion, mapping: Mapping[str, str]) -> dict[str, str]:
    faults = []
    for name, target in mapping.items():
        pointer = f"/class_mapping/{pointer_part(name)}"
        if name not in version.class_names:
            detail = f"The version has no class {name!r}."
            faults.append(FieldError(pointer, "unknown_class", detail))
        elif not target.strip():
            detail = f"A model cannot do without a class: {name!r} needs a name."
            faults.append(FieldError(pointer, "invalid", detail))
    checked = {name: require_name(target.strip(), NAME_LENGTH) for name, target in mapping.items()}
    names = [checked.get(name, name) for name in version.class_names]
    for name in sorted({each for each in names if names.count(each) > 1}):
        detail = f"Classes of a model are renamed, not merged: two would be called {name!r}."
        faults.append(FieldError("/class_mapping", "merged", detail))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    return {name: target for name, target in checked.items() if name != target}
