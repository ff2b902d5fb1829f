"""The pages and routes of webhooks: made by admins, the secret once, what strangers say escaped."""

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from tests.factories import make_member, make_user, sign_in
from tests.webhooks.made import make_endpoint, tell
from webhooks.models import WebhookAttempt, WebhookEndpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(user):
    return user.personal_organization


def test_one_is_made_on_the_page_and_its_secret_is_shown_once(page_client, organization):
    address = f"/organizations/{organization.slug}/webhooks/"
    assert "No webhooks yet" in page_client.get(address).content.decode()
    form = {"url": "https://example.com/hook", "events": ["job.failed", "drift.found"]}
    answer = page_client.post(address, form)
    endpoint = WebhookEndpoint.objects.get()
    assert answer.url == f"/webhooks/{endpoint.pk}/"
    assert "whsec_" in page_client.get(answer.url).content.decode()
    assert "whsec_" not in page_client.get(answer.url).content.decode()
    assert "https://example.com/hook" in page_client.get(address).content.decode()
    entry = AuditEntry.objects.get(action="webhook.add")
    assert "whsec_" not in str(entry.detail)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"url": "https://10.0.0.1/", "events": ["job.failed"]}, "not an address on the internet"),
        ({"url": "http://example.com/", "events": ["job.failed"]}, "must begin with https://"),
        ({"url": "https://example.com/"}, "This field is required"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(page_client, organization, form, words):
    answer = page_client.post(f"/organizations/{organization.slug}/webhooks/", form)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not WebhookEndpoint.objects.exists()
    endpoint, _ = make_endpoint(organization)
    answer = page_client.post(f"/webhooks/{endpoint.pk}/", form)
    page = answer.content.decode()
    assert (answer.status_code, words in page, form["url"] in page) == (422, True, True)
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events) == ("https://example.com/hook", ["job.failed"])


def test_what_a_receiver_said_is_text(page_client, organization):
    endpoint, _ = make_endpoint(organization)
    tell(organization, text="<script>alert(1)</script>")
    WebhookAttempt.objects.create(
        delivery=endpoint.deliveries.get(),
        status_code=500,
        latency_ms=12,
        code="refused",
        detail="It answered 500.",
        answer="<script>alert(2)</script>",
    )
    page = page_client.get(f"/webhooks/{endpoint.pk}/").content.decode()
    assert "&lt;script&gt;alert(2)" in page
    assert "<script>alert" not in page


def test_the_log_is_filtered_and_an_unknown_filter_refused(page_client, api, organization):
    endpoint, _ = make_endpoint(organization, events=["job.failed", "drift.found"])
    tell(organization)
    tell(organization, "drift.found")
    page = f"/webhooks/{endpoint.pk}/"
    chosen = page_client.get(f"{page}?event=drift.found").content.decode()
    assert chosen.count("Tries and what is sent") == 1
    assert "no such delivery" in page_client.get(f"{page}?status=failed").content.decode()
    assert page_client.get(f"{page}?event=none").status_code == 400
    assert page_client.get(f"{page}?colour=red").status_code == 400
    listed = f"/api/v1/webhooks/{endpoint.pk}/deliveries/"
    assert [row["event"] for row in api.get(listed).json()["results"]] == [
        "drift.found",
        "job.failed",
    ]
    assert len(api.get(f"{listed}?event=job.failed").json()["results"]) == 1
    assert api.get(f"{listed}?status=none").status_code == 400


def test_the_log_costs_the_same_however_long_it_is(
    page_client, organization, django_assert_max_num_queries
):
    endpoint, _ = make_endpoint(organization)
    for _ in range(30):
        tell(organization)
        WebhookAttempt.objects.create(
            delivery=endpoint.deliveries.order_by("-created_at").first(), latency_ms=1
        )
    with django_assert_max_num_queries(16):
        page_client.get(f"/webhooks/{endpoint.pk}/")


def test_the_api_makes_changes_rotates_and_removes(api, organization):
    made = api.post(
        "/api/v1/webhooks/",
        {"url": "https://example.com/hook", "events": ["drift.found", "job.failed"]},
    )
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert (body["events"], body["enabled"]) == (["job.failed", "drift.found"], True)
    one = f"/api/v1/webhooks/{body['id']}/"
    assert "secret" not in api.get(one).json()
    changed = api.patch(one, {"enabled": False}).json()
    assert (changed["enabled"], changed["disabled_because"]) == (
        False,
        "An admin has switched it off.",
    )
    rotated = api.post(f"{one}secret/").json()
    assert rotated["secret"] not in {"", body["secret"]}
    assert rotated["old_secret_until"] is not None
    listed = api.get(f"/api/v1/webhooks/?organization={organization.slug}").json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "https://127.0.0.1/", "events": ["job.failed"]}, "/url"),
        ({"url": "https://example.com/", "events": []}, "/events"),
        ({"url": "https://example.com/", "events": ["job.exploded"]}, "/events/0"),
        ({"url": "https://example.com/", "events": ["job.failed"], "colour": 1}, "/colour"),
    ],
)
def test_the_api_refuses_by_name(api, body, pointer):
    answer = api.post("/api/v1/webhooks/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_test_and_a_replay_are_jobs_that_a_person_follows(api, organization):
    endpoint, _ = make_endpoint(organization)
    answer = api.post(f"/api/v1/webhooks/{endpoint.pk}/test/")
    body = answer.json()
    assert (answer.status_code, body["event"], body["job"]["kind"]) == (
        202,
        "webhook.test",
        "try_webhook",
    )
    assert answer["Location"] == f"/api/v1/jobs/{body['job']['id']}/"
    assert api.get(answer["Location"]).status_code == 200
    again = api.post(f"/api/v1/webhook-deliveries/{body['id']}/replay/")
    assert (again.status_code, again.json()["webhook_id"]) == (202, body["webhook_id"])


def test_members_below_admin_find_no_webhooks(client, organization):
    endpoint, _ = make_endpoint(organization)
    editor = make_member(organization, Role.EDITOR)
    editor.memberships.exclude(organization=organization).delete()
    sign_in(client, editor)
    assert "Admins manage webhooks" in client.get("/webhooks/").content.decode()
    assert client.get(f"/webhooks/{endpoint.pk}/").status_code == 403
    sign_in(client, make_user())
    assert client.get(f"/webhooks/{endpoint.pk}/").status_code == 404
