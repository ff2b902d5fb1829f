"""Every operation of the OpenAPI schema, called with generated data, does what the schema says."""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from accounts.models import TokenScope
from accounts.services.tokens import create_token

pytestmark = pytest.mark.long

# Of each operation and mode; more of them take minutes.
EXAMPLES, MANY_EXAMPLES = 1, 25
# A live stream ends with its job, and none is running here: tests/jobs follows real ones.
LIVE_STREAMS = ["/api/v1/jobs/{id}/events/"]


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep Django from closing the connection, and the test's transaction, at a request's end."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schemathesis.serializer("application/offset+octet-stream")
def _a_part(context, value) -> bytes:
    """A part of an upload is sent as it is."""
    return value if isinstance(value, bytes) else bytes(getattr(value, "data", b""))


def map_headers(context, headers):
    """Keep each key of tus's metadata once, which no pattern can say."""
    if headers and "Upload-Metadata" in headers:
        pairs = headers["Upload-Metadata"].split(",")
        by_key = {pair.strip().partition(" ")[0]: pair.strip() for pair in pairs}
        headers["Upload-Metadata"] = ",".join(by_key.values())
    return headers


def map_body(context, body):
    """Write a list as JSON in one part of a form, as the schema says; schemathesis sends many."""
    if isinstance(body, dict) and "file" in body and isinstance(body.get("class_names"), list):
        body["class_names"] = json.dumps(body["class_names"])
    return body


def _refused_for_what_no_schema_says(response) -> bool:
    """Whether a body of the right shape names what is not there, or has fields that do not fit."""
    if "problem" not in response.headers["content-type"][0]:
        return False
    problem = response.json()
    codes = {error["code"] for error in problem["errors"]} or {problem["code"]}
    if response.status_code == 415:
        return codes == {"not_a_keras_file"}
    # A device code that no program was given: RFC 8628 wants 400 for it.
    return response.status_code == 400 and codes <= {
        "address", "bad_class_names", "characters", "does_not_exist", "host", "invalid_grant",
        "licence_text_mismatch", "not_understood", "not_utf8", "one_source", "scheme", "shape",
        "unseen_character",
    }  # fmt: skip


@pytest.mark.parametrize(
    "examples", [EXAMPLES, pytest.param(MANY_EXAMPLES, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.usefixtures("_one_connection")
def test_every_operation_keeps_to_the_schema(user, mode, examples, subtests):
    from config.wsgi import application

    load_all_checks()
    _, secret = create_token(user=user, name="schema", scopes=TokenScope.values)
    headers = {"Authorization": f"Bearer {secret}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    if mode is GenerationMode.POSITIVE:
        schema.hook(map_headers)
        schema.hook(map_body)

    def call(case) -> None:
        with transaction.atomic():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        excluded = [positive_data_acceptance] if _refused_for_what_no_schema_says(response) else []
        if response.status_code == 412:  # tus's refusal of a request without its version
            excluded.append(negative_data_rejection)
        case.validate_response(response, headers=headers, excluded_checks=excluded)

    for operation in schema.exclude(path=LIVE_STREAMS).get_all_operations():
        with subtests.test(f"{operation.ok().label} {mode.value}"):
            strategy = operation.ok().as_strategy(generation_mode=mode)
            run = given(case=strategy)(call)
            settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(run)()
