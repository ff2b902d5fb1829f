"""Find a learning rate: where it is offered, what it says, and the page of a search."""

import html
import re

import pytest

from classifier.engine.fit.rate_curve import curve_of, growing
from classifier.engine.presets.registry import PRESETS
from classifier.training.services.search_rate import start_search, store_search
from tests import factories
from tests.classifier.trained import end_job

pytestmark = pytest.mark.django_db
START = "/training/learning-rates/"


def settings_of(preset: str, **changes) -> dict:
    values = {**PRESETS[preset].defaults.to_dict(), **changes}
    # An unticked box is not sent.
    return {
        f"config-{name}": "" if value is None else value
        for name, value in values.items()
        if value is not False
    }


@pytest.mark.parametrize(
    ("preset", "buttons"), [("cnn_tiny", 1), ("efficientnet_lite0", 3), ("gradient_boosting", 0)]
)
def test_it_is_offered_beside_each_rate_of_steps(page_client, user, preset, buttons):
    factories.make_version(user=user)
    page = page_client.get("/training/new/", {"preset": preset}).content.decode()
    assert page.count("data-rate-finder") == buttons


def test_what_cannot_be_sought_is_said_beside_the_field(page_client, user):
    version = factories.make_version(user=user)
    body = {"dataset_version": version.pk, "preset": "efficientnet_lite0"}
    rate = {"rate": "fine_tune_learning_rate"}
    answer = page_client.post(START, {**body, **settings_of("efficientnet_lite0"), **rate})
    assert answer.status_code == 422
    assert "fine_tune_learning_rate has an effect with" in answer.content.decode()
    wrong = settings_of("efficientnet_lite0", epochs="many")
    answer = page_client.post(START, {**body, **wrong, **rate})
    assert answer.status_code == 422
    assert "No value that can be read: Epochs." in answer.content.decode()


def test_the_page_of_a_search_leads_to_a_run_with_its_settings(page_client, user):
    version = factories.make_version(user=user)
    search = start_search(
        user=user,
        dataset_version=version,
        preset="cnn_tiny",
        config={"batch_size": 8, "batch_normalization": False},
    )
    losses = [2.3] * 30 + [2.3 - 0.05 * step for step in range(30)] + [0.8] * 10 + [30.0]
    curve = curve_of(growing(1e-6, 1.0, 100), losses)
    store_search(search=search, curve=curve)
    end_job(search.job)
    page = page_client.get(f"{START}{search.pk}/").content.decode()
    assert html.escape(curve.verdict) in page
    first, second = re.findall(r'href="(/training/new/\?[^"]+)"', page)
    rate = f"{curve.suggestions[0].learning_rate:.10f}".rstrip("0")
    form = page_client.get(html.unescape(first)).content.decode()
    assert re.search(rf'name="config-learning_rate" value="{rate}"', form)
    assert re.search(r'name="config-batch_size" value="8"', form)
    assert not re.search(r'name="config-batch_normalization"[^>]*checked', form)
    assert first != second
    # Beside the field: buttons that fill it.
    part = page_client.get(f"{START}{search.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert f'data-use-rate="{rate}"' in part
    assert "<html" not in part
