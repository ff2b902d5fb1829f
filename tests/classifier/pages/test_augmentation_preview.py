"""The preview of augmentation: a person's own images, as a run would show them."""

import base64
import io
import re

import numpy as np
import pytest
from django.core.cache import cache
from PIL import Image

from classifier.engine.presets.registry import PRESETS
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/training/new/augmentation/"


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def asked(version, preset="cnn_tiny", **changes):
    settings = {
        f"config-{name}": "" if value is None else value
        for name, value in (PRESETS[preset].defaults.to_dict() | changes).items()
        if value is not False
    }
    return {"dataset_version": version.pk, "preset": preset, **settings}


def pictures(page: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/webp;base64,([^"]+)"', page)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(each)))) for each in found]


def test_a_setting_changes_the_pictures_and_nothing_else_does(client, user):
    client.force_login(user)
    version = factories.make_version(user=user)
    plain = text_of(client.get(URL, asked(version, augmentation="none")))
    first, again, other = (
        pictures(text_of(client.get(URL, asked(version, augmentation="none", brightness=reach))))
        for reach in (0.9, 0.9, 0.3)
    )
    shown = pictures(plain)
    assert len(shown) == len(first) >= 2
    names = set(re.findall(r'title="([^"]+)"', plain))
    assert names == set(version.class_names)
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(first, other, strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(first, shown, strict=True))
    mixed = text_of(client.get(URL, asked(version, augmentation="none", mixup=2)))
    assert re.search(r'title="\w+ \d+ %, \w+ \d+ %"', mixed)


def test_what_cannot_be_drawn_is_said(client, user):
    client.force_login(user)
    version = factories.make_version(user=user)
    refused = text_of(client.get(URL, asked(version, rotate=181)))
    assert "rotate must be a number from 0 to 180, or null; received 181.0." in refused
    unread = text_of(client.get(URL, asked(version, rotate="far")))
    assert "A setting has no value that can be read" in unread
    frozen = text_of(client.get(URL, asked(version, "efficientnet_lite0", rotate=10)))
    assert "rotate changes pixels, and only the last layer is trained" in frozen
    cache.add(f"augmentation-preview:{user.pk}", 1, 30)
    assert "Another preview of yours is being drawn" in text_of(client.get(URL, asked(version)))
    cache.delete(f"augmentation-preview:{user.pk}")


def test_another_tenants_version_is_not_there(client, user):
    version = factories.make_version(user=user)
    client.force_login(factories.make_user())
    assert client.get(URL, asked(version)).status_code == 404
    assert client.get(URL, {**asked(version), "preset": "none"}).status_code == 404
