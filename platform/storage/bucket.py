"""The bucket of S3 in which durable files lie, as a storage of Django's."""

from contextlib import closing, suppress
from io import BytesIO
from typing import Any

from botocore.exceptions import IncompleteReadError, ResponseStreamingError
from django.core.files import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

# As boto3's transfers: what is larger goes in parts.
_ONE_REQUEST_BYTES = 8 << 20


class Bucket(S3Storage):
    """Sends and fetches a small file by one plain request.

    django-storages starts boto3's manager of transfers for each file, which takes up to twice
    the processor time of the request to send it, and asks about the file twice before it fetches
    it, which takes four times that of the request (`tests.bench.bucket`): an import sends two
    files an image. All threads share one client, whose pool has a connection for each: to make one
    takes 0.2 s and 13 MB, and django-storages has one for each thread.
    """

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        """Return a file to read; raises botocore's errors, which `ObjectStore` translates."""
        key = self._normalize_name(clean_name(name))
        answer = self.bucket.meta.client.get_object(Bucket=self.bucket_name, Key=key)
        with closing(answer["Body"]) as body:
            # Some proxies leave the length out.
            if answer.get("ContentLength", _ONE_REQUEST_BYTES + 1) <= _ONE_REQUEST_BYTES:
                # What a connection has cut, the manager of transfers tries again.
                with suppress(ResponseStreamingError, IncompleteReadError):
                    return File(BytesIO(body.read()), name)
        return super()._open(name, mode)

    def _save(self, name: str, content: "File[Any]") -> str:
        if content.size > _ONE_REQUEST_BYTES:
            return str(super()._save(name, content))
        cleaned = clean_name(name)
        key = self._normalize_name(cleaned)
        content.seek(0)
        self.bucket.meta.client.put_object(
            Bucket=self.bucket_name,
            Key=key,
            # Of Django's own file boto3 takes one without a name for an empty one.
            Body=content.file,
            **self._get_write_parameters(key, content),
        )
        return str(cleaned)
