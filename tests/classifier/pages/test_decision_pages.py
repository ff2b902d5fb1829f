"""Decisions on pages: set by a form, moved by sliders, shown with an answer."""

import pytest
from playwright.sync_api import expect

from classifier.engine.measure.decision import Wish
from classifier.models import Decision
from tests import factories
from tests.classifier.conftest import BLUE, RED
from tests.classifier.decided import EACH, make_decision
from tests.frontend.browsing import axe_faults


@pytest.mark.django_db
def test_a_form_sets_the_promise(user, page_client, make_model_version):
    version = make_model_version(user)
    path = f"/model-versions/{version.pk}/"
    asked = {"precision": "90", "scope": "class", "confidence": "80", "unknown_rate": "0"}
    assert "Switch decisions on" in page_client.get(path).content.decode()
    wrong = page_client.post(f"{path}decision/", {**asked, "precision": "100"}, follow=True)
    assert "less than or equal to 99.9" in wrong.content.decode()
    assert not Decision.objects.exists()
    away = page_client.get(f"{path}thresholds/", follow=True)
    assert "Set a decision first" in away.content.decode()
    page_client.post(f"{path}decision/", asked)
    assert Decision.objects.get().asked == Wish(
        precision=dict.fromkeys(version.class_names, 0.9), confidence=0.8, unknown_rate=0.0
    )
    assert "is asked about its validation images" in page_client.get(path).content.decode()
    make_decision(user, version, Decision.objects.get().asked)
    shown = page_client.get(path).content.decode()
    assert f"Counted on {3 * EACH} validation images" in shown
    assert "With a confidence of 80.0 % all of these classes keep the precision" in shown
    page_client.post(f"{path}decision/", {**asked, "scope": "all", "precision": "95"})
    assert "Promised: at least 95.0 %" in page_client.get(path).content.decode()
    page_client.post(f"{path}decision/", {**asked, "precision": "99.9"})
    assert "Cannot promise this with 60 images" in page_client.get(path).content.decode()
    page_client.post(f"{path}decision/", {"remove": "yes"})
    assert not Decision.objects.exists()


@pytest.mark.browser
def test_thresholds_move_counts_and_answers_show_decisions(page, sign_in, make_model_version):
    user = factories.make_user()
    version = make_model_version(user)
    make_decision(user, version, Wish(precision=0.9, unknown_rate=0.0))
    sign_in(user)
    page.goto(f"/model-versions/{version.pk}/thresholds/")
    sums = page.locator("#sums .stat-value")
    expect(sums.first).to_have_text("100.0 %")
    assert axe_faults(page) == []
    red = page.get_by_label("Accepted from, red")
    cells = page.locator("#rows tr", has_text="red").locator("td")
    expect(cells.nth(3)).to_have_text(f"{EACH} of {EACH}")
    # Past the end of the scale: never.
    red.fill("1001")
    expect(cells.nth(2)).to_have_text("never")
    expect(cells.nth(3)).to_have_text(f"0 of {EACH}")
    expect(sums.first).to_have_text("66.7 %")
    page.click("#reset")
    expect(sums.first).to_have_text("100.0 %")
    page.get_by_label("All classes at once").fill("1001")
    expect(sums.first).to_have_text("0.0 %")
    page.get_by_label("Accepted from, blue").fill("250")
    expect(sums.first).to_have_text("33.3 %")
    page.click("text=Keep these thresholds")
    expect(page.locator("#decisions")).to_contain_text("Counted on")
    page.click("#decisions summary")
    expect(page.locator("#decisions")).to_contain_text("chosen by hand, so no precision")
    assert Decision.objects.get().asked.thresholds == {"blue": 0.25}

    page.goto("/playground/")
    pictures = [
        {"name": f"{name}.png", "mimeType": "image/png", "buffer": content}
        for name, content in (("blue", BLUE), ("red", RED))
    ]
    page.set_input_files("drop-zone input[type=file]", files=pictures)
    decisions = page.locator(".answer-decision .status")
    expect(decisions).to_have_text(["Accept", "Review"], timeout=60_000)
    expect(page.locator(".answer-near").first.locator("li")).to_have_count(3)
    assert axe_faults(page) == []
