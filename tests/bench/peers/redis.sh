#!/bin/sh
# Durable turns in Redis: EVALSHA of a script that changes three keys and appends one message,
# appendfsync always, 50 clients with 16 commands under way each.  redis.sh DIR N
set -eu
dir=$1 count=$2 port=$((20000 + $$ % 20000))
redis-server --port "$port" --dir "$dir" --save '' --appendonly yes --appendfsync always \
  --auto-aof-rewrite-percentage 0 --daemonize no >"$dir/redis.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true' EXIT
until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.1; done
sha=$(redis-cli -p "$port" script load "
local n = redis.call('incr', 'n')
local member = 'm' .. n % 2000
redis.call('hset', member, 'seen', n)
redis.call('hset', 'group', 'last', n)
redis.call('hset', member .. ':memory', 'seen', n)
redis.call('rpush', 'out', member .. ' thanks')
return n")
redis-benchmark -p "$port" -n "$count" -c 50 -P 16 -q evalsha "$sha" 0 2>/dev/null |
  tr '\r' '\n' | sed -n 's/.*: \([0-9]*\)\.[0-9]* requests per second.*/\1/p' | tail -1
