"""Quotas: of N + 50 at once exactly N pass, admins see them, operators set them."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import hourly
from accounts.errors import QuotaExceeded, RateExceeded
from accounts.models import AuditEntry, Membership, Organization
from accounts.quotas import PersonalQuota, Quota
from accounts.roles import Role
from accounts.selectors.usage import personal_usage, predictions_key, usage_of
from accounts.services.invitations import accept_invitation, invite
from accounts.services.members import change_role
from accounts.services.quotas import give_back_predictions, take_predictions
from accounts.services.sign_up import create_account
from common.errors import DomainError
from datasets.kinds import COMPUTE_MAP
from datasets.models import Dataset
from datasets.services.intake.add_images import NewImage, add_images
from jobs.services.enqueue import enqueue
from tests import factories

N = 10
API = "/api/v1/"


def at_once(number: int, work: Callable[[int], object]) -> Counter:
    """Do `work` in so many threads at the same moment; return how often each answer came."""
    answers: list[object] = []
    start = threading.Barrier(number)

    def run(index: int) -> None:
        start.wait()
        try:
            answers.append(work(index))
        except DomainError as error:
            answers.append((error.status, error.code))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[index]) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answers)


def post(user, path: str, body: dict) -> object:
    client = APIClient()
    client.force_authenticate(user)
    response = client.post(f"{API}{path}", body)
    return 201 if response.status_code == 201 else (response.status_code, response.json()["code"])


def add(dataset: Dataset, index: int, size: int) -> int:
    image = NewImage(f"{index}.png", f"{index:064x}", 8, 8, "PNG", size)
    with transaction.atomic():
        add_images(dataset=dataset, images=[image], duplicates="skip")
    return 201


def start_job(organization: Organization) -> int:
    with transaction.atomic():
        enqueue(
            kind=COMPUTE_MAP, organization=organization, created_by=None, title="Job", payload={}
        )
    return 201


def predict(organization: Organization) -> int:
    take_predictions(organization=organization, amount=1)
    return 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("quota", [*PersonalQuota, *Quota], ids=str)
def test_of_fifty_too_many_at_once_exactly_the_allowed_pass(quota, settings):
    user = factories.make_user()
    organization = user.personal_organization
    # Two datasets: what is counted is the organization's, whatever each of them locks.
    datasets = [factories.make_dataset(organization) for _ in range(2)]
    size, before = 1000, 0
    if isinstance(quota, PersonalQuota):
        settings.QUOTAS = {**settings.QUOTAS, f"{quota.value}_per_person": N}
        before = personal_usage(user, quota).used
    else:
        setattr(organization, quota.field, N * size if quota is Quota.BYTES else N)
        organization.save()
        before = 2 if quota is Quota.DATASETS else 0
    for dataset in datasets:
        dataset.organization = organization
    work = {
        PersonalQuota.ORGANIZATIONS: lambda i: post(user, "organizations/", {"name": f"Org {i}"}),
        PersonalQuota.TOKENS: lambda i: post(user, "auth/tokens/", {"name": f"token {i}"}),
        Quota.DATASETS: lambda i: post(user, "datasets/", {"name": f"Dataset {i}"}),
        Quota.IMAGES: lambda i: add(datasets[i % 2], i, size),
        Quota.BYTES: lambda i: add(datasets[i % 2], i, size),
        Quota.JOBS: lambda i: start_job(organization),
        Quota.PREDICTIONS: lambda i: predict(organization),
    }[quota]
    refused = (429 if quota is Quota.PREDICTIONS else 409, "quota_exceeded")
    answers = at_once(N + 50, work)
    assert answers == {201: N - before, refused: 50 + before}
    if isinstance(quota, PersonalQuota):
        assert personal_usage(user, quota) == (N, N)
    else:
        used = N * size if quota is Quota.BYTES else N
        assert usage_of(organization)[quota] == (used, used)


def test_a_refusal_says_what_is_used_and_allowed(api, user, settings):
    organization = user.personal_organization
    organization.max_datasets = 1
    organization.save()
    factories.make_dataset(organization)
    refused = api.post(f"{API}datasets/", {"name": "One more"})
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "quota_exceeded"
    assert problem["detail"] == (
        f"{organization.name} may have 1 dataset; there are 1, and this would be 1 more."
    )
    assert "ask the operator of this Loupe" in problem["hint"]
    # Another organization of the same person has a quota of its own.
    other = api.post(f"{API}organizations/", {"name": "Other"}).json()["slug"]
    assert api.post(f"{API}datasets/", {"name": "x", "organization": other}).status_code == 201


def test_predictions_come_back_in_an_hour_and_where_nobody_answered(user):
    organization = user.personal_organization
    organization.max_predictions_per_hour = 40
    take_predictions(organization=organization, amount=32)
    with pytest.raises(RateExceeded) as caught:
        take_predictions(organization=organization, amount=32)
    assert 3590 <= caught.value.retry_after_seconds <= 3600
    assert "40 predictions an hour; it has had 32, and this asks for 32 more" in (
        caught.value.detail
    )
    take_predictions(organization=organization, amount=8)
    give_back_predictions(organization=organization, amount=8)
    assert usage_of(organization)[Quota.PREDICTIONS] == (32, 40)
    hourly._client().delete(predictions_key(organization))  # as at the end of the hour
    take_predictions(organization=organization, amount=32)


def test_nobody_owns_more_by_being_made_an_owner(user, settings):
    settings.QUOTAS = {**settings.QUOTAS, "organizations_per_person": 1}
    other = factories.make_user()
    _, secret = invite(user=other, organization=other.personal_organization, role=Role.OWNER)
    with pytest.raises(QuotaExceeded):
        accept_invitation(user=user, secret=secret)
    member = Membership.objects.create(
        organization=other.personal_organization, user=user, role=Role.EDITOR
    )
    with pytest.raises(QuotaExceeded):
        change_role(user=other, membership=member, role=Role.OWNER)
    assert change_role(user=other, membership=member, role=Role.ADMIN).role == Role.ADMIN


def test_admins_see_usage_and_a_full_quota_in_words(api, page_client, user, settings):
    organization = user.personal_organization
    settings.QUOTAS = {**settings.QUOTAS, "jobs": None}
    organization.max_bytes, organization.max_images = 3 << 30, 2
    organization.save()
    factories.make_images(factories.make_dataset(organization), "cat", 2)
    usage = api.get(f"{API}organizations/{organization.slug}/usage/").json()
    assert usage["images"] == {"used": 2, "allowed": 2}
    assert usage["jobs"] == {"used": 0, "allowed": None}
    assert set(usage) == set(Quota)
    assert api.get(f"{API}me/").json()["usage"]["organizations"]["used"] == 1
    page = page_client.get(f"/organizations/{organization.slug}/").content.decode()
    assert "2 of 2" in page
    assert "of 3 GiB" in page
    assert page.count(">Full<") == 1
    assert "No limit" in page
    viewer = factories.make_member(organization, Role.VIEWER)
    factories.sign_in(page_client, viewer)
    assert "Usage" not in page_client.get(f"/organizations/{organization.slug}/").content.decode()


def test_operators_set_quotas_and_nothing_else(client, user):
    organization = user.personal_organization
    root = create_account(
        username="root", email="", password=None, is_staff=True, is_superuser=True
    )
    client.force_login(root)
    url = reverse("admin:accounts_organization_change", args=[organization.pk])
    assert b"Bytes stored" in client.get(url).content
    form = {
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "max_images": "0",
        "max_jobs": "",
        "name": "Renamed",
    }
    assert client.post(url, form).status_code == 302
    name = organization.name
    organization.refresh_from_db()
    assert (organization.max_images, organization.max_jobs, organization.name) == (0, None, name)
    entry = AuditEntry.objects.get(action="organization.quotas")
    assert (entry.actor, entry.detail["after"]) == (root, {"max_images": 0})
    with pytest.raises(QuotaExceeded):
        add(factories.make_dataset(organization), 1, 10)
