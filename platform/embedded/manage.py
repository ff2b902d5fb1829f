"""One command of manage.py on the databases alone, as the role that owns the tables.

For what must be done while neither the web server nor a worker is at work, such as `restore`.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from embedded.commands import run_command
from embedded.data_folder import DataFolder
from embedded.options import REPOSITORY, Options
from embedded.own_user import make_own_user
from embedded.postgres import PostgresServer
from embedded.preflight import require_secret_key
from embedded.redis import RedisServer
from embedded.roles import SERVING
from embedded.stop_signal import StopSignal


def manage(options: Options, stop: StopSignal, arguments: list[str]) -> int:
    """Start the embedded servers, run the command to its end and return its exit status.

    Raises:
        EmbeddedError: a server cannot start, or Loupe runs on the data folder.
    """
    require_secret_key(options)
    os.umask(0o077)
    if done := make_own_user():
        print(done, flush=True)
    folder = DataFolder(options.data_dir)
    folder.make()
    with folder.locked(f"a command of manage.py ({arguments[0]})"), ExitStack() as servers:
        identity = folder.give_to_services()
        environment = {"SECRET_KEY": options.secret_key or folder.secret_key()}
        if options.database_url is None:
            postgres = servers.enter_context(PostgresServer(folder.postgres, socket_dir=folder.run))
            environment["DATABASE_URL"] = postgres.owner_url
            environment["LOUPE_SERVING_ROLE"] = SERVING
        elif options.database_owner_url is not None:
            environment["DATABASE_URL"] = options.database_owner_url
        if options.redis_url is None:
            redis = RedisServer(folder.redis, socket_dir=folder.run, identity=identity)
            environment["REDIS_URL"] = servers.enter_context(redis).url
        environment["LOUPE_DATA_DIR"] = str(folder.root)
        command = [sys.executable, str(REPOSITORY / "manage.py"), *arguments]
        # As we are, who can read what the person who calls can read; where the person stands.
        return run_command(command, {**os.environ, **environment}, stop, folder=Path.cwd())
