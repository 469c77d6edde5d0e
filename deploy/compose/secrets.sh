#!/usr/bin/env bash
# Makes the secrets that compose.yaml reads and the directory for backups, once; run it as root. Keep a copy of secrets/master-key apart from
# your backups.
set -euo pipefail
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "run this as root: the files are given to the program's user" >&2; exit 1; }
[ ! -e secrets ] || { echo "there are secrets here already" >&2; exit 1; }
umask 077
mkdir secrets
password=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
printf '%s' "$password" > secrets/database-password
printf 'postgres://clubos:%s@db:5432/clubos?sslmode=disable' "$password" > secrets/database-url
head -c 32 /dev/urandom | base64 > secrets/master-key
# Compose hands files over as they are, and the program refuses a master key that everybody may read.
chown 65532:65532 secrets/*
chmod 0400 secrets/*
[ -e backups ] || install -d -m 0700 -o 65532 -g 65532 backups
