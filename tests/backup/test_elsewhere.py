"""A backup into an installation that has another key, or keeps its files in a bucket."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as configured

from backup.create import create_backup
from storage import durable
from tests.backup.looking import faults, quiet
from tests.storage.s3_names import s3_variables
from tests.storage.s3_server import bucket, s3_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_where_the_key_is_lost_all_else_is_restored(dataset, user, folder, installation):
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    create_backup(folder, quiet)
    another = {"SECRET_KEY": f"another-{configured.SECRET_KEY}"}
    refused = installation.manage("restore", str(folder), **another)
    assert refused.returncode == 1
    assert "Set that one; or, where it is lost, pass --other-secret-key" in refused.stderr
    assert installation.rows("SELECT to_regclass('datasets_dataset')") == [(None,)]

    restored = installation.manage("restore", str(folder), "--other-secret-key", **another)
    assert restored.returncode == 0, restored.stderr
    assert installation.rows("SELECT count(*) FROM datasets_image") == [(10,)]
    # The app of a person who could not sign in any longer is removed as the guide says.
    removed = installation.manage("remove_second_factors", user.get_username(), **another)
    assert "totp" in removed.stdout, removed.stderr
    saved = installation.manage("backup", str(folder.parent / "again"), **another)
    assert saved.returncode == 0, saved.stderr


def test_a_backup_of_a_folder_is_restored_into_a_bucket_and_saved_from_there(
    dataset, folder, installation, tmp_path
):
    create_backup(folder, quiet)
    names = sorted(durable.walk())
    (tmp_path / "s3").mkdir()
    with s3_server(tmp_path / "s3") as url:
        in_bucket = s3_variables(url, "there")
        restored = installation.manage("restore", str(folder), **in_bucket)
        assert restored.returncode == 0, restored.stderr
        kept = {each.key: each for each in bucket(url).objects.all()}
        assert sorted(kept) == [f"there/{name}" for name in names]
        for name in names:
            assert kept[f"there/{name}"].get()["Body"].read() == durable.read(name)
        assert not any(path.is_file() for path in (installation.data / "media").rglob("*"))
        again = tmp_path / "again"
        saved = installation.manage("backup", str(again), **in_bucket)
        assert saved.returncode == 0, saved.stderr
    assert faults(again) == []
