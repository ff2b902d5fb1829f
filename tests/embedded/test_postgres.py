"""PostgreSQL from the wheel: who may connect, what survives, and as whom it runs."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import environ
import psycopg2
import pytest

from embedded.identity import LAUNCHER
from embedded.postgres import PostgresServer
from embedded.processes import command_lines, is_alive

SERVE = """
import json, os, sys
from pathlib import Path
import psycopg2
from embedded.postgres import PostgresServer
with PostgresServer(Path(sys.argv[1]), durable=False) as server:
    connection = psycopg2.connect(server.url)
    cursor = connection.cursor()
    cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
    role, superuser = cursor.fetchone()
    status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    fields = dict(line.split(":\\t", 1) for line in status if ":\\t" in line)
print(json.dumps({
    "uid": os.geteuid(), "role": role, "superuser": superuser,
    "server_uid": int(fields["Uid"].split()[1]), "capabilities": int(fields["CapEff"], 16),
    "left": server.pid,
}))
"""


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[PostgresServer]:
    with PostgresServer(folder / "postgres", durable=False) as running:
        yield running


def _query(server: PostgresServer, sql: str, *, as_owner: bool = False) -> list[tuple]:
    connection = psycopg2.connect(server.owner_url if as_owner else server.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_it_is_postgresql_18_and_our_role_is_no_superuser(server: PostgresServer) -> None:
    [(version, role, superuser, creates)] = _query(
        server,
        "SELECT version(), current_user, rolsuper, rolcreatedb FROM pg_roles"
        " WHERE rolname = current_user",
    )

    assert version.startswith("PostgreSQL 18.")
    assert (role, superuser, creates) == ("loupe", False, False)


def test_the_role_that_serves_owns_nothing(server: PostgresServer) -> None:
    made = "CREATE TABLE kept_apart (n int); GRANT SELECT, DELETE ON kept_apart TO loupe"
    _query(server, made, as_owner=True)

    assert _query(server, "SELECT count(*) FROM kept_apart") == [(0,)]
    for refused in ("DROP TABLE kept_apart", "TRUNCATE kept_apart", "CREATE TABLE mine (n int)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            _query(server, refused)


def test_a_cluster_with_one_role_gets_two(folder: Path) -> None:
    """As Loupe made them before: `loupe` owned the database and what is in it."""
    server = PostgresServer(folder / "one-role", durable=False)
    identity = server.prepare()
    before = (
        "REASSIGN OWNED BY loupe_owner TO loupe;\n"
        "DROP ROLE loupe_owner;\n"
        "ALTER ROLE loupe CREATEDB;\n"
    )
    server._run_sql(identity, server.cluster, "loupe", before)
    (server.data_dir / "owner-password").unlink()
    with server:
        owned = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'loupe'"
        assert _query(server, owned) == [("loupe_owner",)]
        assert _query(server, "SELECT current_user", as_owner=True) == [("loupe_owner",)]


def test_it_knows_letters_beyond_ascii(server: PostgresServer) -> None:
    assert _query(server, "SELECT 'ÄRGER' ILIKE 'ärger', upper('é')") == [(True, "É")]


def test_a_wrong_password_is_refused(server: PostgresServer) -> None:
    password = urlsplit(server.url).password
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url.replace(password, "wrong"))


def test_without_a_password_nobody_gets_in_not_even_as_superuser(server: PostgresServer) -> None:
    for user in ("loupe", "postgres"):
        with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
            psycopg2.connect(host=str(server.socket_dir), user=user, dbname="postgres")


def test_all_authentication_is_scram(server: PostgresServer) -> None:
    lines = (server.cluster / "pg_hba.conf").read_text().splitlines()

    assert lines == ["local all all scram-sha-256"]


def test_only_the_socket_listens(server: PostgresServer) -> None:
    sockets = {
        str(link.readlink())
        for link in Path(f"/proc/{server.pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:")
    }
    tcp = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{server.pid}/net/{name}").read_text().splitlines()[1:]
    ]

    assert sockets
    assert not sockets & {f"socket:[{fields[9]}]" for fields in tcp}


def test_files_are_private(server: PostgresServer) -> None:
    assert _mode(server.data_dir / "password") == 0o600
    assert _mode(server.cluster) == 0o700
    assert _mode(server.socket_dir) == 0o700
    assert _mode(server.data_dir) & 0o067 == 0


def test_the_server_is_never_root(server: PostgresServer) -> None:
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0 or os.geteuid() != 0


def test_the_server_does_not_inherit_our_secrets(folder: Path, monkeypatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("the server runs as the same user, who has them anyway")
    become = [sys.executable, "-I", str(LAUNCHER), "--uid", "65534", "--gid", "65534"]
    launched = subprocess.run(
        [*become, "--", "/bin/sh", "-c", "env"],
        env=os.environ | {"SECRET_KEY": "a secret"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "a secret" not in launched.stdout


def test_django_environ_and_libpq_read_the_same_url(server: PostgresServer) -> None:
    database = environ.Env.db_url_config(server.url)

    assert database["NAME"] == "loupe"
    assert database["OPTIONS"] == {"host": str(server.socket_dir)}


def test_starting_twice_is_starting_once(server: PostgresServer) -> None:
    before = server.pid
    again = PostgresServer(server.data_dir, durable=False)
    again.start()

    assert again.pid == before


def test_committed_rows_survive_kill_9(folder: Path) -> None:
    server = PostgresServer(folder / "killed")
    server.start()
    _query(server, "CREATE TABLE kept (n int)", as_owner=True)
    _query(server, "INSERT INTO kept VALUES (42)", as_owner=True)
    killed = server.pid
    server.kill()
    assert server.pid is None
    assert (server.cluster / "postmaster.pid").exists()

    with server:
        assert server.pid != killed
        assert _query(server, "SELECT n FROM kept", as_owner=True) == [(42,)]


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(folder: Path) -> None:
    server = PostgresServer(folder / "killed", durable=False)
    server.start()
    server.kill()
    pid_file = server.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    # A process of the same user as the server's, which it would take for itself.
    uid, gid = server.cluster.stat().st_uid, server.cluster.stat().st_gid
    stranger = subprocess.Popen(["/bin/sleep", "60"], user=uid, group=gid)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with server:
            assert _query(server, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_half_made_cluster_is_made_again(folder: Path) -> None:
    rest = folder / "half" / "cluster.new"
    rest.mkdir(parents=True)
    (rest / "PG_VERSION").write_text("18\n")

    with PostgresServer(folder / "half", durable=False) as server:
        assert _query(server, "SELECT 1") == [(1,)]
    assert not rest.exists()


def test_a_long_path_gets_a_short_socket_folder(folder: Path) -> None:
    server = PostgresServer(folder / ("x" * 120), durable=False)
    with server:
        assert len(os.fsencode(server.socket_dir / ".s.PGSQL.5432")) <= 107
        assert _mode(server.socket_dir) == 0o700
        assert (server.data_dir / "run").readlink() == server.socket_dir.parent
        found = PostgresServer(server.data_dir).socket_dir
    assert found == server.socket_dir
    shutil.rmtree(found.parent)


def test_odd_characters_in_the_path_do_no_harm(folder: Path) -> None:
    with PostgresServer(folder / "it's 100% o;k", durable=False) as server:
        assert _query(server, "SELECT 1") == [(1,)]


def test_the_server_ends_with_whoever_started_it(folder: Path) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path;"
        "from embedded.postgres import PostgresServer;"
        "server = PostgresServer(Path(sys.argv[1]), durable=False); server.start();"
        "print(server.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    starter = subprocess.run(
        [sys.executable, "-c", code, str(folder / "orphan")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    pid = int(starter.stdout)

    with PostgresServer(folder / "orphan", durable=False) as server:
        assert server.pid != pid
        assert not is_alive(pid)


def test_root_runs_it_as_another_user_without_rights(folder: Path, run_as) -> None:
    seen = run_as(SERVE, str(folder / "root"), prefix=[])

    assert seen["uid"] == 0
    assert seen["server_uid"] != 0
    assert seen["capabilities"] == 0
    assert seen["left"] is None


def test_an_ordinary_user_runs_it(folder: Path, run_as) -> None:
    home = folder / "nobody"
    home.mkdir()
    os.chown(home, 65534, 65534)
    # Capabilities only because our own interpreter may lie in /root.
    become = [sys.executable, "-I", str(LAUNCHER), "--uid", "65534", "--gid", "65534"]
    become += ["--keep-dac", "--"]
    seen = run_as(SERVE, str(home / "data"), prefix=become)

    assert seen["uid"] == seen["server_uid"] == 65534
    assert _mode(home / "data") == 0o700
    assert (seen["role"], seen["superuser"], seen["left"]) == ("loupe", False, None)


def test_root_may_keep_the_data_where_nobody_else_may_enter(tmp_path: Path, run_as) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    seen = run_as(SERVE, str(closed / "data"), prefix=[])

    assert seen["server_uid"] != 0
    # CAP_DAC_OVERRIDE, to pass the closed folder, and nothing else.
    assert seen["capabilities"] in (0, 1 << 1)
    assert _mode(closed) == 0o700


def test_root_of_a_user_namespace_runs_it(folder: Path, run_as) -> None:
    unshare = ["unshare", "--user", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine allows no user namespaces")
    seen = run_as(SERVE, str(folder / "namespace"), prefix=unshare)

    assert seen["uid"] == 0
    assert (seen["role"], seen["left"]) == ("loupe", None)


def test_no_server_is_left_behind(folder: Path) -> None:
    lines = command_lines("postgres").values()

    assert not [line for line in lines if os.fsencode(folder / "killed") in line]
