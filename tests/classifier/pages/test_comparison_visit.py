"""From a report to another version's beside it, and to the classes of the built-in model."""

import re

import pytest
from playwright.sync_api import expect

from classifier.models import ModelVersion
from classifier.registry.services.ensure_built_in import VERSION_ID
from datasets.models import Split
from datasets.selectors.versions import samples_of
from tests import factories
from tests.classifier.answering import answered
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser


def test_two_versions_are_compared_and_classes_are_mapped(page, sign_in):
    user = factories.make_user()
    version = factories.make_version(user=user, classes=("dog", "goldfish"), per_class=40)
    first = factories.make_model_version(factories.make_run(user, version))
    second = factories.make_model_version(factories.make_run(user, version), model=first.model)
    truth = [index for _, index in samples_of(version, Split.TEST)]
    wrong = [1 - index for index in truth]
    answered(version, first, truth[:3] + wrong[3:])
    report = answered(version, second, truth[:6] + wrong[6:])
    sign_in(user)
    page.goto(f"/evaluations/{report.pk}/")
    page.click("text=Compare with…")
    page.click("text=Compare >> nth=-1")
    expect(page.locator(".verdict-lead")).to_contain_text(
        "Version 2 gets 3 images right that version 1 gets wrong, and 0 the other way."
    )
    expect(page.locator(".compared-answers img")).to_have_count(3)
    page.click(".chip:has-text('Neither right')")
    expect(page).to_have_url(re.compile("which=neither"))
    expect(page.locator(".compared-answers img")).to_have_count(2)
    assert axe_faults(page, least="minor") == []

    assert len(ModelVersion.objects.get(pk=VERSION_ID).class_names) == 1000, "before its first use"
    page.click("text=Compare with another…")
    page.click("text=Map classes…")
    page.click("text=Tick all suggestions")
    row = page.locator(".mapping-row", has_text="118 classes, from Chihuahua")
    expect(row.get_by_role("checkbox").first).to_be_checked()
    page.evaluate("window.notReloaded = true")
    row.locator("input[type=search]").fill("timber wolf")
    row.get_by_role("button", name="Add").click()
    added = row.get_by_role("checkbox", name=re.compile("timber wolf"))
    expect(added).to_be_checked()
    assert page.evaluate("window.notReloaded")
    assert axe_faults(page, least="minor") == []
    page.click("text=Evaluate and compare")
    expect(page.locator("h1")).to_have_text("Two models compared")
