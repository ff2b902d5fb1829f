"""Pages about what is shared, was shared or lies in the trash: no link of them leads to a refusal.

A person opens each page and follows every link of its content, as they see them then.
"""

import re
import uuid
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.services.sharing import accept_share, end_share, offer_share
from datasets.models import DatasetCopy
from jobs.models import Job
from tests import factories
from tests.classifier.kept import keep_on, make_kept

pytestmark = pytest.mark.django_db
# Factories give reports no answer for each image, which these pages need.
MADE_UP = ("against=", "/mistakes/", "/pairs/")


@pytest.fixture
def world():
    """An owner's model and dataset, both shared, and what a reader has made by them."""
    owner, reader = factories.make_user(), factories.make_user()
    theirs = reader.personal_organization
    run = factories.make_run(owner)
    version = factories.make_model_version(run)
    shares = [
        accept_share(
            user=reader,
            share=offer_share(
                user=owner, subject=thing.subject, receiver=theirs.slug, may_copy=True
            ),
        )
        for thing in (version.model, run.dataset_version.dataset)
    ]
    own = factories.make_version(user=reader)
    reports = [
        factories.make_report(version, right=50, dataset_version=data, organization=theirs)
        for data in (own, run.dataset_version)
    ]
    trained = factories.make_model_version(factories.make_run(reader, run.dataset_version))
    reports.append(factories.make_report(trained, right=50))
    keep_on(theirs)
    kept = make_kept(reader, version)
    return SimpleNamespace(
        owner=owner, reader=reader, shares=shares, version=version, data=run.dataset_version,
        own=own, trained=trained, reports=reports, kept=kept,
    )  # fmt: skip


def pages_of_reader(world) -> list[str]:
    data, version, trained = world.data, world.version, world.trained
    return [
        f"/models/{version.model_id}/",
        f"/models/{version.model_id}/monitoring/",
        f"/model-versions/{version.pk}/",
        f"/model-versions/{version.pk}/copy/",
        f"/datasets/{data.dataset_id}/",
        f"/datasets/{data.dataset_id}/versions/",
        f"/datasets/versions/{data.pk}/",
        f"/datasets/versions/{data.pk}/copy/",
        f"/models/{trained.model_id}/",
        f"/model-versions/{trained.pk}/",
        f"/model-versions/{trained.pk}/lineage/",
        f"/training/{trained.training_run_id}/",
        *(f"/evaluations/{report.pk}/" for report in world.reports),
        *(f"/evaluations/{report.pk}/comparison/" for report in world.reports),
        f"/predictions/{world.kept.prediction_id}/",
        "/models/", "/datasets/", "/training/", "/", "/predictions/",
    ]  # fmt: skip


def dead_links(client, pages: list[str]) -> list[str]:
    """Open the pages that a person may; return the links in them that are refused or not there."""
    seen: dict[str, int] = {}
    dead = []
    for page in pages:
        answer = client.get(page)
        seen[page] = answer.status_code
        if answer.status_code != 200:
            continue
        content = re.sub(r"(?s)^.*?<main", "<main", answer.content.decode())
        for link in re.findall(r'(?:href|src)="(/[^"#]*)', content):
            path = link.replace("&amp;", "&")
            if path.startswith("/static/") or any(part in path for part in MADE_UP):
                continue
            if path not in seen:
                seen[path] = client.get(path).status_code
            if seen[path] in (403, 404):
                dead.append(f"{page} -> {path}: {seen[path]}")
    assert sum(status == 200 for status in seen.values()) > len(pages) / 2
    return sorted(set(dead))


@pytest.mark.slow
def test_of_what_is_shared_and_of_what_was(world, client):
    factories.sign_in(client, world.reader)
    assert not (dead := dead_links(client, pages_of_reader(world))), "\n".join(dead)
    for share in world.shares:
        end_share(user=world.owner, share=share)
    assert not (dead := dead_links(client, pages_of_reader(world))), "\n".join(dead)


def test_of_what_lies_in_the_trash(world, client):
    dataset = world.data.dataset
    copy = DatasetCopy.objects.create(
        organization=dataset.organization, dataset=dataset, name=dataset.name,
        source_organization="Another", source_name="Pets", source_dataset=uuid.uuid4(),
        counts={"images": 20, "classes": 2}, created_by=world.owner, job=_job(world.owner),
    )  # fmt: skip
    dataset.deleted_at = timezone.now()
    dataset.save()
    factories.sign_in(client, world.owner)
    pages = [
        f"/datasets/versions/{world.data.pk}/",
        f"/datasets/versions/{world.data.pk}/images/",
        f"/datasets/copies/{copy.pk}/",
        f"/model-versions/{world.version.pk}/",
        f"/model-versions/{world.version.pk}/lineage/",
        f"/models/{world.version.model_id}/",
        f"/models/{world.version.model_id}/retraining/",
        f"/training/{world.version.training_run_id}/",
        "/datasets/trash/", "/datasets/", "/",
    ]  # fmt: skip
    assert not (dead := dead_links(client, pages)), "\n".join(dead)


def _job(user) -> Job:
    return Job.objects.create(
        kind="copy_dataset", queue="io", organization=user.personal_organization, title="Copy",
        created_by=user, status="cancelled",
    )  # fmt: skip
