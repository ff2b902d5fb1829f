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

from classifier.engine.errors import ExportFailed
from classifier.engine.files import written_whole
from classifier.engine.formats.facts import ModelFacts

PAGE_FILE = "model.html"
# Browsers hold the file as text, as bytes and as a session at once.
MOST_BYTES = 256 << 20
_FACTS, _MODEL = "{{facts}}", "{{model}}"
_MODEL_BLOCK = re.compile(rb'<script type="text/plain" id="model">([A-Za-z0-9+/=]*)</script>')


def write_web_page(
    page: Path, model: bytes, facts: ModelFacts, said: Mapping[str, str | int], path: Path
) -> None:
    """Write the page that ``page`` is all of but for the model, an ONNX file's content.

    ``said`` are ``model_name`` and ``version``, for people. Raises
    ExportFailed for a model of several squares of an image, or one too large for browsers.
    """
    if facts.more_views:
        raise ExportFailed(
            "This model looks at several squares of an image, which the web page does not make. "
            "Export one of its members."
        )
    if len(model) > MOST_BYTES:
        raise ExportFailed(
            f"A web page takes a model of up to {MOST_BYTES >> 20} MiB; this one has "
            f"{len(model) / (1 << 20):.0f} MiB."
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
    for place, content in ((_FACTS, _inert(values)), (_MODEL, packed)):
        before, found, after = text.partition(place)
        if not found:
            raise ValueError(f"{page} has no place {place}")
        text = before + content + after
    with written_whole(path) as part:
        part.write_text(text, "utf-8")


def model_of_page(path: Path) -> bytes:
    """Return the content of the ONNX file that stands in a page."""
    found = _MODEL_BLOCK.search(path.read_bytes())
    if found is None:
        raise ExportFailed(f"{path.name} holds no model.")
    return gzip.decompress(base64.b64decode(found[1]))


def _inert(values: Mapping[str, Any]) -> str:
    """Return JSON that ends no script element, whatever a class is called."""
    return json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")
