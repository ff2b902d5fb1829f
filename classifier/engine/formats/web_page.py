"""One HTML file with the model, that classifies without a network: the export ``web_page``.

The front end's build makes the page (``platform/frontend/offline``), whole but for the facts and
the model, which are put in here. ONNX Runtime Web runs the served file itself.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from classifier.engine.errors import BadData, ExportFailed
from classifier.engine.files import written_whole
from classifier.engine.formats.facts import ModelFacts

PAGE_FILE = "model.html"
_FACTS, _MODEL = "{{facts}}", "{{model}}"
_PLACES = re.compile(r"\{\{(?:facts|model)\}\}")
_MODEL_BLOCK = re.compile(rb'<script type="text/plain" id="model">([A-Za-z0-9+/=]*)</script>')


def write_web_page(
    page: Path, model: bytes, facts: ModelFacts, said: Mapping[str, str | int], path: Path
) -> None:
    """Write the page that ``page`` is all of but for the model, an ONNX file's content.

    ``said`` are ``model_name`` and ``version``, for people. Raises BadData for a model of several
    squares of an image.
    """
    if facts.more_views:
        raise BadData(
            "This model looks at several squares of an image, which the web page does not make. "
            "Export one of its members."
        )
    values: dict[str, Any] = {
        **said,
        "class_names": facts.class_names,
        "image_size": facts.image_size,
        "fit": facts.fit,
        "made_at": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    text = page.read_text("utf-8")
    packed = base64.b64encode(gzip.compress(model, 6, mtime=0)).decode()
    contents = {_FACTS: _inert(values), _MODEL: packed}
    if any(text.count(place) != 1 for place in contents):
        raise ValueError(f"{page} has not each of {', '.join(contents)} once")
    # In one go: a class may be called like a place.
    whole = _PLACES.sub(lambda found: contents[found[0]], text)
    with written_whole(path) as part:
        part.write_text(whole, "utf-8")


def model_of_page(path: Path) -> bytes:
    """Return the content of the ONNX file that stands in a page."""
    found = _MODEL_BLOCK.search(path.read_bytes())
    if found is None:
        raise ExportFailed(f"{path.name} holds no model.")
    return gzip.decompress(base64.b64decode(found[1]))


def _inert(values: Mapping[str, Any]) -> str:
    """Return JSON that ends no script element, whatever a class is called."""
    return json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")
