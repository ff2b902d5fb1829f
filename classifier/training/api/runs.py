"""`training-runs/` and what can be done with a run."""

import uuid

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.engine.formats.facts import SCRIPT_FILE
from classifier.models import TrainingRun
from classifier.training.filters import TrainingRunFilter
from classifier.training.selectors.event_files import event_files
from classifier.training.selectors.run_samples import picture_of
from classifier.training.selectors.runs import epochs_of, runs_with_reports, visible_run
from classifier.training.serializers.runs import (
    CloneInput,
    EpochMetricsSerializer,
    FinishInput,
    RunPatch,
    RunSamplesSerializer,
    TrainingRunInput,
    TrainingRunSerializer,
)
from classifier.training.services.download_script import script_to_download
from classifier.training.services.finish_training import finish_training
from classifier.training.services.manage_run import delete_run, edit_run
from classifier.training.services.start_training import (
    clone_training,
    resume_training,
    start_training,
)
from common.inputs import require_no_body
from common.negotiation import AnyAccept
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from jobs.services.cancel import cancel


class TrainingRunList(IdempotentMixin, generics.ListAPIView):
    """The runs of the caller's organizations."""

    serializer_class = TrainingRunSerializer
    filterset_class = TrainingRunFilter
    queryset = TrainingRun.objects.none()

    def get_queryset(self):
        return runs_with_reports(self.request.user)

    @extend_schema(
        summary="Start a training run",
        description="Trains on the version's train split, chooses the best epoch on validation, "
        "and reports on test. When the job has succeeded, the run has a `model_version` with an "
        "evaluation report.",
        request=TrainingRunInput,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request) -> Response:
        body = TrainingRunInput.read(request.data, context={"request": request})
        run = start_training(user=request.user, **body)
        return _accepted(run)


class TrainingRunDetail(APIView):
    """One run."""

    @extend_schema(
        summary="Rename or archive a training run",
        description="An archived run leaves the lists.",
        request=RunPatch,
        responses=TrainingRunSerializer,
    )
    def patch(self, request: Request, run_id: uuid.UUID) -> Response:
        run = visible_run(request.user, run_id)
        body = RunPatch.read(request.data)
        run = edit_run(user=request.user, run=run, **body)
        return Response(TrainingRunSerializer(run).data)

    @extend_schema(
        summary="Delete a training run",
        description="With its curves and its jobs, for ever. 409 `has_dependents` while it is "
        "under way, and where a model version came of it. Needs the role admin.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, run_id: uuid.UUID) -> Response:
        require_no_body(request)
        delete_run(user=request.user, run=visible_run(request.user, run_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Show a training run", responses=TrainingRunSerializer)
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        return Response(TrainingRunSerializer(visible_run(request.user, run_id)).data)


class TrainingRunEpochs(APIView):
    """A run's curves."""

    @extend_schema(
        summary="List the finished epochs, first epoch first",
        responses=EpochMetricsSerializer(many=True),
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        epochs = epochs_of(visible_run(request.user, run_id))
        return Response(EpochMetricsSerializer(epochs, many=True).data)


class TrainingRunEventFiles(APIView):
    """A run's curves for TensorBoard."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="Download a run's curves as TensorBoard's event files",
        description="A zip. Unpack it and start `tensorboard --logdir .`; the curves are named as "
        "Keras's callback names them. A run that is under way gives its finished epochs.",
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, run_id: uuid.UUID) -> HttpResponse:
        run = visible_run(request.user, run_id)
        name = f'attachment; filename="tensorboard-{run.pk}.zip"'
        headers = {"Content-Disposition": name}
        return HttpResponse(event_files(run), content_type="application/zip", headers=headers)


class TrainingRunScript(APIView):
    """A run as one program."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="Download a run as one script that needs no Loupe",
        description="Python with Keras, or scikit-learn for a classic method. It reads the zip of "
        "the run's dataset version (`GET dataset-versions/{id}/archive/`), trains with the "
        "settings of the run, and prints the test accuracy. 409 `no_script` with the reason where "
        "a run has none: it has not succeeded, or did what a script cannot do. Each download is in "
        "the audit log.",
        responses={(200, "text/x-python"): OpenApiTypes.STR},
    )
    def get(self, request: Request, run_id: uuid.UUID) -> HttpResponse:
        run = visible_run(request.user, run_id)
        headers = {"Content-Disposition": f'attachment; filename="{SCRIPT_FILE}"'}
        content_type = "text/x-python; charset=utf-8"
        headers["Cache-Control"] = "private, no-store"
        script = script_to_download(user=request.user, run=run)
        return HttpResponse(script, content_type=content_type, headers=headers)


class TrainingRunSamples(APIView):
    """What a run's network sees of its training images."""

    @extend_schema(
        summary="Show a few training images as the network sees them",
        description="Drawn when the training starts: resized, and changed at random where the run "
        "augments. Empty before that, and for runs from before pictures were kept.",
        responses=RunSamplesSerializer,
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        return Response(RunSamplesSerializer(visible_run(request.user, run_id)).data)


class TrainingRunSample(APIView):
    """One of those pictures."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="training_runs_samples_picture",
        summary="One picture of a run's training images",
        responses={(200, "image/webp"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, run_id: uuid.UUID, number: int) -> HttpResponse:
        picture = picture_of(visible_run(request.user, run_id), number)
        # The run's next attempt draws the same pictures again.
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return HttpResponse(picture, content_type="image/webp", headers=headers)


class TrainingRunCancel(APIView):
    """Stops a run."""

    @extend_schema(
        summary="Cancel a training run",
        description="At once while it waits, within seconds while it runs. Its checkpoint is "
        "kept, so that it can be resumed.",
        request=None,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        require_no_body(request)
        run = visible_run(request.user, run_id)
        cancel(user=request.user, job=run.job)
        return _accepted(visible_run(request.user, run_id))


class TrainingRunFinish(APIView):
    """Ends a run early, and well."""

    @extend_schema(
        summary="Finish a training run early",
        description="The run ends within seconds, or with the epoch that is under way, and "
        "registers the best epoch so far, with its report. 409 `not_running`, `no_epochs` (a "
        "classic method) or `no_epoch_yet` (`now`, in the first epoch).",
        request=FinishInput,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        body = FinishInput.read(request.data)
        run = visible_run(request.user, run_id)
        finish_training(user=request.user, run=run, when=body["when"])
        return _accepted(visible_run(request.user, run_id))


class TrainingRunResume(IdempotentMixin, APIView):
    """Lets a failed or cancelled run go on."""

    @extend_schema(
        summary="Resume a failed or cancelled training run from its checkpoint",
        request=None,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        require_no_body(request)
        run = visible_run(request.user, run_id)
        resume_training(user=request.user, run=run)
        return _accepted(visible_run(request.user, run_id))


class TrainingRunClone(IdempotentMixin, APIView):
    """Starts a run like another one."""

    @extend_schema(
        summary="Clone a training run with changes",
        description="What the body does not name is as in the run that is cloned; `config` holds "
        "the settings that differ. Another `preset` begins with its own defaults. The new version "
        "joins the same model unless `model` is null.",
        request=CloneInput,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        run = visible_run(request.user, run_id)
        body = CloneInput.read(request.data, context={"request": request})
        return _accepted(clone_training(user=request.user, run=run, changes=body))


def _accepted(run: TrainingRun) -> Response:
    return accepted(TrainingRunSerializer(run).data, run.job)
