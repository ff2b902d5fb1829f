"""Every backbone there is, the one that embeds images unasked first."""

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.backbones.mobilenet_v2.backbone import MOBILENET_V2

BACKBONES: dict[str, Backbone] = {each.name: each for each in (EFFICIENTNET_LITE0, MOBILENET_V2)}
DEFAULT = next(iter(BACKBONES.values()))
