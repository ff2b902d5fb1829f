"""The page that classifies without a network, opened from a file in a browser that has none."""

import base64
import io
import json
import re
from contextlib import contextmanager

import numpy as np
import onnxruntime as ort
import pytest
from django.conf import settings
from PIL import ExifTags, Image
from playwright.sync_api import expect

from classifier.engine.errors import BadData
from classifier.engine.fit.training import train
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.web_page import model_of_page, write_web_page
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import View
from classifier.engine.samples import TrainingSamples
from common.pixels import read_pixels
from tests.classifier.conftest import GREEN
from tests.classifier.engine.classic import Listener
from tests.classifier.engine.file_pixels import FilePixels
from tests.frontend.browsing import NARROW, axe_faults

pytestmark = pytest.mark.browser

SAID = {"model_name": "Colours {{model}} </script><b>", "version": 3}
PIXELS = settings.WEB_PAGE.parents[2] / "offline/pixels.js"
SQUARE = """async ([code, bytes]) => {
    const from = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const { drafted, squareOf } = await import(from);
    const data = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    const small = drafted({ data, width: 160, height: 160 }, 32);
    return Array.from(squareOf(small, 32, "stretch").data);
}"""
LISTEN = """() => {
    window.answers = [];
    document.addEventListener("loupe:answer", ({ detail }) => answers.push(detail.probabilities));
}"""


def facts_of(model: bytes) -> ModelFacts:
    found = ort.InferenceSession(model).get_modelmeta().custom_metadata_map["loupe"]
    return ModelFacts.from_json(found)


@pytest.fixture(scope="module")
def model(trained) -> bytes:
    return trained.onnx.read_bytes()


@pytest.fixture(scope="module")
def web_page(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "model.html"
    write_web_page(settings.WEB_PAGE, model, facts_of(model), SAID, path)
    return path


@pytest.fixture
def offline(browser, web_page):
    """The page of colours, opened."""
    with opened(browser, web_page) as page:
        yield page


@contextmanager
def opened(browser, path):
    """The page in a browser without a network; whatever it asks for or complains of fails."""
    context = browser.new_context(viewport={"width": NARROW[0], "height": NARROW[1]})
    context.grant_permissions(["camera"])
    context.set_offline(True)
    page = context.new_page()
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.evaluate(LISTEN)
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert faults == []


def written(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Colours that change from place to place, so that every pixel counts."""
    rng = np.random.default_rng(width)
    bands = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    small = rng.integers(0, 256, (6, 8, bands), np.uint8)
    return Image.fromarray(small.squeeze()).resize((width, height), Image.Resampling.BICUBIC)


def answered(page, name: str, kind: str, content: bytes) -> np.ndarray:
    before = page.evaluate("answers.length")
    page.set_input_files(
        "input[type=file]", files=[{"name": name, "mimeType": f"image/{kind}", "buffer": content}]
    )
    for _ in range(200):
        if page.evaluate("answers.length") > before:
            return np.array(page.evaluate("answers.at(-1)"))
        page.wait_for_timeout(50)
    pytest.fail(f"no answer to {name}: {page.locator('#said').text_content()}")


def test_the_same_pixels_get_the_same_answer(offline, model):
    predictor, facts = Predictor.of(model), facts_of(model)

    def served(content: bytes) -> np.ndarray:
        return predictor.predict(read_pixels(content, facts.image_size, facts.fit)[None])[0]

    for picture in (noise(300, 200), noise(97, 611), noise(40, 40, "L"), noise(31, 57)):
        content = written(picture)
        assert np.abs(answered(offline, "a.png", "png", content) - served(content)).max() < 1e-3
    see_through = written(noise(64, 64, "RGBA"))
    assert np.abs(answered(offline, "b.png", "png", see_through) - served(see_through)).max() < 0.02
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    photo = written(noise(1600, 1200), "JPEG", quality=90, exif=turned)
    found, expected = answered(offline, "c.jpg", "jpeg", photo), served(photo)
    assert found.argmax() == expected.argmax()
    assert np.abs(found - expected).max() < 0.02


def test_a_large_jpeg_becomes_no_brighter(browser):
    """Halves that are rounded up for each block would add 0.14 to every pixel."""
    page = browser.new_page()
    picture = noise(160, 160)
    content = written(picture, "JPEG", quality=90)
    whole = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    made = page.evaluate(SQUARE, [PIXELS.read_text(), base64.b64encode(whole).decode()])
    page.close()
    apart = np.array(made).reshape(32, 32, 3) - read_pixels(content, 32).astype(int)
    assert abs(apart.mean()) < 0.05
    assert np.abs(apart).max() <= 2


def test_trees_answer_in_a_page(browser, tmp_path):
    """Their operator is of `ai.onnx.ml`, which builds for browsers may lack."""
    rng, rows = np.random.default_rng(0), []
    for number in range(60):
        path = tmp_path / f"{number}.png"
        pixels = rng.integers(0, 140, (20, 30, 3), np.uint8) + np.uint8(100 * (number % 2))
        Image.fromarray(pixels).save(path)
        rows.append((str(path), number % 2))
    train(
        samples=TrainingSamples(train=rows[:40], validation=rows[40:], pixels=FilePixels()),
        config=checked_config("random_forest", {"input": "pixels", "side": 8}),
        preset="random_forest",
        class_names=["dark", "bright"],
        output_dir=tmp_path / "out",
        weights_dir=None,
        backbones_dir=tmp_path / "backbones",
        observer=Listener(),
        checkpoint_dir=None,
    )
    model = (tmp_path / "out" / "model.onnx").read_bytes()
    facts, predictor = facts_of(model), Predictor.of(model)
    page_file = tmp_path / "model.html"
    write_web_page(settings.WEB_PAGE, model, facts, SAID, page_file)
    with opened(browser, page_file) as page:
        for content in (written(noise(200, 90)), written(noise(33, 61))):
            pixels = read_pixels(content, facts.image_size, facts.fit)
            expected = predictor.predict(pixels[None])[0]
            assert np.abs(answered(page, "a.png", "png", content) - expected).max() < 1e-3


def test_it_looks_with_the_camera_and_says_what_it_cannot_open(offline):
    expect(offline.get_by_role("heading")).to_have_text("Colours {{model}} </script><b>")
    assert axe_faults(offline, least="minor") == []
    picture = {"name": "leaf.png", "mimeType": "image/png", "buffer": GREEN}
    offline.set_input_files("input[type=file]", files=[picture])
    best = offline.locator("#classes .is-first .bar-name")
    expect(best).to_have_text("green")
    offline.get_by_role("button", name="Use the camera").click()
    expect(best).to_have_text("red")
    expect(offline.locator("#said")).to_have_text("Answer: red")
    offline.get_by_role("button", name="Stop the camera").click()
    offline.set_input_files("input[type=file]", files=[{**picture, "buffer": b"no picture"}])
    expect(offline.locator("#said")).to_have_text("This browser cannot open the file as a picture.")
    expect(offline.locator("#picture")).to_be_hidden()
    expect(offline.locator("#speed")).to_have_text("")
    assert offline.evaluate("document.documentElement.scrollWidth") == NARROW[0]


def test_a_page_holds_its_model_and_lets_nothing_else_in(web_page, model):
    assert model_of_page(web_page) == model
    text = web_page.read_text("utf-8")
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy
    [facts] = re.findall(r'<script type="application/json" id="facts">(.*?)</script>', text)
    assert json.loads(facts)["model_name"] == SAID["model_name"]
    assert len(text) - len(model) * 4 / 3 < 6 << 20


def test_a_model_of_several_squares_is_refused(model, tmp_path):
    facts = facts_of(model)
    several = ModelFacts(
        class_names=facts.class_names,
        image_size=facts.image_size,
        fit=facts.fit,
        preset=facts.preset,
        more_views=(View(96, "crop"),),
    )
    with pytest.raises(BadData, match="several squares"):
        write_web_page(settings.WEB_PAGE, model, several, SAID, tmp_path / "model.html")
    assert list(tmp_path.iterdir()) == []
