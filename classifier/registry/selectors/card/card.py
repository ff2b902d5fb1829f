"""The card of a model version, after "Model Cards for Model Reporting".

M. Mitchell et al., FAT* 2019. Facts are computed when asked, from stored rows.
"""

from django.utils import timezone

from accounts.models import User
from classifier.models import ModelVersion
from classifier.registry.selectors.card import asked
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
from common.documents.parts import Document, Section, Words


def card_of(user: User, version: ModelVersion) -> Document:
    """Return the card of a version as `user` may see it: facts of now, and what people wrote.

    A built-in version's reports are those of the person's organizations.
    """
    said = asked.Said(version)
    reports = Reports(user, version)
    description = version.model.description
    sections = [
        Section(
            "details",
            "Model",
            [*([Words(description)] if description else []), *details(version),
             *backbones(version), said(asked.CONTACT)],
        ),
        Section(
            "use", "Use and limits",
            [said(asked.INTENDED_USE), said(asked.OUT_OF_SCOPE), said(asked.LIMITS),
             said(asked.ETHICS), Words("What Loupe can say of limits:"),
             *limits(version, reports)],
        ),
        Section("data", "Data and licences", list(data(version))),
        Section("metrics", "Metrics", list(metrics(version, reports))),
        Section("subgroups", "Subgroups", list(subgroups(reports))),
        Section("calibration", "Calibration", list(calibration(reports))),
        Section("decisions", "Decisions", list(decisions(version))),
        Section("robustness", "With worse images", list(robustness(reports))),
        Section("explanation", "Explanations", list(explanation(version))),
        Section("training", "Training", list(training(version))),
    ]  # fmt: skip
    return Document(
        kind="model_card",
        title=f"Model card: {version}",
        about=f"It belongs to version {version.number} of {version.model.name}, "
        f"{kind_of(version)}.",
        ids=ids_of(version),
        made_at=timezone.now(),
        sections=sections,
    )


def ids_of(version: ModelVersion) -> dict[str, str]:
    """Return what a program finds the version by."""
    return {"model_version": str(version.pk), "model": str(version.model_id)}
