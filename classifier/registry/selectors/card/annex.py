"""A draft of the technical documentation that Annex IV of the EU AI Act asks for.

Regulation (EU) 2024/1689, Annex IV, points 1 to 9. Filled from the facts that there are; all else
is a gap for a person.
"""

from collections.abc import Iterator

from django.utils import timezone

from accounts.models import User
from classifier.models import ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.card import annex_asked as annex
from classifier.registry.selectors.card import asked
from classifier.registry.selectors.card.card import ids_of
from classifier.registry.selectors.card.data import data
from classifier.registry.selectors.card.measured import (
    Reports,
    calibration,
    limits,
    metrics,
    robustness,
    subgroups,
)
from classifier.registry.selectors.card.origin import backbones, details, kind_of
from classifier.registry.selectors.card.use import decisions, explanation, training
from classifier.registry.selectors.history import history_of
from common.documents.parts import Document, Facts, Part, Section, Table, Words

NOTICE = "This is a draft that Loupe filled with the facts it has. It is no legal advice."
_MOST_CHANGES = 50


def annex_of(user: User, version: ModelVersion) -> Document:
    """Return the draft for a version, as `user` may see it; facts are computed when asked."""
    said = asked.Said(version)
    reports = Reports(user, version)
    nine: list[tuple[str, list[Part]]] = [
        ("A general description of the AI system",
         [said(annex.PROVIDER), said(asked.INTENDED_USE), said(annex.INTERACTION),
          *details(version), said(annex.FORMS), said(annex.HARDWARE), *_images(version),
          said(annex.INSTRUCTIONS)]),
        ("Its elements and the process of its development",
         [*backbones(version), *training(version), said(annex.DESIGN), *data(version),
          said(annex.OVERSIGHT), said(annex.CHANGES_PLANNED), *robustness(reports),
          said(annex.TESTS), *_security(version), said(annex.SECURITY)]),
        ("Monitoring, functioning and control",
         [*metrics(version, reports), *subgroups(reports), *limits(version, reports),
          said(asked.LIMITS), said(annex.RISKS_FORESEEN), said(asked.OUT_OF_SCOPE),
          *decisions(version), *explanation(version)]),
        ("Appropriateness of the performance metrics",
         [*_of_metrics(), *calibration(reports), said(annex.METRICS)]),
        ("The risk management system", [said(annex.RISK_MANAGEMENT)]),
        ("Relevant changes through the lifecycle", [*_changes(version), said(annex.LIFECYCLE)]),
        ("Harmonised standards and other solutions", [said(annex.STANDARDS)]),
        ("The EU declaration of conformity", [said(annex.DECLARATION)]),
        ("Evaluation in the post-market phase", [said(annex.POST_MARKET)]),
    ]  # fmt: skip
    return Document(
        kind="annex_iv",
        title=f"Technical documentation (Annex IV), draft: {version}",
        about=f"It belongs to version {version.number} of {version.model.name}, "
        f"{kind_of(version)}, by the nine points of Annex IV of Regulation (EU) 2024/1689.",
        ids=ids_of(version),
        made_at=timezone.now(),
        sections=[
            Section(f"point-{number}", f"{number}. {title}", parts)
            for number, (title, parts) in enumerate(nine, 1)
        ],
        notice=NOTICE,
    )


def _images(version: ModelVersion) -> Iterator[Part]:
    """Yield what goes in."""
    size = version.config.get("image_size")
    side = f"scaled to {size} × {size} pixels, " if size else ""
    yield Facts(
        [
            ("Input", f"one image, {side}fit: {version.fit}"),
            ("Output", "a probability for each class; a decision where one was set"),
        ]
    )


def _security(version: ModelVersion) -> Iterator[Part]:
    yield Words(
        "Loupe compares the SHA-256 of the model file at every load, decodes images in processes "
        "with limits and without secrets, keeps organizations apart, and writes changes to an "
        "audit log that cannot be changed."
    )


def _of_metrics() -> Iterator[Part]:
    yield Words(
        "Accuracy is the share of right answers; macro averages count classes alike, so that rare "
        "ones weigh as much as frequent ones; intervals are of 95 % (Wilson, or bootstrap); the "
        "expected calibration error compares probabilities with the share of right answers."
    )


def _changes(version: ModelVersion) -> Iterator[Part]:
    """Yield the versions and aliases of the model up to now."""
    history = history_of(version.model)
    changes = list(history[:_MOST_CHANGES])
    if not changes:
        yield Words("No version of the model has been live yet.")
        return
    yield Table(
        "What served when",
        ["When", "What", "Alias", "Version", "Before", "Reason"],
        [[f"{each.created_at:%d %B %Y, %H:%M} UTC", each.get_kind_display(),
          "live" if each.alias == CHAMPION else each.alias, _number(each.version_number),
          _number(each.previous_number), each.reason] for each in changes],
    )  # fmt: skip
    more = history.count() - len(changes)
    if more:
        yield Words(f"And {more:,} earlier changes, which the history of the model has.")


def _number(version: int | None) -> str:
    return "" if version is None else str(version)
