"""Undo of what a page's form has done: a button in the message, instead of "Are you sure?"."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View

from common.requests import came_from
from datasets.models import BulkEdit
from datasets.selectors.images import visible_edit
from datasets.services.labelling.undo_edit import Undone, undo_edit


def offer_undo(request: HttpRequest, edit: BulkEdit | None, message: str) -> None:
    """Say what was done, with a button that undoes it (templates/components/messages.html)."""
    tags = reverse("datasets:undo", args=[edit.pk]) if edit else ""
    messages.success(request, message, extra_tags=tags)


class UndoEdit(LoginRequiredMixin, View):
    """Undoes, and goes back to where the button was."""

    def post(self, request: HttpRequest, edit_id: uuid.UUID) -> HttpResponse:
        edit = visible_edit(request.user, edit_id)
        messages.success(request, _said(undo_edit(user=request.user, edit=edit)))
        return redirect(came_from(request) or reverse("datasets:detail", args=[edit.dataset_id]))


def _said(undone: Undone) -> str:
    if not undone.left:
        return "Undone."
    total = undone.undone + undone.left
    return f"Undone, except {undone.left:,} of {total:,} images, changed by someone since."
