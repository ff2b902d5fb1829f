#!/bin/sh
# What the official image's entry does with the variables that compose.yaml sets: a new cluster with
# this user, password and database where there is none yet; then the server.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # Under another name until it is whole: one that is killed here begins again.
    new=$PGDATA.new
    rm -rf "$new"
    mkdir -p "$new"
    passwords=$(mktemp)
    printf '%s' "$POSTGRES_PASSWORD" > "$passwords"
    initdb --pgdata "$new" --username "$POSTGRES_USER" --pwfile "$passwords" \
        --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
    rm "$passwords"
    echo "host all all all scram-sha-256" >> "$new/pg_hba.conf"
    pg_ctl --pgdata "$new" --wait start \
        --options "-c listen_addresses= -c unix_socket_directories=/tmp"
    [ "$POSTGRES_DB" = postgres ] || createdb --host /tmp --username "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --pgdata "$new" --wait stop
    mv "$new" "$PGDATA"
fi
exec postgres -c "listen_addresses=*" -c unix_socket_directories=/tmp "$@"
