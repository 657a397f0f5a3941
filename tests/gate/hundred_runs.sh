#!/bin/sh
# A case of the gate, 100 times: every figure but the resident set and the time is the same.
# usage: hundred_runs.sh HEAPGATE GATE-WORK ROWSTREAM
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$3" seed sqlite:ticket5423_item.sqlite3 --table ticket5423_item --rows 50000 --seed 1
for run in $(seq 100); do
    "$1" run --case json/dump/sqlite/stream --results results -- \
        "$2" json/dump/sqlite/stream . /dev/null 2>/dev/null
    grep -E '"(peak|live|largest|allocated)_bytes"|"allocations"|"units"' \
        results/json/dump/sqlite/stream.json | tr -d '\n'
    echo
done | sort | uniq -c >figures
cat figures
[ "$(wc -l <figures)" -eq 1 ] && [ "$(awk '{print $1}' figures)" -eq 100 ]
