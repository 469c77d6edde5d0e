#!/usr/bin/env bash
# A Redis server for the tests: on loopback, nothing is written to disk, gone when stopped.
#   scripts/test-redis.sh start   prints the URL (installs Debian's redis-server when it is missing)
#   scripts/test-redis.sh stop
set -euo pipefail

dir=${CLUBOS_TEST_REDIS_DIR:-/tmp/clubos-test-redis}
port=${CLUBOS_TEST_REDIS_PORT:-54379}
url="redis://127.0.0.1:$port"

answers() { redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null | grep -q PONG; }

start() {
  if ! command -v redis-server >/dev/null; then
    echo "installing redis-server" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server; } >&2 ||
      { echo "Redis is missing and could not be installed: install the package 'redis-server', or set CLUBOS_TEST_REDIS_URL" >&2; exit 1; }
  fi
  if answers; then echo "$url"; return; fi
  mkdir -p "$dir"
  redis-server --bind 127.0.0.1 --port "$port" --daemonize yes --dir "$dir" --pidfile "$dir/redis.pid" --logfile "$dir/redis.log" \
    --save '' --appendonly no --maxmemory 64mb --maxmemory-policy allkeys-lru >/dev/null
  for _ in $(seq 100); do
    if answers; then echo "$url"; return; fi
    sleep 0.05
  done
  echo "Redis did not start; see $dir/redis.log" >&2
  exit 1
}

case "${1:-}" in
  start) start ;;
  stop) [ ! -f "$dir/redis.pid" ] || redis-cli -h 127.0.0.1 -p "$port" shutdown nosave >/dev/null 2>&1 || true ;;
  *) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
