"""Trials that an experiment's job fits itself, on numbers that are computed once."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.engine.errors import BadData, OutOfMemory, TimeIsUp
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.measure.search import TrialFigures
from classifier.engine.presets.config import PresetConfig
from classifier.engine.samples import TrainingSamples
from classifier.engine.subgroups import Subgroups
from classifier.experiments.work.left_out import LeftOutOfFits
from classifier.experiments.work.quiet import QuietObserver
from classifier.experiments.work.search_plan import SearchPlan
from classifier.models import Experiment, ExperimentMember
from classifier.training.selectors.subgroups import subgroups_of
from classifier.training.work.kept_vectors import KeptVectors
from datasets.decoding.pixels.store import PixelStore
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext
from jobs.models import JobAttempt
from jobs.models.attempt import Outcome
from storage import scratch

# A trial that took its process with it so often takes it again.
_MOST_BEGUN = 3
_DIED = (
    f"The process died in {_MOST_BEGUN} attempts at this trial, probably for want of memory, so "
    "it is left out."
)


class TrialFits:
    """Fits trials on the version's train split and measures them on its validation split."""

    def __init__(self, context: JobContext, experiment: Experiment, pixels: PixelStore) -> None:
        self._context = context
        self._experiment = experiment
        self._pixels = pixels
        self._known: LeftOutOfFits | None = None
        self._subgroups: Subgroups | None = None
        self._pretrained: tuple[int, Pretrained] | None = None

    def figures(
        self, plan: SearchPlan, member: ExperimentMember, label: str, seconds: float | None
    ) -> TrialFigures:
        """Return what came of a trial, also where it failed for its settings.

        Raises what the engine raises for other reasons.
        """
        began = time.time()
        if not self._may_begin(member):
            return TrialFigures(failed=_DIED, began=began)
        try:
            figures = self._left_out().going_on(
                lambda: self._fitted(plan, member.spec["config"], label, seconds)
            )
        except (BadData, OutOfMemory, TimeIsUp) as error:
            return TrialFigures(failed=str(error), began=began, seconds=time.time() - began)
        return replace(figures, began=began)

    def _fitted(
        self, plan: SearchPlan, values: dict[str, Any], label: str, seconds: float | None
    ) -> TrialFigures:
        from classifier.engine.fit.trial import fit_trial
        from classifier.engine.watch import Watch

        config = plan.preset.config(plan.preset.stored_config(values))
        left_out = self._left_out()
        return fit_trial(
            plan.preset,
            config,
            replace(left_out.whole.without(left_out.reasons), subgroups=self._weighed(config)),
            self._experiment.dataset_version.class_names,
            self._pretrained_now(),
            Watch(QuietObserver(self._context, label)),
            Path(self._context.output_dir),
            seconds,
        )

    def _may_begin(self, member: ExperimentMember) -> bool:
        """Keep the attempt at a trial before it begins; False where too many have died of it."""
        begun: list[str] = member.spec.get("begun", [])
        died = JobAttempt.objects.filter(pk__in=begun, outcome=Outcome.LOST).count()
        if died >= _MOST_BEGUN:
            return False
        this = JobAttempt.objects.get(job=self._context.job, fence=self._context.fence)
        with self._context.guard():
            spec = {**member.spec, "begun": [*begun, str(this.pk)]}
            ExperimentMember.objects.filter(pk=member.pk).update(spec=spec)
        return True

    def _weighed(self, config: PresetConfig) -> Subgroups | None:
        """Return the subgroups that trials weigh, read once: no search varies them."""
        if self._subgroups is None:
            self._subgroups = subgroups_of(self._experiment.dataset_version, config)
        return self._subgroups

    def _left_out(self) -> LeftOutOfFits:
        """Return what is left out of all images of the trials, which are listed once."""
        if self._known is None:
            train, validation = (
                samples_of(self._experiment.dataset_version, each)
                for each in (Split.TRAIN, Split.VALIDATION)
            )
            whole = TrainingSamples(train=train, validation=validation, pixels=self._pixels)
            self._known = LeftOutOfFits(self._context, self._experiment, whole)
        return self._known

    def _pretrained_now(self) -> Pretrained:
        """Return what reads vectors of the images that can be read, each once."""
        from classifier.engine.fit.trial import VectorsByBackbone

        left_out = self._left_out()
        count = len(left_out.reasons)
        if self._pretrained is None or self._pretrained[0] != count:
            whole = left_out.whole
            kept = KeptVectors(self._context, self._experiment.organization_id)
            vectors = VectorsByBackbone(kept, left_out.of([*whole.train, *whole.validation]))
            made = Pretrained(
                weights_dir=settings.WEIGHTS_DIR,
                backbones_dir=scratch.backbones_dir(),
                vectors=vectors,
            )
            self._pretrained = (count, made)
        return self._pretrained[1]
