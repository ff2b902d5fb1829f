"""A gate is set, refuses a version, an admin overrides it, and goes back: in one visit."""

import pytest
from playwright.sync_api import expect

from classifier.models import ModelGate
from tests import factories
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser


def test_refusal_override_and_rollback(page, sign_in, make_line):
    user = factories.make_user()
    first, worse = make_line(user, 2, right=(57, 50))
    sign_in(user)
    page.goto(f"/models/{first.model_id}/gate/")
    page.click("text=Take the live version's own")
    preview = page.locator("#gate-preview")
    expect(preview).to_contain_text("Not saved yet")
    expect(preview).to_contain_text("the gate asks for at least 95.0 %, 11.7 points more")
    assert axe_faults(page, least="minor") == []
    assert not ModelGate.objects.exists()
    page.click("text=Save the gate")
    expect(page.locator("body")).to_contain_text("holds from now on")

    page.goto(f"/models/{first.model_id}/")
    refusal = page.locator(".gate-refusal")
    expect(refusal).to_contain_text(f"Version {worse.number} is not live: It is worse than")
    expect(refusal).to_contain_text("Accuracy is 83.3 %")
    refusal.get_by_text("Make it live all the same").click()
    page.fill(".gate-override input[name=reason]", "The old camera is gone.")
    page.click("text=Override the gate: make version 2 live")
    expect(page.locator("body")).to_contain_text("Version 2 is live and would not pass the gate")
    page.locator("#history").get_by_text("gate overridden").click()
    expect(page.locator("#history")).to_contain_text("11.7 points more")
    assert axe_faults(page, least="minor") == []

    page.get_by_role("button", name="Roll back to version 1").click()
    expect(page.locator("body")).to_contain_text("Version 1 is live again.")
    expect(page.locator("body")).not_to_contain_text("would not pass the gate today")
    expect(page.locator("#history tbody tr").first).to_contain_text("rolled back")
