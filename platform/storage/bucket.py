"""The bucket of S3 in which durable files lie, as a storage of Django's."""

from typing import Any

from django.core.files import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

# As boto3's transfers: what is larger goes up in parts.
_ONE_REQUEST_BYTES = 8 << 20


class Bucket(S3Storage):
    """Sends a small file by one plain request.

    django-storages starts boto3's manager of transfers for each file, which takes up to twice
    the processor time of the request (`tests.bench.bucket`, 30 kB): an import sends two files an
    image.
    """

    def _save(self, name: str, content: "File[Any]") -> str:
        if content.size > _ONE_REQUEST_BYTES:
            return str(super()._save(name, content))
        cleaned = clean_name(name)
        key = self._normalize_name(cleaned)
        content.seek(0)
        self.connection.meta.client.put_object(
            Bucket=self.bucket_name,
            Key=key,
            # Of Django's own file boto3 takes one without a name for an empty one.
            Body=content.file,
            **self._get_write_parameters(key, content),
        )
        return str(cleaned)
