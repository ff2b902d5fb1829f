"""The configuration files of the embedded PostgreSQL, written again at each start."""

HBA = "local all all scram-sha-256\n"

CONFIG = """\
# Written again at each start by embedded/postgres.py.
cluster_name = '{name}'
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
password_encryption = scram-sha-256
max_connections = 100
shared_buffers = 128MB
effective_cache_size = 1GB
maintenance_work_mem = 64MB
max_wal_size = 1GB
wal_compression = on
jit = off
# A container often has 64 MB of /dev/shm, which parallel plans would overrun.
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
"""
