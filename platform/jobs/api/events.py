import json
import weakref
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import still_signed_in
from jobs.live import Event, follow
from jobs.open_streams import take_stream
from jobs.selectors.jobs import visible_job, visible_jobs


class EventStreamRenderer(BaseRenderer):
    """Lets `Accept: text/event-stream` pass; errors are told as JSON all the same."""

    media_type = "text/event-stream"
    format = "events"
    charset = None

    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:
        """Return a problem document."""
        return json.dumps(data).encode()


class JobEvents(APIView):
    """The live stream of a job: the events `status`, `progress`, `epoch` and `log`.

    A stream begins with what has happened (epochs, log lines) and how things stand, goes on live
    and ends with the job. `Last-Event-ID` resumes after that event.
    """

    renderer_classes = [EventStreamRenderer, JSONRenderer]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "Last-Event-ID",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The id of the last event seen, as browsers send it by themselves.",
            )
        ],
        responses={(200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """Stream until the job, or the caller's right to it (token, session, membership), ends."""
        job = visible_job(request.user, pk)
        last_event_id = request.headers.get("Last-Event-ID", "")

        def may_follow() -> bool:
            return still_signed_in(request) and visible_jobs(request.user).filter(pk=pk).exists()

        release = take_stream(request.user)
        events = follow(job.pk, last_event_id, may_follow=may_follow)
        response = StreamingHttpResponse(_as_text(events), content_type="text/event-stream")
        # Also where the client goes before the stream has begun.
        ended = weakref.finalize(response, release)
        response._resource_closers.append(ended)  # type: ignore[attr-defined] # Django's own, untyped
        response.headers["Cache-Control"] = "no-cache"
        # nginx would hold events back.
        response.headers["X-Accel-Buffering"] = "no"
        return response


async def _as_text(events: AsyncIterator[Event | None]) -> AsyncIterator[str]:
    async for event in events:
        if event is None:
            yield ": still here\n\n"
            continue
        yield f"id: {event.id}\nevent: {event.name}\ndata: {json.dumps(event.data)}\n\n"
