"""Training and the Playground in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from classifier.models import Prediction, RegisteredModel, TrainingRun
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import BLUE, GREEN, RED, make_colors
from tests.classifier.evaluation.answered import make_answered
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser


def test_a_run_is_started_watched_and_read_without_a_reload(page, sign_in):
    user = factories.make_user()
    freeze(user=user, dataset=make_colors(user))
    sign_in(user)
    page.goto("/training/new/")
    # Another preset brings other settings; back again for the small images that these are.
    page.click("summary:has-text('On a pretrained network')")
    page.check("input[value=efficientnet_lite0]")
    page.wait_for_selector("[name=config-fine_tune_epochs]")
    page.check("input[value=cnn_tiny]")
    page.wait_for_selector("[name=config-fine_tune_epochs]", state="detached")
    expect(page.locator(".preset-card", has_text="Recommended for your images")).to_contain_text(
        "Tiny CNN"
    )
    expect(page.locator(".settings-basic .setting")).to_have_count(4)
    page.fill("[name=config-epochs]", "90")
    expect(page.locator(".settings-basic .is-changed .setting-default")).to_have_text(
        "changed, default 10 reset"
    )
    page.select_option("[name=config-augmentation]", "none")
    page.click("text=Expert settings")
    # What has no effect is hidden, a question mark explains, a preview follows the settings.
    expect(page.locator("[name=config-momentum]")).to_be_hidden()
    page.select_option("[name=config-optimizer]", "sgd")
    expect(page.locator("[name=config-momentum]")).to_be_visible()
    page.fill("[name=config-momentum]", "0.5")
    page.click("[data-setting=optimizer] [data-reset]")
    expect(page.locator("[name=config-optimizer]")).to_have_value("adamw")
    # It is not sent either, or the run would be refused for it.
    expect(page.locator("[name=config-momentum]")).to_be_hidden()
    expect(page.locator("[name=config-momentum]")).to_be_disabled()
    page.click("[data-setting=optimizer] .explain-button")
    expect(page.locator("#word-optimizer")).to_contain_text("The rule by which each step")
    page.keyboard.press("Escape")
    first = page.locator(".augmentation-preview img").first
    before = first.get_attribute("src")
    page.fill("[name=config-brightness]", "0.9")
    page.press("[name=config-brightness]", "Tab")
    expect(first).not_to_have_attribute("src", before or "")
    page.fill("[name=config-brightness]", "")
    page.fill("[name=config-batch_size]", "8")
    page.fill("[name=config-early_stopping_patience]", "2")
    expect(page.locator("[data-changed-count]")).to_have_text("· 2 changed")
    _find_a_learning_rate(page)
    assert axe_faults(page) == []
    page.click("text=Start training")
    page.wait_for_url("**/training/*-*/")
    page.evaluate("window.notReloaded = true")
    # Before the first epoch it says what happens, and shows what the network will see.
    said = page.locator("[data-job=message]")
    expect(said).to_have_text(
        re.compile(
            "Loading TensorFlow|Starting a process|Listing|Drawing|Building|Reading|Compiling"
        ),
        timeout=60_000,
    )
    expect(page.locator("#run-samples img")).to_have_count(8, timeout=120_000)
    expect(page.locator("#run-samples")).to_contain_text("Augmentation is off")

    epochs = page.locator("#curve-loss tbody tr")
    epochs.nth(1).wait_for(state="attached", timeout=120_000)
    page.wait_for_selector("text=images/s", timeout=60_000)
    # What it answers comes by itself, with the epochs.
    expect(page.locator("#run-watched .answer-strip").first).to_be_visible(timeout=60_000)
    expect(page.locator("#run-class-list .class-name")).to_have_count(2)
    expect(page.locator("#curve-memory .chart-key")).to_contain_text("MB")
    page.wait_for_selector("#run-result >> text=On the test split", timeout=120_000)
    assert page.evaluate("window.notReloaded")
    kept_words = re.compile(r"After epoch \d+, which is kept")
    expect(page.locator("#run-class-list")).to_contain_text(kept_words, timeout=30_000)
    run = TrainingRun.objects.select_related("model_version").get()
    assert epochs.count() == run.epochs.count()
    assert page.locator("#run-facts >> text=Best epoch").count() == 1
    # The curves end where the run did, and their key is of the epoch that is kept.
    last, best = run.metrics["epochs"], run.metrics["best_epoch"]
    assert last < 90, "it was to stop early"
    expect(page.locator("#run-stopped")).to_contain_text(f"Stopped early, after epoch {last} of 90")
    expect(page.locator("#curve-loss .chart-key")).to_contain_text(f"at epoch {best}")
    kept = run.epochs.get(epoch=best)
    expect(page.locator("#curve-loss .chart-key")).to_contain_text(f"{kept.val_loss:.4f}")
    axis = "document.getElementById('curve-loss').chart.chart.getOption().xAxis[0].max"
    assert page.evaluate(axis) == last

    assert axe_faults(page) == []

    # Names without a place to break, on a phone.
    TrainingRun.objects.update(name="Photographs_of_a_collection" * 4)
    RegisteredModel.objects.update(name="Model_of_a_collection" * 5)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1280, "height": 900})
    page.click("text=Full report")
    page.wait_for_selector("#confusion canvas")
    label = page.get_attribute("#confusion .chart-canvas", "aria-label")
    assert "Confusion matrix on the test split" in label
    assert page.locator(".report-classes tbody tr").count() == 2
    with page.expect_download() as download:
        page.click("a:has-text('CSV')")
    assert download.value.suggested_filename.endswith(".csv")


def test_runs_are_compared_from_the_list(page, sign_in):
    user = factories.make_user()
    version = factories.make_version(user=user, per_class=40)
    for name, right in (("Plain", 4), ("Longer", 6)):
        run = factories.make_run(user, version, name=name)
        made = factories.make_model_version(run)
        factories.make_report(made, right=right, images=8, job=run.job)
        metrics = {"milliseconds_per_image": 4.0, "seconds": 10.0}
        TrainingRun.objects.filter(pk=run.pk).update(metrics=metrics)
    sign_in(user)
    page.goto("/training/")
    page.check("[aria-label='Compare Plain']")
    page.check("[aria-label='Compare Longer']")
    page.click("button:has-text('Compare')")
    page.wait_for_selector("#compare-figures canvas")
    expect(page.locator(".compare-table tbody tr")).to_have_count(2)
    expect(page.locator("#compare-figures .chart-canvas")).to_have_attribute(
        "aria-label", "Test accuracy by run: 2 runs. Most accurate: Longer, 75.0 %."
    )
    page.click("summary:has-text('Columns')")
    page.uncheck("[value=bytes]")
    page.click("button:has-text('Show')")
    page.wait_for_url("**column=seconds**")
    expect(page.locator("thead >> text=File size")).to_have_count(0)
    assert axe_faults(page) == []
    page.click("text=2 now right, 0 now wrong")
    expect(page.locator(".compared-answers li")).to_have_count(2)
    assert axe_faults(page) == []


def _find_a_learning_rate(page) -> None:
    """By keys alone: what else is in the form stays as it was."""
    setting = page.locator("[data-setting=learning_rate]")
    setting.get_by_role("button", name="Find a learning rate").press("Enter")
    expect(setting.locator("job-progress")).to_be_visible()
    use = setting.locator("[data-use-rate]")
    expect(use).to_have_count(2, timeout=120_000)
    rate = use.first.get_attribute("data-use-rate") or ""
    expect(setting.locator(".chart-canvas")).to_have_attribute(
        "aria-label", re.compile(rf"Loss at growing.* Suggested: {re.escape(rate)}\.")
    )
    expect(setting.locator("[data-rate-said]")).to_contain_text("The loss falls fastest at")
    expect(setting.locator("canvas")).to_be_visible()
    assert setting.locator(".chart-table tbody tr").count() > 30
    assert axe_faults(page) == []
    use.first.press("Enter")
    field = page.locator("[name=config-learning_rate]")
    expect(field).to_have_value(rate)
    expect(field).to_be_focused()
    expect(page.locator("[name=config-epochs]")).to_have_value("90")
    expect(page.locator("[name=config-batch_size]")).to_have_value("8")
    setting.locator("[data-reset]").click()


def test_a_mistake_is_looked_at_corrected_and_trained_on(page, sign_in, make_model_version):
    user = factories.make_user()
    report = make_answered(
        user, ("blue", "green", "red"), per_class=3,
        make=lambda version: make_model_version(user, version=version),
        wrong=[("blue", "red", 0.9), ("blue", "red", 0.7)],
    )  # fmt: skip
    sign_in(user)
    page.goto(f"/evaluations/{report.pk}/")
    page.wait_for_selector("#confusion canvas")
    # The cell of blue ones (first row) that are taken for red (third column).
    x, y = page.evaluate(
        "document.getElementById('confusion').chart.chart.convertToPixel({seriesIndex: 0}, [2, 0])"
    )
    page.click("#confusion .chart-canvas", position={"x": x, "y": y})
    page.wait_for_url("**/mistakes/?true=blue&predicted=red")
    cards = page.locator("[data-mistake]")
    expect(cards).to_have_count(2)
    expect(cards.first.locator("h3")).to_contain_text("90.0 %")
    expect(page.locator("main")).to_contain_text("No image has a vector yet")
    expect(cards.first.locator(".heat-map .heat")).to_be_visible(timeout=60_000)
    assert axe_faults(page) == []

    def labels() -> list[str]:
        images = report.dataset_version.dataset.images.filter(split="test")
        return sorted(images.values_list("class_label__name", flat=True))

    # Without a card that has the focus a key decides about none.
    page.keyboard.press("Enter")
    expect(cards.first).to_be_focused()
    assert labels().count("red") == 3
    # Keys typed ahead are about the next image, which follows at once.
    page.keyboard.press("Enter")
    page.keyboard.press("k")
    expect(cards.first).to_contain_text("now red")
    expect(cards.nth(1)).to_contain_text("blue is right")
    expect(page.locator("#since-frozen")).to_have_text("Since version 1: 1 relabelled.")
    assert labels().count("red") == 4
    cards.nth(1).get_by_role("button", name="Open again").click()
    expect(cards.nth(1).locator(".mistake-now")).to_have_count(0)
    cards.first.get_by_role("button", name="Back to blue").click()
    expect(cards.first.locator(".mistake-now")).to_have_count(0)
    assert labels().count("red") == 3
    cards.first.focus()
    # By number: the classes of the dataset in their order.
    page.keyboard.press("2")
    expect(cards.first).to_contain_text("now green")
    page.keyboard.press("x")
    left_out = page.locator("[data-mistake] >> text=left out of new versions")
    expect(left_out).to_have_count(1)
    page.keyboard.press("u")
    expect(left_out).to_have_count(0)
    page.reload()
    expect(cards.first).to_contain_text("now green")
    expect(page.locator("#since-frozen")).to_have_text("Since version 1: 1 relabelled.")
    page.click("text=Freeze and retrain")
    page.wait_for_url("**/clone/?dataset_version=*")
    version = report.dataset_version.dataset.versions.get(number=2)
    expect(page.locator("[name=dataset_version]")).to_have_value(str(version.pk))
    assert version.sample_counts["test"] == {"blue": 2, "green": 4, "red": 3}


def test_the_playground_answers_every_image_or_says_why_not(page, sign_in, make_model_version):
    user = factories.make_user()
    version = make_model_version(user)
    sign_in(user)
    page.goto("/playground/")
    images, cards = "drop-zone input[type=file]", page.locator(".answer-card")
    leaf = {"name": "leaf.png", "mimeType": "image/png", "buffer": GREEN}
    page.set_input_files(images, files=[leaf])
    expect(cards.locator(".bar-list > li")).to_have_count(3, timeout=60_000)
    expect(cards.locator(".is-first .bar-name")).to_have_text("green")
    expect(page.locator("#answered-by")).to_have_text(f"{version.model.name}, version 1")
    cards.get_by_role("button", name="Show where it looked").click()
    expect(cards.locator(".heat-map-stage .heat")).to_be_visible(timeout=60_000)
    expect(cards.locator(".answer-heat")).to_contain_text("What speaks for green lies")
    assert Prediction.objects.count() == 1, "the answer is explained, not given once more"

    page.click(".sample >> nth=0")
    expect(cards.locator(".answer-name")).not_to_have_text("leaf.png")
    expect(cards.locator(".bar-list > li")).to_have_count(3)

    # On a phone, more than one request takes, and one that no model can read.
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("scrollTo(0, 0)")
    posts = []
    page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
    notes = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no image"}
    colours = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": (RED, GREEN, BLUE)[number % 3]}
        for number in range(32)
    ]
    page.set_input_files(images, files=[notes, *colours])
    expect(cards).to_have_count(33)
    expect(page.locator("#answer-summary")).to_have_text(
        re.compile(r"^32 answers in [\d]+ ms, 1 could not be read$")
    )
    assert len(posts) == 2
    expect(cards.nth(0).locator(".answer-why")).to_contain_text("this file is none of them")
    expect(cards.nth(2).locator(".is-first .bar-name")).to_have_text("green")
    expect(cards.nth(32).locator(".is-first .bar-name")).to_have_text("green")
    expect(cards.nth(32).locator(".answer-latency")).to_have_text(re.compile(r"^[\d.]+ ms$"))
    expect(cards.nth(0)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe_faults(page) == []

    # A request that fails says why, once, and can be made again.
    page.context.set_offline(True)
    page.set_input_files(images, files=[leaf, notes])
    expect(page.locator("#problem")).to_contain_text("No connection to Loupe.")
    expect(page.locator("#answer-summary")).to_have_text("No answer for 2 of 2 images")
    page.context.set_offline(False)
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("#answer-summary")).to_have_text(
        re.compile(r"^1 answer in \d+ ms, 1 could not be read$")
    )
    expect(page.locator("#problem")).to_be_hidden()
