"""What kind of version it is and what it was made of, as parts of its card."""

import re
from collections.abc import Iterator
from typing import Any

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.formats.classic.plan import KINDS
from classifier.engine.presets.distilled import DistilledPreset
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.transfer import TransferPreset
from classifier.models import ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.card.words import count, share, small
from common.documents.parts import Cell, Facts, Part, Table, Words
from common.sentences import binary_size, listed

_VECTORS = KINDS[0]
_MADE_OF_OTHERS = ("ensemble", "instant_model")


def kind_of(version: ModelVersion) -> str:
    """Return how the version came to be, in a sentence's words."""
    if version.model.built_in:
        return "built-in: it comes with Loupe"
    if version.ensemble:
        members = len(version.ensemble["members"])
        return f"an ensemble of {members} models ({version.ensemble['method']})"
    if version.instant_model:
        return "an instant model: a head that was fitted on vectors while people labelled"
    if version.imported:
        return "trained outside of Loupe, brought along as a file of Keras"
    outside = version.imported is not None
    if source := copied_from(version):
        return f"a copy of {source}{', which was trained outside of Loupe' if outside else ''}"
    if outside or version.training_run is None:
        return "brought along: trained outside of Loupe"
    if version.distilled:
        return f"a student, trained by Loupe on the answers of {version.distilled['name']}"
    return "trained by Loupe"


def copied_from(version: ModelVersion) -> str:
    """Return what another organization's version it is a copy of; empty for none."""
    row = getattr(version, "copied_from", None)
    return row.source if row is not None else ""


def _of_copy(version: ModelVersion) -> Iterator[Part]:
    """Yield which classes a copy calls otherwise, and what is not told of it here."""
    row = getattr(version, "copied_from", None)
    if row is None:
        return
    if row.class_mapping:
        yield Table(
            "Classes that the copy calls otherwise",
            ["There", "Here"],
            [[there, here] for there, here in row.class_mapping.items()],
        )
    if version.preset in _MADE_OF_OTHERS and _source_of(version) is None:
        yield Words(
            "The version that it is a copy of is gone, so which pretrained networks it stands on, "
            "and their licences, are not known here.",
            warning=True,
        )


def _source_of(version: ModelVersion) -> ModelVersion | None:
    """Return the version that one is a copy of, while it is there: networks are no secret."""
    row = getattr(version, "copied_from", None)
    return ModelVersion.objects.filter(pk=row.source_version).first() if row else None


def details(version: ModelVersion) -> Iterator[Part]:
    """Yield name, kind, file, code and libraries."""
    aliases = sorted(pointer.alias for pointer in version.alias_set.all())
    shown = ["live" if alias == CHAMPION else alias for alias in aliases]
    rows: list[tuple[str, Cell]] = [
        ("Model", version.model.name),
        ("Version", count(version.number)),
        ("Organization", version.model.organization.name if version.model.organization else "all"),
        ("Kind", kind_of(version)),
        ("Made", f"{version.created_at:%d %B %Y, %H:%M} UTC"),
    ]
    if version.created_by:
        rows.append(("Made by", version.created_by.get_username()))
    rows.append(("Serves as", listed(shown) or "nothing now"))
    rows.append(("Classes", count(len(version.class_names))))
    rows += _preset(version)
    rows += _file(version)
    rows.append(("Code version", version.code_version or "not kept"))
    libraries = [f"{name} {found}" for name, found in version.libraries.items()]
    rows.append(("Libraries", listed(libraries, most=30) or "not kept"))
    yield Facts(rows)


def _preset(version: ModelVersion) -> list[tuple[str, Cell]]:
    if version.ensemble or version.instant_model:
        return []
    if version.imported:
        came = version.imported
        return [
            ("Came as", came["file_name"]),
            ("SHA-256 of that file", came["sha256"]),
            ("Goes in", f"{came['size']} × {came['size']}, {came['channels']}: {came['formula']}"),
            ("Parameters", count(came["parameters"])),
        ]
    preset = PRESETS.get(version.preset)
    rows: list[tuple[str, Cell]] = [
        ("Preset", f"{version.preset}: {preset.title}" if preset else version.preset)
    ]
    if taught := version.distilled:
        rows.append(("Teacher", taught["name"]))
        rows.append(("SHA-256 of the teacher’s file", taught["sha256"]))
    return rows


def _file(version: ModelVersion) -> list[tuple[str, Cell]]:
    served = version.served_file
    if served is None:
        return [("File", "made at the first use")]
    rows: list[tuple[str, Cell]] = [
        ("File", f"model.onnx, {binary_size(served['bytes'])}"),
        ("SHA-256 of the file", served["sha256"]),
    ]
    if version.parity and "max_abs_difference" in version.parity:
        rows.append(
            ("Largest difference to the trained network",
             small(version.parity["max_abs_difference"]))
        )  # fmt: skip
    return rows


def backbones(version: ModelVersion) -> Iterator[Part]:
    """Yield the presets, and the pretrained networks that are in it with their licences."""
    if version.ensemble:
        yield Table(
            "Members",
            ["Member", "Preset", "Weight"],
            [
                [each["name"], each["preset"], share(each["weight"])]
                for each in version.ensemble["members"]
            ],
            frozenset({2}),
        )
    yield from _of_copy(version)
    found = backbones_in(version)
    if found:
        yield Table(
            "Pretrained weights",
            ["Network", "Licence of the weights", "Source"],
            [[each.title, each.licence, each.source] for each in found],
        )


def backbones_in(version: ModelVersion) -> list[Backbone]:
    """Return the networks whose pretrained weights a version stands on."""
    if version.preset in _MADE_OF_OTHERS and (source := _source_of(version)) is not None:
        return backbones_in(source)
    if version.ensemble:
        presets: list[tuple[str, dict[str, Any]]] = [
            (each["preset"], {}) for each in version.ensemble["members"]
        ]
    else:
        presets = [(version.preset, version.config)]
    found = [_backbone(name, config) for name, config in presets]
    if version.instant_model:
        found.append(_named(version.instant_model["embedding"].partition("-")[0]))
    return list(dict.fromkeys(each for each in found if each is not None))


def _backbone(preset_name: str, config: dict[str, Any]) -> Backbone | None:
    preset = PRESETS.get(preset_name)
    if isinstance(preset, TransferPreset):
        return preset.backbone
    if isinstance(preset, DistilledPreset):
        return EFFICIENTNET_LITE0
    if preset is not None and preset.kind == "classic":
        chosen = config.get("input", getattr(preset.defaults, "input", ""))
        return EFFICIENTNET_LITE0 if chosen == _VECTORS else None
    return None


def _named(name: str) -> Backbone | None:
    """Return the network that a space of vectors is named after."""
    bare = _bare(name)
    return next((each for key, each in BACKBONES.items() if _bare(key) == bare), None)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
