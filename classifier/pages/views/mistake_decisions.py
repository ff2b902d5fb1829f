"""What a person decides about one image on the page of mistakes."""

from datetime import datetime
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from classifier.models import EvaluationReport
from classifier.pages.selectors.mistakes import Card
from common.errors import Conflict, Invalid
from common.nearest import nearest_first
from datasets.models import BulkAction, ClassLabel
from datasets.policies import require_editable
from datasets.selectors.images import visible_image
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.quality.dismiss_item import set_dismissed
from datasets.services.quality.keep_label import keep_label

DECISIONS = ("predicted", "other", "new", "frozen", "exclude", "include", "keep", "reopen")


class Done(NamedTuple):
    """What was done, in words, and the address that undoes it; empty where nothing changed."""

    said: str
    undo_url: str = ""


class Question(NamedTuple):
    """A class that the dataset does not have: is it new, or is `nearest` meant?

    `may_be_new` is False for one that differs from another by case alone.
    """

    class_name: str
    nearest: str
    may_be_new: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        return f"There is no class “{self.class_name}” in this dataset."


def decide(request: HttpRequest, report: EvaluationReport, card: Card) -> Done | Question:
    """Do what the form's `decision` says, or ask back where a class is not known.

    Raises `Invalid`, `Forbidden`, `InTrash`, `NotFound`, and `Conflict` for what another person has
    labelled since `seen_at`.
    """
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        raise Invalid(
            f"decision must be one of {', '.join(DECISIONS)}; received {decision[:40]!r}."
        )
    require_editable(user=request.user, dataset=report.dataset_version.dataset)
    if decision == "keep":
        return _keep(request, report, card)
    if decision == "reopen":
        reopen(request, card)
        return Done(f"{card.answer.sample.name} is open again.")
    if decision in ("exclude", "include"):
        said = "left out of new versions" if decision == "exclude" else "taken in again"
        return _edit(request, report, card, BulkAction(decision), said)
    return _relabel(request, report, card, decision)


def reopen(request: HttpRequest, card: Card) -> None:
    """Take back that the image's label is right; raises `Conflict` where no one has said so."""
    require_editable(user=request.user, dataset=card.standing.image.dataset)
    if card.standing.kept is None:
        raise Conflict("No one says that this label is right.", code="not_kept")
    set_dismissed(user=request.user, item=card.standing.kept, dismissed=False)


def _keep(request: HttpRequest, report: EvaluationReport, card: Card) -> Done:
    name, kept = card.answer.sample.name, card.standing.class_name
    keep_label(
        user=request.user,
        image=visible_image(request.user, card.image_id),
        expected_class=request.POST.get("expected_class_name", kept),
        instead_of=card.predicted_label,
    )
    if card.standing.kept is not None:
        return Done(f"{name} was kept as {kept} already.")
    undo = reverse("classifier:mistake_reopen", args=[report.pk, card.image_id])
    return Done(f"{name} is {kept}: kept as it is.", undo)


def _relabel(
    request: HttpRequest, report: EvaluationReport, card: Card, decision: str
) -> Done | Question:
    frozen = card.standing.frozen_label
    class_name = {
        "predicted": card.predicted_label,
        "frozen": frozen.name if frozen else "",
    }.get(decision, request.POST.get("class_name", "").strip())
    if not class_name:
        raise Invalid("The dataset has no such class now: say which class it is.")
    said = f"now {class_name}"
    if question := _question(report, class_name):
        if decision != "new":
            return question
        if not question.may_be_new:
            raise Invalid(
                f"“{class_name}” differs from the class “{question.nearest}” by case alone."
            )
        said = f"now {class_name}, a new class"
    return _edit(request, report, card, BulkAction.RELABEL, said, class_name)


def _question(report: EvaluationReport, class_name: str) -> Question | None:
    labels = ClassLabel.objects.filter(dataset=report.dataset_version.dataset_id)
    names = list(labels.values_list("name", flat=True))
    if class_name in names:
        return None
    alike = [name for name in names if name.casefold() == class_name.casefold()]
    nearest = alike or nearest_first(class_name, names)
    return Question(class_name, nearest[0] if nearest else "", may_be_new=not alike)


def _edit(
    request: HttpRequest,
    report: EvaluationReport,
    card: Card,
    action: BulkAction,
    said: str,
    class_name: str = "",
) -> Done:
    bulk = bulk_edit(
        user=request.user,
        dataset=report.dataset_version.dataset,
        action=action,
        selection=[card.image_id],
        class_name=class_name,
        seen_at=_seen_at(request) if class_name else None,
    )
    undo = reverse("api:bulk-edit-undo", args=[bulk.edit.pk]) if bulk.edit else ""
    return Done(f"{card.answer.sample.name}: {said}.", undo)


def _seen_at(request: HttpRequest) -> datetime | None:
    """Return when the person looked; raises `Invalid` for what is no time with its zone."""
    text = request.POST.get("seen_at", "")
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        raise Invalid(f"seen_at must be a time with its zone; received {text[:40]!r}.")
    return moment
