#!/usr/bin/env bash
# A PostgreSQL server for the tests: its own cluster on loopback, no durability, gone when stopped, and
# planning each statement but once: tests have little data and many connections.
#   scripts/test-postgres.sh start   prints the URL (installs Debian's postgresql when it is missing)
#   scripts/test-postgres.sh stop
set -euo pipefail

dir=${CLUBOS_TEST_POSTGRES_DIR:-/tmp/clubos-test-postgres}
port=${CLUBOS_TEST_POSTGRES_PORT:-54329}
url="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"

bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/bash -c "$1"; else bash -c "$1"; fi; }

start() {
  if [ -z "$(bin)" ]; then
    echo "installing postgresql" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >&2 ||
      { echo "PostgreSQL is missing and could not be installed: install the package 'postgresql', or set CLUBOS_TEST_DATABASE_URL" >&2; exit 1; }
  fi
  if as_postgres "$(bin)/pg_isready -q -h 127.0.0.1 -p $port"; then echo "$url"; return; fi
  if [ ! -f "$dir/PG_VERSION" ]; then
    mkdir -p "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    chmod 700 "$dir"
    as_postgres "$(bin)/initdb -D $dir -A trust -U postgres -E UTF8 --no-sync" >/dev/null
  fi
  as_postgres "$(bin)/pg_ctl -D $dir -l $dir/log -w -o '-p $port -h 127.0.0.1 -k $dir -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=400 -c shared_buffers=128MB -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c jit=off -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan' start" >/dev/null
  echo "$url"
}

case "${1:-}" in
  start) start ;;
  stop) [ ! -f "$dir/postmaster.pid" ] || as_postgres "$(bin)/pg_ctl -D $dir -m fast stop" >/dev/null ;;
  *) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
