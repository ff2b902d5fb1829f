"""Every backbone there is, the one that embeds images unasked first."""

from importlib import import_module
from pkgutil import iter_modules

from classifier.engine.backbones import catalog
from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0

_APPLICATIONS: list[Backbone] = [
    import_module(f"{catalog.__name__}.{name}").BACKBONE
    for name in sorted(found.name for found in iter_modules(catalog.__path__))
]
BACKBONES: dict[str, Backbone] = {each.name: each for each in (EFFICIENTNET_LITE0, *_APPLICATIONS)}
DEFAULT = next(iter(BACKBONES.values()))
