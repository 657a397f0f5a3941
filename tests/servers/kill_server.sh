#!/bin/sh
# A server of its own, killed with all that it is while a dump reads from it or a load writes to it.
# rowstream's message goes to standard error, its exit status is the script's.
# usage: kill_server.sh CI-SERVERS ROWSTREAM POSTGRESQL|MYSQL dump|load DOCUMENT
set -eu
servers=$1 rowstream=$2 name=$3 verb=$4 document=$5
own=$PWD/own
unset HEAPGATE_POSTGRESQL_URL HEAPGATE_MYSQL_URL
"$servers" start "$own" >/dev/null
trap '"$servers" stop "$own" >/dev/null 2>&1 || true' EXIT
. "$own/env"
eval "url=\$HEAPGATE_${name}_URL"
"$rowstream" seed "$url" --table fault_from --rows 60000 --columns 'a text, b text, c text'
"$rowstream" seed "$url" --table fault_to --rows 0 --columns 'a text, b text, c text'

kill_all() {
    pids=
    for pid in $(cat "$own/pids"); do
        pids="$pids $pid $(cat "/proc/$pid/task/$pid/children" 2>/dev/null || true)"
    done
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL $pids 2>/dev/null || true
}

mkfifo fifo
status=0
if [ "$verb" = dump ]; then
    { head -c 100 >/dev/null; kill_all; cat >/dev/null; } <fifo &
    "$rowstream" dump "$url" --table fault_from --format json >fifo || status=$?
else
    { head -c 1000000 "$document"; sleep 0.5; kill_all; tail -c +1000001 "$document"; } >fifo \
        2>/dev/null &
    "$rowstream" load "$url" - --format json <fifo || status=$?
fi
rm -f fifo
exit $status
