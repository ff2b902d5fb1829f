"""The camera of the Playground and of try links, in a browser whose cameras see red."""

import re

import pytest
from playwright.sync_api import expect

from classifier.models import Prediction, PredictionFeedback, TryLink
from classifier.prediction.services.try_links.manage import make_try_link, revoke_try_link
from datasets.models import ClassLabel, Image
from tests import factories
from tests.classifier.conftest import BLUE, GREEN, RED
from tests.classifier.kept import keep_on
from tests.frontend.browsing import NARROW, axe_faults

pytestmark = pytest.mark.browser

HIDE = """() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "image/png", "buffer": content}


@pytest.fixture
def user(stack):
    return factories.make_user()


@pytest.fixture
def version(user, make_model_version):
    return make_model_version(user)


def test_a_phone_tries_a_model_without_an_account(browser, stack, user, version):
    link, secret = make_try_link(user=user, model=version.model, name="open day")
    context = browser.new_context(
        base_url=stack.url,
        viewport={"width": NARROW[0], "height": NARROW[1]},
        has_touch=True,
        permissions=["camera"],
    )
    page = context.new_page()
    sent = []
    page.on("request", lambda request: sent.append((request.url, request.headers)))
    page.goto(f"/try/#{secret}")
    expect(page.get_by_role("heading", name=version.model.name)).to_be_visible()
    assert axe_faults(page, least="minor") == []
    page.set_input_files("input[type=file] >> nth=1", files=[file("leaf.png", GREEN)])
    best = page.locator("#classes .is-first .bar-name")
    expect(best).to_have_text("green", timeout=60_000)
    page.get_by_role("button", name="Use the camera").click()
    expect(best).to_have_text("red")
    expect(page.locator("#said")).to_have_text("Answer: red")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW[0]
    page.evaluate(HIDE)
    expect(page.locator("#said")).to_contain_text("The camera stopped when the page was hidden")
    assert page.evaluate("document.querySelector('video').srcObject") is None
    assert context.cookies() == []
    assert not any(secret in url for url, _ in sent), "the secret is in no address"
    # Fonts and modules say which style sheet or module wants them, and no request says the page.
    assert [url for url, headers in sent if "/try/" in headers.get("referer", "")] == []
    revoke_try_link(user=user, link=TryLink.objects.get(pk=link.pk))
    page.set_input_files("input[type=file] >> nth=1", files=[file("sea.png", BLUE)])
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    context.close()


def test_the_playground_looks_with_the_camera(page, sign_in, user, version):
    sign_in(user)
    page.goto(f"/playground/?model={version.model_id}")
    start = page.get_by_role("button", name="Use the camera")
    page.context.clear_permissions()
    page.context.grant_permissions(["camera"])
    start.click()
    best = page.locator("#webcam-classes .is-first .bar-name")
    expect(best).to_have_text("red", timeout=60_000)
    expect(page.locator("#webcam-said")).to_have_text("It sees red.")
    assert axe_faults(page) == []
    page.get_by_role("button", name="Take this picture").click()
    expect(page.locator(".answer-card .answer-name")).to_have_text("camera-1.jpg")
    expect(page.locator(".answer-card .is-first .bar-name")).to_have_text("red")
    page.evaluate(HIDE)
    expect(page.locator("#webcam-said")).to_contain_text("stopped when the page was hidden")
    page.wait_for_timeout(1000)
    count = Prediction.objects.count()
    page.wait_for_timeout(1000)
    assert Prediction.objects.count() == count, "a page that is hidden asks nothing"


def test_many_answers_stand_in_a_grid_and_a_wrong_one_goes_into_a_dataset(
    page, sign_in, user, version
):
    dataset = version.dataset_version.dataset
    sign_in(user)
    page.goto(f"/playground/?model={version.model_id}")
    files = [file(f"{number}.png", (RED, GREEN)[number % 2]) for number in range(13)]
    files.append(file("none.png", b"no image"))
    page.set_input_files("drop-zone input[type=file]", files=files)
    expect(page.locator("#answers.is-grid .answer-card")).to_have_count(14)
    expect(page.locator("#answer-summary")).to_contain_text("13 answers", timeout=60_000)
    assert axe_faults(page) == []
    page.select_option("#answer-order", "surest")
    names = page.locator(".answer-name").all_text_contents()
    assert names[-1] == "none.png"
    values = [
        float(text.rstrip(" %"))
        for text in page.locator(".is-first .bar-value").all_text_contents()
    ]
    assert values == sorted(values, reverse=True)
    page.select_option("#answer-order", "asked")
    page.get_by_role("button", name="All about 0.png").click()
    first = page.locator(".answer-card.is-open")
    first.get_by_text("Wrong? Add it to a dataset").click()
    expect(first.locator(".answer-wrong")).to_contain_text("is sent to")
    add = first.get_by_role("button", name="Add it", exact=True)
    first.get_by_label("True class").fill("Red")
    expect(first.get_by_role("status")).to_contain_text("has no class “Red”, but “red”.")
    first.get_by_label("True class").fill("red")
    expect(add).to_be_visible()
    expect(first.get_by_role("status")).to_be_hidden()
    first.get_by_label("True class").fill("crimson")
    expect(first.get_by_role("status")).to_contain_text("no class “crimson”. It will be created.")
    expect(add).to_be_hidden()
    assert axe_faults(page) == []
    before = Image.objects.filter(dataset=dataset).count()
    first.get_by_role("button", name="Create the class and add it").click()
    expect(first.get_by_role("status")).to_contain_text("as “crimson”")
    added = Image.objects.filter(dataset=dataset, class_label__name="crimson")
    assert added.count() == 1
    assert Image.objects.filter(dataset=dataset).count() == before + 1


def test_a_class_past_those_that_are_offered_is_asked_for_by_name(page, sign_in, user, version):
    dataset = version.dataset_version.dataset
    ClassLabel.objects.bulk_create(
        ClassLabel(dataset=dataset, name=f"kind {number}", position=10 + number)
        for number in range(500)
    )
    sign_in(user)
    page.goto(f"/playground/?model={version.model_id}")
    page.set_input_files("drop-zone input[type=file]", files=[file("leaf.png", GREEN)])
    card = page.locator(".answer-card")
    expect(card.locator(".is-first .bar-name")).to_have_text("green", timeout=60_000)
    card.get_by_text("Wrong? Add it to a dataset").click()
    with page.expect_response(re.compile(r"/classes/\?name=kind%20499")):
        card.get_by_label("True class").fill("kind 499")
    expect(card.get_by_role("status")).to_be_hidden()
    card.get_by_label("True class").fill("Kind 499")
    expect(card.get_by_role("status")).to_contain_text("no class “Kind 499”, but “kind 499”.")
    # Sent before the dataset was asked: the form says it first and creates nothing.
    card.get_by_label("True class").fill("kind 500")
    card.get_by_label("True class").press("Enter")
    expect(card.get_by_role("status")).to_contain_text("no class “kind 500”. It will be created.")
    assert not ClassLabel.objects.filter(dataset=dataset, name="kind 500").exists()
    card.get_by_label("True class").press("Enter")
    expect(card.get_by_role("status")).to_contain_text("as “kind 500”")


def test_a_wrong_answer_gets_feedback_where_pictures_are_kept(page, sign_in, user, version):
    keep_on(user.personal_organization)
    sign_in(user)
    page.goto(f"/playground/?model={version.model_id}")
    page.set_input_files("drop-zone input[type=file]", files=[file("leaf.png", GREEN)])
    card = page.locator(".answer-card")
    expect(card.locator(".is-first .bar-name")).to_have_text("green", timeout=60_000)
    card.get_by_text("Wrong? Add it to a dataset").click()
    expect(card.locator(".answer-wrong")).to_contain_text("the answer gets this feedback")
    card.get_by_label("True class").fill("red")
    card.get_by_role("button", name="Add it", exact=True).click()
    expect(card.get_by_role("status")).to_contain_text("as “red”")
    said = PredictionFeedback.objects.get()
    assert (said.class_name, said.correct, said.created_by) == ("red", False, user)
    [image] = said.images.all()
    assert image.class_label.name == "red"
    card.get_by_role("link", name="Look at it").click()
    expect(page).to_have_url(re.compile(str(image.pk)))
