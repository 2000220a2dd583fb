#!/bin/sh
# Durable events in Redis over a Unix socket: one list, appendfsync always, 50 clients with 4,096
# commands under way each. Redis runs no handler and counts nothing.  redis_socket.sh DIR N
set -eu
dir=$1 count=$2
place=$(mktemp -d /tmp/bench-redis-XXXXXX) # A socket's name is short.
redis-server --port 0 --unixsocket "$place/it" --dir "$dir" --save '' --appendonly yes \
  --appendfsync always --auto-aof-rewrite-percentage 0 --daemonize no >"$dir/redis.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$place"' EXIT
until redis-cli -s "$place/it" ping >/dev/null 2>&1; do sleep 0.1; done
event='{"t":"ev","seq":1000,"ts":1795284019864,"id":"m-1-1000","k":"message","group":"g-1","member":"u1","text":"hello"}'
redis-benchmark -s "$place/it" -n "$count" -c 50 -P 4096 -q rpush events "$event" 2>/dev/null |
  tr '\r' '\n' | sed -n 's/.*: \([0-9]*\)\.[0-9]* requests per second.*/\1/p' | tail -1
