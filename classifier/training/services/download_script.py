"""Hand out a run as one program that needs no Loupe."""

from accounts.models import User
from classifier.engine.formats.facts import SCRIPT_FILE
from classifier.models import TrainingRun
from classifier.registry.services.download_file import file_to_download
from classifier.training.selectors.script import why_no_script
from common.errors import Conflict


def script_to_download(*, user: User, run: TrainingRun) -> bytes:
    """Return the program of a run, as UTF-8, verified, and write down who took it.

    Raises `Conflict`: `no_script` with the reason, otherwise as `file_to_download` does.
    """
    if sentence := why_no_script(run):
        raise Conflict(sentence, code="no_script")
    version = run.registered_version
    return file_to_download(user=user, version=version, name=SCRIPT_FILE).read_bytes()
