"""Make one model version of several, and say what it gains over the best of them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from classifier.engine.measure.ensemble import (
    AVERAGE,
    FEWEST_IMAGES,
    MOST_FITTED_IMAGES,
    MOST_FITTED_NUMBERS,
    EnsembleResult,
    MemberFigures,
    MemberTally,
    ModelFigures,
    accuracy_and_loss,
    beside_best,
)
from classifier.engine.samples import Rows, Sample, TrainingSamples
from classifier.engine.target import Scores
from classifier.evaluation.services.store_report import Measurement, store_first_report
from classifier.evaluation.work.measure import READING, measurement_of, true_classes
from classifier.experiments import kinds
from classifier.experiments.services.plans.ensemble import BAGGING
from classifier.experiments.work.ensemble_file import (
    EnsembleFile,
    config_of,
    files_of,
    told_of_members,
)
from classifier.experiments.work.ensemble_members import (
    Member,
    SeenCounts,
    members_of,
    seen_together,
)
from classifier.experiments.work.experiment import begun, finish
from classifier.experiments.work.left_out import LeftOutOfFits
from classifier.failures import engine_failures
from classifier.models import Experiment
from classifier.models.model_version import SERVED_FILE
from classifier.registry.services.go_live import go_live_or_compare
from classifier.registry.services.register_ensemble import register_ensemble
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, handles

if TYPE_CHECKING:
    from classifier.engine.runtime.predictor import Predictor

# On so many images the file is compared with its members, and timed.
_IMAGES = 12


@handles(kinds.ENSEMBLE)
def make_ensemble(context: JobContext) -> None:
    """Combine the members; in one transaction the version, its report, the result and the end.

    How they are combined is fitted on validation alone; the test split is read when the file is
    final. An attempt that begins again begins at the top; bagging finds the members it has fitted.
    """
    experiment = begun(context)
    started = time.monotonic()
    with engine_failures(context), open_pixels(context.log) as pixels:
        members = members_of(context, experiment, pixels)
        work = _Ensemble(context, experiment, pixels, members)
        file = work.write()
        measurement, result = work.measure(file, started)
    written = files_of(context, file, members)
    context.log(f"{result.sentence} {result.advice}")
    with finish(context, experiment, result.to_json()):
        version = register_ensemble(
            experiment=experiment,
            config=config_of(experiment, file),
            facts=told_of_members(experiment, result, members),
            written=written,
        )
        report = store_first_report(
            version=version,
            dataset_version=experiment.dataset_version,
            job=context.job,
            measurement=measurement,
        )
        go_live_or_compare(version, report)


class _Ensemble:
    """The steps from the members' files to one, and to what it is worth."""

    def __init__(
        self,
        context: JobContext,
        experiment: Experiment,
        pixels: PixelStore,
        members: list[Member],
    ) -> None:
        self._context, self._experiment = context, experiment
        self._pixels, self._members = pixels, members
        self._version: DatasetVersion = experiment.dataset_version
        self._path = context.output_dir / SERVED_FILE
        validation = samples_of(self._version, Split.VALIDATION)
        whole = TrainingSamples(train=[], validation=validation, pixels=pixels)
        self._left_out = LeftOutOfFits(context, experiment, whole)

    def write(self) -> EnsembleFile:
        """Put the members together, fit on validation how, write the file, check it, time it."""
        # ONNX Runtime and SciPy are for workers alone.
        from classifier.engine.fit.combining import fit_combination
        from classifier.engine.formats.combination import Mean, equal
        from classifier.engine.formats.ensemble import check_ensemble, merged, write_ensemble
        from classifier.engine.runtime.predictor import Predictor
        from classifier.engine.runtime.speed import milliseconds
        from classifier.engine.runtime.views import pixels_in

        self._say("Putting the members together")
        graphs = merged([(each.path, each.sha256) for each in self._members])
        # The plain mean, to ask all members at once; the file of the fitted one takes its place.
        write_ensemble(graphs, equal(len(self._members)), self._path)
        answers, labels = self._left_out.going_on(self._validation_answers)
        self._say("Fitting how their answers become one")
        method = self._experiment.settings["method"]
        method = AVERAGE if method == BAGGING else method
        combination = fit_combination(method, answers, labels, self._context.check)
        write_ensemble(graphs, combination, self._path)
        alone = [Predictor.load(each.path, each.sha256, threads=1) for each in self._members]
        train = samples_of(self._version, Split.TRAIN, first=2 * _IMAGES)
        some = self._pixels.some_readable([sha256 for sha256, _ in train], graphs.views)[:_IMAGES]
        images = pixels_in(self._pixels, some, graphs.views)
        parity = check_ensemble(self._path, alone, combination, images)
        self._say("Timing the files")
        own = [pixels_in(self._pixels, some, each.views) for each in alone]
        together = Predictor.load(self._path, threads=1)
        mean = combination if isinstance(combination, Mean) else None
        return EnsembleFile(
            class_names=list(graphs.class_names),
            image_sizes=[view.size for view in graphs.views],
            fit=graphs.views[0].fit,
            weights=mean.weights if mean else None,
            temperatures=mean.temperatures if mean else None,
            temperature=combination.temperature,
            parity=parity,
            nodes=len(graphs.nodes),
            member_nodes=graphs.nodes_of_members,
            milliseconds=milliseconds([*alone, together], [*own, images]),
            validation_images=len(labels),
        )

    def measure(self, file: EnsembleFile, started: float) -> tuple[Measurement, EnsembleResult]:
        """Ask the final file about the test split; return the report and the comparison."""
        said, own, truth = self._test_answers()
        seen_counts = SeenCounts(self._version)
        members = [
            self._member_figures(file, place, own, seen_counts)
            for place in range(len(self._members))
        ]
        seen = seen_together(self._members, seen_counts, Split.TEST)
        measurement = measurement_of(self._version, Split.TEST, file.class_names, said, seen)
        accuracy, loss = accuracy_and_loss(said, truth)
        found = beside_best(said, own.right, truth)
        result = EnsembleResult(
            method=self._experiment.settings["method"],
            members=tuple(members),
            ensemble=ModelFigures(
                accuracy=accuracy,
                log_loss=loss,
                milliseconds=file.milliseconds[-1],
                bytes=self._path.stat().st_size,
                seen=seen,
            ),
            images=len(truth),
            best=found.best,
            only_ensemble=found.only_ensemble,
            only_best=found.only_best,
            p_value=found.p_value,
            validation_images=file.validation_images,
            fitted=file.validation_images >= FEWEST_IMAGES,
            temperature=file.temperature,
            nodes=file.nodes,
            member_nodes=file.member_nodes,
            seconds=time.monotonic() - started,
        )
        return measurement, result

    def _member_figures(
        self, file: EnsembleFile, place: int, own: MemberTally, counts: SeenCounts
    ) -> MemberFigures:
        member = self._members[place]
        accuracy, loss = own.accuracy_and_loss(place)
        return MemberFigures(
            name=member.name,
            model_version=member.version_id,
            preset=member.preset,
            weight=file.weights[place] if file.weights else None,
            temperature=file.temperatures[place] if file.temperatures else None,
            accuracy=accuracy,
            log_loss=loss,
            milliseconds=file.milliseconds[place],
            bytes=member.path.stat().st_size,
            seen=member.seen(counts, Split.TEST, Split.TRAIN, Split.VALIDATION),
            seen_validation=member.seen(counts, Split.VALIDATION, Split.TRAIN),
        )

    def _validation_answers(self) -> tuple[Scores, list[int]]:
        """Return the members' answers (n, members, classes) to validation images, their classes.

        To a few thousand at most, spread over the split: their order is by hash, so by chance.
        """
        classes, members = len(self._version.class_names), len(self._members)
        most = min(MOST_FITTED_IMAGES, MOST_FITTED_NUMBERS // (members * classes))
        everything = self._left_out.whole.validation
        readable = [
            place
            for place, (content, _) in enumerate(everything)
            if content not in self._left_out.reasons
        ]
        if not readable:
            return np.zeros((0, members, classes)), []
        count = min(most, len(readable))
        chosen = np.linspace(0, len(readable) - 1, count).astype(int).tolist()
        places = [readable[each] for each in chosen]
        predictor, rows, asking = self._asked(Split.VALIDATION, [everything[i] for i in places])
        _, answers = predictor.predict_rows_with_members(rows, asking)
        truth = true_classes(self._version, Split.VALIDATION, predictor.class_names)
        return answers, [truth[place] for place in places]

    def _test_answers(self) -> tuple[Scores, MemberTally, list[int]]:
        """Return the file's answers (n, classes), what members were right about, the classes."""
        predictor, rows, asking = self._asked(Split.TEST, samples_of(self._version, Split.TEST))
        truth = true_classes(self._version, Split.TEST, predictor.class_names)
        own, said, done = MemberTally(), [], 0
        for answers, members in predictor.each_with_members(rows, asking):
            own.add(members, truth[done : done + len(members)])
            said.append(answers)
            done += len(answers)
        return np.concatenate(said), own, truth

    def _asked(
        self, split: Split, samples: list[Sample]
    ) -> "tuple[Predictor, Rows, Callable[[int, int], None]]":
        """Return the file, the pixels of samples of a split, and what is told of the asking."""
        from classifier.engine.runtime.predictor import Predictor
        from classifier.engine.runtime.views import rows_of

        predictor = Predictor.load(self._path)
        reading = self._context.step("images", READING)
        rows = rows_of(self._pixels, [name for name, _ in samples], predictor.views, reading)
        asking = self._context.step("images", f"Asking about the {split.label} split")
        return predictor, rows, asking

    def _say(self, message: str) -> None:
        self._context.check()
        self._context.progress(0, None, "", message)
