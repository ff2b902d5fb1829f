"""The page of one model: what answers under which name, its versions, its history."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from classifier.models import AliasChange, ModelVersion, RegisteredModel
from classifier.pages.alias_forms import AliasForm
from classifier.pages.forms import PromoteForm
from classifier.pages.views.models import can_edit, may_keep_gate, newest_reports
from classifier.pages.views.shared_models import shared_model
from classifier.registry.selectors.availability import live_version, why_unavailable
from classifier.registry.selectors.history import (
    Moment,
    history_of,
    moment_of,
    pointers_of,
    version_before,
)
from classifier.registry.selectors.model_gate import gate_rows
from classifier.registry.selectors.models import readable_model, visible_versions
from classifier.registry.selectors.standing import Standing, standings_of
from classifier.registry.selectors.tags import tag_name, tags_of
from classifier.retraining.selectors.drafts import retraining_of
from common.errors import Invalid
from common.moments import past_moment_in
from datasets.selectors.versions import open_versions

HISTORY_ROWS = 25
# Why the gate refuses the newest versions is said in full.
IN_FULL = 3


class ModelPage(LoginRequiredMixin, View):
    """One model: what is live, its versions, its history."""

    def get(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = readable_model(request.user, model_id)
        if model.is_shared:
            return shared_model(request, model)
        versions = list(visible_versions(request.user).filter(model=model).order_by("-number"))
        reports = newest_reports(request, versions)
        standings = standings_of(versions)
        live = live_version(model)
        pointers = pointers_of(model)
        tag = tag_name(request.GET.get("tag", ""))
        aliases: dict[int | None, list[str]] = {}
        for pointer in pointers:
            aliases.setdefault(pointer.version_number, []).append(pointer.alias)
        rows = [
            {
                "version": v,
                "report": reports.get(v),
                "aliases": aliases.get(v.number, []),
                "standing": standings[v.pk],
                "brief": place >= IN_FULL,
            }
            for place, v in enumerate(versions)
            if not tag or tag in v.tags
        ]
        context = {
            "model": model,
            "rows": rows,
            "open_data": open_versions(request.user, [each.dataset_version for each in versions]),
            "version_count": len(versions),
            "tag": tag,
            "tags": tags_of([model]),
            "live": live,
            "live_name": f"Version {live.number}" if live else "",
            "live_report": reports.get(live),
            "why_unavailable": why_unavailable(model),
            "pointers": _named(pointers, versions),
            "can_edit": can_edit(request, model),
            "can_override": may_keep_gate(request, model),
            "gate": gate_rows(model).first(),
            "retraining": None if model.built_in else retraining_of(model),
            "live_standing": standings.get(live.pk) if live else None,
            "promote_form": PromoteForm(),
            "alias_form": AliasForm(versions),
            **_way_back(model, standings),
            **_history(request, model, versions),
        }
        return render(request, "classifier/registry/model.html", context)


@dataclass(frozen=True)
class Line:
    """A change of the history, with the versions in it that are still there."""

    change: AliasChange
    version: ModelVersion | None
    previous: ModelVersion | None


def _named(changes: Sequence[AliasChange], versions: Sequence[ModelVersion]) -> list[Line]:
    there: dict[int | None, ModelVersion] = {version.number: version for version in versions}
    return [
        Line(each, there.get(each.version_number), there.get(each.previous_number))
        for each in changes
    ]


def _way_back(model: RegisteredModel, standings: dict[uuid.UUID, Standing]) -> dict[str, Any]:
    before = version_before(model)
    standing = standings.get(before.pk) if before else None
    return {"before": before, "before_standing": standing.as_rollback if standing else None}


def _history(
    request: HttpRequest, model: RegisteredModel, versions: Sequence[ModelVersion]
) -> dict[str, Any]:
    """Return a page of the history, and what was live at the time that was asked for."""
    changes = history_of(model)
    last = changes[0].number if changes else 0
    asked = request.GET.get("upto", "")
    upto = min(int(asked), last) if re.fullmatch(r"[1-9][0-9]{0,8}", asked) else last
    page = list(changes.filter(number__lte=upto)[:HISTORY_ROWS])
    kept = request.GET.copy()

    def from_number(number: int) -> str:
        kept["upto"] = str(number)
        return f"?{kept.urlencode()}#history"

    older, newer = upto - HISTORY_ROWS, upto + HISTORY_ROWS
    return {
        "history": _named(page, versions),
        "history_count": last,
        "history_older": from_number(older) if older > 0 else "",
        "history_newer": from_number(newer) if upto < last else "",
        **_asked_moment(request, model, versions),
    }


def _asked_moment(
    request: HttpRequest, model: RegisteredModel, versions: Sequence[ModelVersion]
) -> dict[str, Any]:
    asked = request.GET.get("at", "")
    zone = request.GET.get("zone", "") or "UTC"
    context: dict[str, Any] = {"at": asked, "zone": zone}
    if not asked:
        return context
    try:
        moment = moment_of(model, past_moment_in(asked, zone))
    except Invalid as error:
        return {**context, "moment_error": error.detail}
    lines = _named(moment.pointers, versions)
    return {
        **context,
        "moment": moment,
        "moment_words": _words(moment, zone),
        "moment_live": next((each for each in lines if each.change == moment.live), None),
        "moment_others": [each for each in lines if each.change != moment.live],
    }


def _words(moment: Moment, zone: str) -> str:
    """Return the time as the person's clock showed it, and in UTC where that differs."""
    form = "%-d %B %Y, %H:%M:%S" if moment.at.second else "%-d %B %Y, %H:%M"
    local: datetime = moment.at.astimezone(ZoneInfo(zone))
    shown = f"{local.strftime(form)} ({zone})"
    return shown if zone == "UTC" else f"{shown}, {moment.at.strftime(form)} UTC"
