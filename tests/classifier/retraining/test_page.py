"""The page of a model's retraining in a real browser: a rule, a dismissal, a start."""

import re

import pytest
from playwright.sync_api import expect

from classifier.models import RetrainingDraft
from classifier.retraining.services.draft import look
from tests import factories
from tests.classifier.retraining.made import learn_more, live_model
from tests.frontend.browsing import NARROW, axe_faults, sign_in_as

pytestmark = pytest.mark.browser


def test_an_admin_sets_the_rule_dismisses_a_draft_and_starts_the_next(page, stack):
    model = live_model(factories.make_user())
    page.goto("/accounts/login/")
    sign_in_as(page, model.created_by)
    page.goto(f"/models/{model.pk}/retraining/")
    page.get_by_label("After so many new or corrected labels").fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("holds from now on")).to_be_visible()

    learn_more(model, 6)
    look(model.pk)
    page.reload()
    expect(page.get_by_role("heading", name="A retraining is drafted", exact=True)).to_be_visible()
    page.set_viewport_size(dict(zip(("width", "height"), NARROW, strict=True)))
    assert axe_faults(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_label("Why it is dismissed").fill("Blurred pictures")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("cell", name=re.compile("Dismissed by .*: Blurred"))).to_be_visible()
    assert RetrainingDraft.objects.get().dismissal == "Blurred pictures"

    learn_more(model, 6)
    look(model.pk)
    page.reload()
    page.get_by_role("button", name="Start it").click()
    page.wait_for_url(re.compile("/training/"))
    draft = RetrainingDraft.objects.get(status="started")
    assert str(draft.training_run_id) in page.url
    page.goto(f"/models/{model.pk}/retraining/")
    expect(page.get_by_role("link", name="Started")).to_have_attribute(
        "href", re.compile(str(draft.training_run_id))
    )
