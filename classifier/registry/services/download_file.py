"""Hand out a model's own files to those who may have them."""

from pathlib import Path
from typing import NamedTuple

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.engine.formats.exports import FORMATS
from classifier.engine.formats.facts import SCRIPT_FILE
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.models import ModelExport, ModelVersion
from classifier.models.fast_mode import FAST_FILE
from classifier.registry.selectors.exports import files_of, makeable
from classifier.registry.selectors.fast_mode import obstacle_to_fast_mode
from classifier.registry.services.fast_mode import why_not_offered
from common.errors import Conflict, NotFound
from common.hashing import sha256_file
from jobs.models import Status
from storage import durable
from storage.names import model_file_name

# What says no more than a run's page does.
OPEN = frozenset({SCRIPT_FILE})


class Link(NamedTuple):
    """Where anyone may fetch a file for some minutes, and the hash of what must come."""

    address: str
    sha256: str


def file_to_download(
    *, user: User, version: ModelVersion, name: str, confirmed: bool = False
) -> Path:
    """Return the path of a file of the version, verified, and write down who took it.

    An export that does not answer as the served file does is handed out when that is `confirmed`.

    Editors and above may have what their organization trained; everyone what is built-in, and every
    member the training script, which holds settings and class names alone. Raises `NotFound` for a
    name that the version does not have, `Forbidden`, and `Conflict` where the file is not made yet
    (`not_made_yet`), failed its check (`fast_mode_refused`, `parity_failed`), takes the place of an
    older one at this moment (`under_way`), is lost, or is not the one that was registered.
    """
    sha256, differing = _granted(user, version, name, confirmed=confirmed)
    path = durable.local_content(model_file_name(version.pk, name), sha256)
    if not path.is_file():
        _refuse_what_is_replaced(version, name, sha256)
        raise _lost(version, name)
    if sha256_file(path) != sha256:
        _refuse_what_is_replaced(version, name, sha256)
        reason = f"{name} is not the file that was registered."
        record_refused_file(version=version, actor=user, reason=reason)
        raise Conflict(reason, code="bad_model_file", hint=_what_helps(version, name))
    _record(user, version, name, sha256, differing)
    return path


def link_to_download(
    *, user: User, version: ModelVersion, name: str, file_name: str, confirmed: bool = False
) -> Link | None:
    """Return a signed address of the file in the bucket, and write down who was given it.

    None where Loupe hands files out itself (`durable.link`). Otherwise as `file_to_download`, but
    that the content has not been read: programs that fetch it compare the hash.
    """
    if not durable.hands_out_links():
        return None
    sha256, differing = _granted(user, version, name, confirmed=confirmed)
    kept = model_file_name(version.pk, name)
    link = durable.link(kept, file_name=file_name, media_type="application/octet-stream")
    if link is None:
        return None
    if not durable.exists(kept):
        raise _lost(version, name)
    _record(user, version, name, sha256, differing, by_link=True)
    return Link(link, sha256)


def _granted(
    user: User, version: ModelVersion, name: str, *, confirmed: bool
) -> tuple[str, ModelExport | None]:
    """Return the hash of a file that the person may have, and the export that it is where it
    answers differently.
    """
    if not version.model.built_in:
        least = Role.VIEWER if name in OPEN else Role.EDITOR
        require_role(user=user, organization=version.model.organization, role=least)
    files = files_of(version)
    facts = files.get(name)
    if facts is None:
        _refuse_what_is_not_made_yet(version, name)
        there = ", ".join(sorted(files)) or "none yet"
        raise NotFound(f"{version} has no such file; its files are {there}.")
    differing = _differing(version, name)
    if differing is not None and not confirmed:
        raise _answers_differently(version, differing)
    return facts["sha256"], differing


def _lost(version: ModelVersion, name: str) -> Conflict:
    sentence = f"The file {name} of {version} is gone from the store."
    return Conflict(sentence, code="file_lost", hint=_what_helps(version, name))


def _what_helps(version: ModelVersion, name: str) -> str:
    again = any(name == each.file for each in FORMATS.values()) and name not in version.files
    return "Make it again." if again else "Restore it from a backup."


def _record(
    user: User,
    version: ModelVersion,
    name: str,
    sha256: str,
    differing: ModelExport | None,
    **further: bool,
) -> None:
    if differing is not None:
        further["answers_differently"] = True
    audit.record(
        actor=user,
        action="model_version.download",
        target=version,
        file=name,
        sha256=sha256,
        **further,
    )


def _differing(version: ModelVersion, name: str) -> ModelExport | None:
    """Return the export whose file this is, where it does not answer as the served file does."""
    exports = (each for each in version.exports.all() if each.differs)
    return next((each for each in exports if each.file_name == name), None)


def _refuse_what_is_replaced(version: ModelVersion, name: str, sha256: str) -> None:
    """Raise where the file is made again: the new one is there shortly before its row says so."""
    rows = ModelExport.objects.select_related("job").filter(model_version=version)
    export = next((each for each in rows if each.file_name == name), None)
    if export is None or export.file is None:
        return
    if export.job.status == Status.RUNNING or export.file["sha256"] != sha256:
        raise Conflict(
            f"{name} of {version} has just been made again.",
            code="under_way",
            hint="Download it again in a moment.",
        )


def _answers_differently(version: ModelVersion, export: ModelExport) -> Conflict:
    found = export.check_result
    return Conflict(
        f"{export.kind_of_file.file} of {version} does not answer as the served file does. "
        f"{found.refusal if found else 'How it answers cannot be read.'}",
        code="parity_failed",
        hint="`?confirmed=true` downloads it all the same.",
    )


def _refuse_what_is_not_made_yet(version: ModelVersion, name: str) -> None:
    if name == FAST_FILE and obstacle_to_fast_mode(version) is None:
        raise why_not_offered(version, getattr(version, "fast_mode", None))
    for made in makeable(version):
        if FORMATS[made].file == name:
            raise Conflict(
                f"{name} of {version} is made on request, and is not there yet.",
                code="not_made_yet",
                hint=f'POST /api/v1/model-versions/{version.pk}/exports/ with {{"format": '
                f'"{made}"}} starts that, and shows how far it is.',
            )
