"""The Playground asks for another picture of the same thing where it is not sure."""

import numpy as np
import pytest
from playwright.sync_api import expect

from classifier.engine.measure.decision import Wish
from classifier.engine.runtime.predictor import Predictor
from classifier.models import Prediction
from common.pixels import read_pixels
from datasets.models import ClassLabel
from datasets.services.labelling.class_note import set_class_note
from tests import factories
from tests.classifier.conftest import RED, square
from tests.classifier.decided import make_decision
from tests.frontend.browsing import axe_faults


def unsure_red(version) -> tuple[bytes, float]:
    """A picture that is probably red, and how probable: between red and blue, halved towards it."""
    predictor = Predictor.load(version.served_path)
    [view] = predictor.views
    index = version.class_names.index("red")
    low, high = 0.0, 1.0
    for _ in range(20):
        share = (low + high) / 2
        picture = square((int(30 + 190 * share), 30, int(220 - 190 * share)))
        [answer] = predictor.predict(np.stack([read_pixels(picture, view.size, view.fit)]))
        if 0.55 < answer[index] < 0.9:
            return picture, float(answer[index])
        low, high = (share, high) if answer[index] <= 0.55 else (low, share)
    raise AssertionError("the network is never unsure between red and blue")


@pytest.mark.browser
def test_another_picture_settles_what_one_left_open(page, sign_in, make_model_version):
    user = factories.make_user()
    version = make_model_version(user)
    unsure, probability = unsure_red(version)
    threshold = (probability + 1) / 2
    make_decision(user, version, Wish(thresholds={"red": threshold}, unknown_rate=0.0))
    factories.make_report(version, right=21, images=30)
    red = ClassLabel.objects.get(dataset=version.dataset_version.dataset, name="red")
    note = "<b>Stop</b> & ask."
    set_class_note(user=user, label=red, description=note, link="https://example.com/red?a=1&b=2")
    sign_in(user)
    page.goto("/playground/")
    first = {"name": "first.png", "mimeType": "image/png", "buffer": unsure}
    second = {"name": "second.png", "mimeType": "image/png", "buffer": RED}
    page.set_input_files("drop-zone input[type=file]", files=[first])
    decisions = page.locator(".answer-decision .status")
    expect(decisions).to_have_text(["Review"], timeout=60_000)
    known = page.locator(".answer-known")
    expect(known).to_contain_text("“red” was right for 70.0 % of the 10 test images answered so")
    expect(known).to_contain_text("(on new images probably 40 to 89 %)")
    expect(known.locator(".answer-note")).to_contain_text(note)
    link = known.locator(".answer-note a")
    expect(link).to_have_attribute("href", "https://example.com/red?a=1&b=2")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(known.locator(".answer-related")).to_contain_text("3 test images were taken for red")
    more = page.locator("#more")
    add = more.get_by_role("button", name="Add another picture")
    expect(more).to_contain_text("Not sure enough. Another picture of the same thing")
    expect(more.get_by_text("Begin again")).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        add.click()
    expect(more).to_contain_text("is taken as another of the same thing")
    assert axe_faults(page) == []
    chooser.value.set_files([second])
    names = page.locator(".answer-name")
    expect(names).to_have_text(["2 pictures of one thing", "first.png", "second.png"])
    expect(decisions).to_have_text(["Accept", "Review", "Accept"])
    expect(page.locator("#answer-summary")).to_contain_text("1 answer from 2 pictures")
    kept = Prediction.objects.get(images__isnull=False)
    assert [each["name"] for each in kept.images] == ["first.png", "second.png"]
    page.locator(".answer-card").nth(2).get_by_role("button", name="Show where it looked").click()
    expect(page.locator(".heat-map-stage .heat")).to_be_visible(timeout=60_000)
    assert Prediction.objects.count() == 2
    assert axe_faults(page) == []
    # A file that cannot be read is named; the next picture takes its place.
    with page.expect_file_chooser() as chooser:
        add.click()
    chooser.value.set_files([{**second, "name": "broken.png", "buffer": b"no image"}])
    expect(page.locator(".is-thing")).to_contain_text("there is no answer without broken.png")
    expect(more).to_contain_text("in the place of those that failed")
    with page.expect_file_chooser() as chooser:
        add.click()
    chooser.value.set_files([second])
    expect(names).to_have_text(["3 pictures of one thing", "first.png", "second.png", "second.png"])
    expect(decisions.first).to_have_text("Accept")
    more.get_by_text("Begin again").click()
    expect(page.locator(".answer-card")).to_have_count(0)
    expect(page.locator("#nothing-asked")).to_be_visible()
    # Several at once are questions of their own, until a person says that they are of one thing.
    page.set_input_files("drop-zone input[type=file]", files=[first, second])
    expect(decisions).to_have_text(["Review", "Accept"])
    expect(more).to_contain_text("Are these 2 pictures of one thing?")
    more.get_by_text("Answer them together").click()
    expect(decisions).to_have_text(["Accept", "Review", "Accept"])
    # Where one of them could not be read, they are not taken for one.
    broken = {**first, "name": "broken.png", "buffer": b"no image"}
    page.set_input_files("drop-zone input[type=file]", files=[broken, second])
    expect(page.locator("#answer-summary")).to_contain_text("1 could not be read")
    expect(more).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
