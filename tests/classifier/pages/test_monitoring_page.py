"""The page of a model's predictions over time, drift and promises."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import ShareKind
from accounts.roles import Role
from accounts.services.sharing import accept_share, offer_share
from accounts.sharing import Subject
from classifier.engine.measure.decision import Wish
from classifier.models import DriftCheck, DriftKind, DriftWatch, FiguresMark
from classifier.monitoring.selectors.reference import Reference
from classifier.monitoring.selectors.window import Answered
from classifier.monitoring.services.count_predictions import count_predictions
from classifier.monitoring.services.store_check import Comparison, store_check
from jobs.models import Job, Status
from tests import factories
from tests.classifier.decided import make_decision
from tests.classifier.kept import make_kept
from tests.classifier.monitored import Told, tell
from tests.frontend.browsing import NARROW, axe_faults

HOURS = 30


def fill(user, version):
    """Give the page something of everything: 30 hours of answers, a look that found drift."""
    random = np.random.default_rng(0)
    start = timezone.now() - timedelta(hours=HOURS)
    names, decisions = [*version.class_names, "<b>odd</b>"], ["accept", "review", "unknown", None]
    told = [
        Told(
            start + timedelta(minutes=float(minute)),
            names[random.integers(len(names))],
            float(random.uniform(0.5, 1)),
            decisions[random.choice(4, p=[0.6, 0.25, 0.1, 0.05])],
            int(random.gamma(3, 8)),
        )
        for minute in np.sort(random.uniform(0, HOURS * 60 - 5, 400))
    ]
    tell(version, told)
    FiguresMark.objects.update_or_create(pk=1, defaults={"until": start})
    for _ in range(8):
        count_predictions()
    kept = [make_kept(user, version, version.class_names[0], 0.6) for _ in range(3)]
    return look(version, kept)


def look(version, kept):
    """A check that has ended well."""
    organization = version.model.organization
    job = Job.objects.create(
        kind="check_drift", queue="io", organization=organization, title="Drift check",
        status=Status.CANCELLED,
    )  # fmt: skip
    check = DriftCheck.objects.create(
        organization=organization, model=version.model, model_version=version, job=job,
        scheduled=True, level=0.05 / 30,
    )  # fmt: skip
    now = timezone.now()
    window = Answered(
        confidence=np.ones(300), classes=["red"] * 300, ids=["x"] * 300, first_at=now, last_at=now
    )
    bins = [{"name": name, "found": 150, "reference": 45} for name in version.class_names[:2]]
    return store_check(
        check=check,
        reference=Reference(words="the 90 test images of Animals v1", answered=window, contents=[]),
        window=window,
        tests=[
            Comparison(
                kind=DriftKind.VECTORS, score=0.21, p_value=0.0001, images=280,
                moved=[str(each.prediction_id) for each in kept],
            ),
            Comparison(
                kind=DriftKind.CONFIDENCE, score=0.1, p_value=0.01, images=300, usual=0.06,
                bins=[{"name": "0 to 0.9", "found": 200, "reference": 45}],
            ),
            Comparison(
                kind=DriftKind.CLASS_MIX, score=0.01, p_value=0.4, images=300, usual=0.03,
                bins=bins,
            ),
        ],
        missing=[],
    )  # fmt: skip


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


def page_of(version):
    return f"/models/{version.model_id}/monitoring/"


@pytest.mark.django_db
def test_an_empty_page_says_what_comes(version, page_client):
    shown = page_client.get(page_of(version)).content.decode()
    assert "No predictions in this time" in shown
    assert "No check is scheduled" in shown
    assert "has no report on its test images" in shown
    assert "Check now" in shown
    refused = page_client.post(page_of(version), {"check": "yes"}, follow=True)
    assert "at least 50 are needed" in refused.content.decode()


@pytest.mark.django_db
def test_it_shows_figures_drift_and_what_moved(user, version, page_client):
    fill(user, version)
    shown = page_client.get(page_of(version)).content.decode()
    for title in ("Predictions by decision", "Class mix", "Mean confidence", "Latency"):
        assert f">{title}</h2>" in shown
    assert "beside the 90 test images of Animals v1" in shown
    assert "Images that moved most" in shown
    assert shown.count('class="moved-name"') == 3
    assert "<b>odd</b>" not in shown
    for span in ("day", "quarter", "year", "nonsense"):
        assert page_client.get(f"{page_of(version)}?span={span}").status_code == 200


@pytest.mark.django_db
def test_how_drift_is_looked_for_is_set(version, page_client):
    values = {"enabled": "on", "window": "100", "every_hours": "12"}
    page_client.post(page_of(version), values)
    watch = DriftWatch.objects.get()
    assert (watch.window, watch.every_hours, watch.baseline) == (100, 12, None)
    usual = {"usual_from": "2026-05-03T12:00", "usual_to": "2026-05-04T12:00"}
    page_client.post(page_of(version), {**values, **usual})
    watch.refresh_from_db()
    assert watch.baseline["from"].startswith("2026-05-03T12:00")
    half = page_client.post(page_of(version), {**values, "usual_from": "2026-05-03T12:00"})
    assert (half.status_code, "Give both times, or neither." in half.content.decode()) == (
        422,
        True,
    )
    few = page_client.post(page_of(version), {**values, "window": "3"})
    assert "greater than or equal to 50" in few.content.decode()


@pytest.mark.django_db
def test_a_viewer_is_offered_nothing_that_is_refused(user, version, client):
    viewer = factories.make_member(user.personal_organization, Role.VIEWER)
    client.force_login(viewer)
    shown = client.get(page_of(version)).content.decode()
    assert "Check now" not in shown
    assert "Settings of drift checks" not in shown


@pytest.mark.django_db
def test_readers_see_their_own(user, version, client):
    fill(user, version)
    reader = factories.make_user()
    share = offer_share(
        user=user,
        subject=Subject(
            ShareKind.MODEL, version.model_id, version.model.name, version.model.organization
        ),
        receiver=reader.personal_organization.slug,
        may_copy=False,
    )
    accept_share(user=reader, share=share)
    client.force_login(reader)
    shown = client.get(page_of(version)).content.decode()
    assert "No predictions in this time" in shown
    assert "Animals v1" not in shown


@pytest.mark.django_db
def test_promises_are_shown(user, page_client, make_model_version):
    version = make_model_version(user)
    row = make_decision(user, version, Wish(precision=0.9))
    shown = page_client.get(page_of(version)).content.decode()
    assert "not checked yet" in shown
    row.withdrawn = {"": "Withdrawn on 3 May 2026. Of 85 accepted answers, 60 were right."}
    row.save()
    shown = page_client.get(page_of(version)).content.decode()
    assert "Of 85 accepted answers, 60 were right." in shown


@pytest.mark.browser
def test_charts_are_drawn_and_have_tables(page, sign_in):
    user = factories.make_user()
    version = factories.make_model_version(factories.make_run(user))
    fill(user, version)
    sign_in(user)
    page.goto(page_of(version))
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".chart canvas").count() == 4
    for chart in page.locator(".chart-table").all():
        chart.locator("summary").click()
        assert chart.locator("tbody tr").count() > 100
    assert axe_faults(page) == []
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
