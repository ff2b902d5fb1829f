"""Hand out a model's own files to those who may have them."""

from pathlib import Path

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.models import ModelVersion
from common.errors import Conflict, NotFound
from common.hashing import sha256_file
from storage import durable
from storage.names import model_file_name


def file_to_download(*, user: User, version: ModelVersion, name: str) -> Path:
    """Return the path of a file of the version, verified, and write down who took it.

    Editors and above may have what their organization trained; everyone what is built-in. Raises
    `NotFound` for a name that the version does not have, `Forbidden`, and `Conflict` where the file
    is lost or not the one that was registered.
    """
    if not version.model.built_in:
        require_role(user=user, organization=version.model.organization, role=Role.EDITOR)
    facts = version.files.get(name)
    if facts is None:
        there = ", ".join(sorted(version.files)) or "none yet"
        raise NotFound(f"{version} has no such file; its files are {there}.")
    path = durable.local(model_file_name(version.pk, name))
    if not path.is_file():
        raise Conflict(f"The file {name} of {version} is gone from the store.", code="file_lost")
    if sha256_file(path) != facts["sha256"]:
        reason = f"{name} is not the file that was registered."
        record_refused_file(version=version, actor=user, reason=reason)
        raise Conflict(reason, code="bad_model_file", hint="Restore it from a backup.")
    audit.record(
        actor=user,
        action="model_version.download",
        target=version,
        file=name,
        sha256=facts["sha256"],
    )
    return path
