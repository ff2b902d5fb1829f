"""`datasets/{id}/images/bulk/` and `bulk-edits/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from common.inputs import require_no_body
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.images import visible_edit
from datasets.serializers.bulk import BulkAnswer, BulkInput, UndoAnswer
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.labelling.undo_edit import undo_edit


class ImageBulk(generics.GenericAPIView):
    """Many images at once."""

    serializer_class = BulkAnswer

    @extend_schema(
        summary="Relabel, leave out, take in, trash or restore many images",
        request=BulkInput,
        responses=BulkAnswer,
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = BulkInput.read(request.data)
        values = dict(body)
        images, filters = values.pop("images", None), values.pop("filter", None)
        bulk = bulk_edit(
            user=request.user,
            dataset=dataset,
            selection=filters if images is None else images,
            **values,
        )
        edit = bulk.edit.pk if bulk.edit else None
        return Response({"matched": bulk.matched, "changed": bulk.changed, "edit": edit})


class BulkEditUndo(generics.GenericAPIView):
    """Back to what was before."""

    serializer_class = UndoAnswer

    @extend_schema(
        summary="Undo a change of many images",
        description="Only where no one has changed the images since.",
        request=None,
        responses=UndoAnswer,
    )
    def post(self, request: Request, edit_id: uuid.UUID) -> Response:
        require_no_body(request)
        edit = visible_edit(request.user, edit_id)
        return Response(vars(undo_edit(user=request.user, edit=edit)))
