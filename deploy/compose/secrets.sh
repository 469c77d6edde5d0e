#!/usr/bin/env bash
# Makes the secrets that compose.yaml reads, once. Keep a copy of secrets/master-key apart from your backups.
set -euo pipefail
cd "$(dirname "$0")"
[ ! -e secrets ] || { echo "there are secrets here already" >&2; exit 1; }
umask 077
mkdir secrets
password=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
printf '%s' "$password" > secrets/database-password
printf 'postgres://clubos:%s@db:5432/clubos?sslmode=disable' "$password" > secrets/database-url
head -c 32 /dev/urandom | base64 > secrets/master-key
# Compose hands files over as they are: readable for the program's user, in a directory that is ours alone.
chmod 0444 secrets/*
