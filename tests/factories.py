"""Small functions that make real rows, one per noun; every argument has a sensible default."""

import functools
import itertools
import time
import zlib

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.roles import Role

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_user(username: str = "", **fields) -> User:
    """A person with a personal organization, who signs in with `PASSWORD`."""
    from accounts.services.sign_up import create_account

    username = username or f"person{next(_numbers)}"
    user = create_account(
        username=username, email=f"{username}@example.com", password=None, **fields
    )
    user.password = _hashed_password()
    user.save(update_fields=["password"])
    return user


def sign_in(client, user: User) -> None:
    """Sign `user` in, as if by the form, just now: nothing asks for the password again."""
    from accounts.adapter import SIGNED_IN_AT_SESSION_KEY

    client.force_login(user)
    session = client.session
    session[SIGNED_IN_AT_SESSION_KEY] = time.time()
    session.save()


@functools.cache
def _hashed_password() -> str:
    """Hash `PASSWORD` once a run: a real hash takes half a second."""
    return make_password(PASSWORD)


def make_member(organization: Organization, role: Role) -> User:
    """A person with this role in another person's organization."""
    user = make_user()
    Membership.objects.create(organization=organization, user=user, role=role)
    return user


def make_dataset(organization: Organization | None = None, user: User | None = None, **fields):
    """An empty dataset, by default of a new person's personal organization."""
    from datasets.models import Dataset

    if organization is None:
        organization = (user or make_user()).personal_organization
    values = {"name": f"Dataset {next(_numbers)}", "created_by": user, **fields}
    return Dataset.objects.create(organization=organization, **values)


def make_images(dataset, class_name: str = "", count: int = 1, split: str = "", start: int = 0):
    """Small PNGs of one class with their blobs and thumbnails; `start` shifts their content."""
    return add_files(dataset, image_files(class_name, count, start), split)


def image_files(class_name: str, count: int, start: int = 0):
    """Small PNGs of one class, as (name, content, class name)."""
    import io

    from PIL import Image as Picture

    files = []
    for number in range(start, start + count):
        seed = zlib.crc32(f"{class_name}/{number}".encode()) & 0xFFFFFF
        stream = io.BytesIO()
        Picture.new("RGB", (16, 12), (seed >> 16, seed >> 8 & 255, seed & 255)).save(stream, "PNG")
        files.append((f"{class_name or 'image'}-{number}.png", stream.getvalue(), class_name))
    return files


def read_image_file(content: bytes):
    """What a decoding process makes of one image file."""
    from common.imaging import decode
    from datasets.decoding.image_file import finish_files

    return finish_files([(content, decode(content))])[0]


def add_files(dataset, files, split: str = ""):
    """Image files as (name, content, class name), with their blobs and thumbnails."""
    from django.db import transaction

    from datasets.models import Image
    from datasets.services.intake.add_images import NewImage, add_images
    from storage import durable
    from storage.names import blob_name, thumbnail_name

    new = []
    for name, content, class_name in files:
        file = read_image_file(content)
        durable.write(blob_name(file.sha256), [file.content], synced=False)
        if file.thumbnail:
            durable.write(thumbnail_name(file.sha256), [file.thumbnail], synced=False)
        new.append(
            NewImage(
                name=name, sha256=file.sha256, width=file.width, height=file.height,
                format=file.format, bytes=len(file.content), class_name=class_name, split=split,
            )
        )  # fmt: skip
    with transaction.atomic():
        added = add_images(dataset=dataset, images=new, duplicates="keep")
    ids = [image_id for image_id, _ in added.outcomes]
    return sorted(Image.objects.filter(pk__in=ids), key=lambda image: ids.index(image.pk))


def make_asking_import(dataset):
    """An import that has stopped to ask how its archive is meant, without having run."""
    from datasets import kinds
    from datasets.models import Import
    from jobs.errors import NEEDS_CONFIRMATION, JobFailed
    from jobs.models import Job, Status
    from storage import durable
    from storage.names import new_upload_key, upload_name

    user = dataset.created_by
    key = new_upload_key()
    durable.write(upload_name(key), [b"PK"])
    reading = {
        "layout": "split_folders", "title": "Splits train", "note": "", "encoding": None,
        "images": 1, "splits": [], "classes": [], "class_count": 0, "unlabelled": 1,
        "examples": [], "ignored": 0,
    }  # fmt: skip
    job = Job.objects.create(
        organization=dataset.organization, created_by=user, kind=kinds.IMPORT_ARCHIVE.name,
        queue="io", title="Import", status=Status.FAILED, ended_at=timezone.now(),
        error=JobFailed(NEEDS_CONFIRMATION, "Two readings.").as_error(),
    )  # fmt: skip
    return Import.objects.create(
        dataset=dataset, job=job, archive_name="sets.zip", archive_sha256="0" * 64,
        archive_bytes=2, upload=key, created_by=user, readings=[reading],
    )  # fmt: skip


def make_space(backbone: str = "MobileNetV2", width: int = 1280, **facts):
    """A space, as it is after a backbone was opened; `facts` are those of `spaces.Space`."""
    from datasets.services.vectors.spaces import Space, space_row

    values = {
        "backbone_sha256": "0" * 64, "size": 224, "fit": "stretch", "precision": "float32",
        "mirrored": False, **facts,
    }  # fmt: skip
    return space_row(Space(backbone=backbone, width=width, **values))


def make_vectors(dataset, **facts):
    """Give each image that has a fingerprint a backbone's vector: here its descriptor.

    As after an embedding that went through, the dataset is compared in that space; return it.
    """
    from datasets.selectors.vectors import vector_blocks, vector_source
    from datasets.services.vectors.store_vectors import store_vectors

    space = None
    for ids, vectors in vector_blocks(dataset, vector_source(dataset)):
        space = space or make_space(width=vectors.shape[1], **facts)
        contents = dict(dataset.images.filter(pk__in=ids).values_list("pk", "sha256"))
        store_vectors(
            organization_id=dataset.organization_id,
            space=space,
            vectors={contents[id]: row for id, row in zip(ids, vectors, strict=True)},
        )
    dataset.space = space
    dataset.save(update_fields=["space"])
    return space


def make_version(
    dataset=None, user: User | None = None, classes=("cat", "dog"), per_class: int = 10
):
    """A frozen version of `dataset`, or of a new one with images of two classes."""
    from datasets.services.versions.freeze import freeze

    user = user or make_user()
    if dataset is None:
        dataset = make_dataset(user=user)
        add_files(dataset, [file for name in classes for file in image_files(name, per_class)])
    return freeze(user=user, dataset=dataset)


def make_run(user: User | None = None, version=None, **fields):
    """A queued run of cnn_tiny on `version`, or on a new one."""
    from classifier.training.services.start_training import start_training

    user = user or make_user()
    version = version or make_version(user=user)
    fields.setdefault("preset", "cnn_tiny")
    return start_training(user=user, dataset_version=version, **fields)


def make_model_version(run, model=None, live: bool = True, files=None):
    """The version of `run` as a row alone, without files: for what never loads it.

    The first of its model is live, unless `live` is False. `files` are the facts of files that the
    caller puts there.
    """
    from classifier.models import ModelVersion, RegisteredModel

    model = model or RegisteredModel.objects.create(
        organization=run.organization, name=f"Model {next(_numbers)}", created_by=run.created_by
    )
    number = model.versions.count() + 1
    version = ModelVersion.objects.create(
        model=model, number=number, training_run=run, dataset_version=run.dataset_version,
        dataset_digest=run.dataset_version.digest, class_names=run.dataset_version.class_names,
        preset=run.preset, config=run.config, libraries={}, code_version="test",
        files=files or {"model.onnx": {"sha256": "0" * 64, "bytes": 1}}, created_by=run.created_by,
    )  # fmt: skip
    if number == 1 and live:
        make_live(version)
    return version


def make_report(version, right: int, images: int = 60, *, dataset_version=None, **options):
    """A finished report on the test split, as a worker leaves it.

    The true classes take turns; all but the first `right` images are taken for the next class.
    `digest` says which images these were ("": answers were not kept), `seen` how many of them the
    version had learned from, `columns` their subgroups; `job` made it, for `organization`.
    """
    import numpy as np

    from classifier.engine.measure.answers import pack
    from classifier.engine.measure.evaluation import evaluate
    from classifier.models import EvaluationReport, ReportAnswers
    from datasets.models import Split
    from jobs.models import Job

    dataset_version = dataset_version or version.dataset_version
    classes = len(version.class_names)
    truth = [number % classes for number in range(images)]
    said = [(cls + (number >= right)) % classes for number, cls in enumerate(truth)]
    probabilities = np.eye(classes)[said] * 0.8 + 0.2 / classes
    figures = evaluate(
        probabilities,
        truth,
        version.class_names,
        columns=options.get("columns"),
        seen_in_training=options.get("seen", 0),
    )
    organization = options.get("organization") or version.model.organization
    report = EvaluationReport.objects.create(
        organization=organization, model_version=version, dataset_version=dataset_version,
        split=Split.TEST, metrics=figures.to_json(),
        job=options.get("job") or Job.objects.create(
            kind="evaluate", queue="io", organization=organization, title="Evaluation"
        ),
    )  # fmt: skip
    if digest := options.get("digest", "same"):
        answers = {"samples_digest": digest, **vars(pack(probabilities, truth))}
        ReportAnswers.objects.create(report=report, **answers)
    return report


def make_live(version) -> None:
    """Make a version champion, whatever the gate would say of it."""
    from django.db import transaction

    from classifier.registry.services.move_alias import move_alias

    with transaction.atomic():
        move_alias(
            model=version.model, alias="champion", version=version, reason="Made by a test.",
            user=version.created_by,
        )  # fmt: skip
