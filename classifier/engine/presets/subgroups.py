"""What a training does about classes that are more frequent in some subgroups than in others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class SubgroupSettings:
    """Weights by which class and subgroup are independent in what is learned from."""

    reweight_by: str = setting(
        "Reweight by",
        "A column of the images' metadata, or a fact of the images, that divides them into "
        "subgroups. An image counts more where its class is rarer in its subgroup than elsewhere. "
        "Off: every subgroup's images count as they are.",
        default="",
        section="Subgroups",
        word="Where most pictures of a class come from one camera, a model learns the camera. "
        "Weighted so, each class is as frequent with every camera, and the camera says nothing "
        "(reweighing, Kamiran and Calders, 2012). The report tells what it changes.",
    )

    @property
    def subgroup_column(self) -> str:
        """The column whose subgroups are weighed; empty where none are."""
        return self.reweight_by


def require_people_labels(values: Mapping[str, Any]) -> None:
    """Raise InvalidConfig where images join that no person has labelled, and weights are asked."""
    if values.get("reweight_by") and values.get("self_training"):
        sentence = (
            "self_training must be 0 with reweight_by: images that join have the class that the "
            "model gave them, and weights of labels do not undo its bias; received "
            f"{values['self_training']:g}."
        )
        raise InvalidConfig([("self_training", sentence)])
