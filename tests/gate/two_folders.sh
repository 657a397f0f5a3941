#!/bin/sh
# The gate's figures are the same wherever the checkout is: the same cases from two folders whose names
# differ in length, to the byte and to the call.
# usage: two_folders.sh HEAPGATE GATE-JSON GATE-LOAD-JSON GATE-DELETE
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in a a-folder-whose-name-is-longer/and-one-within-it/by-some-more; do
    HEAPGATE_GATE_FOLDER=$folder/$name
    export HEAPGATE_GATE_FOLDER
    mkdir -p "$HEAPGATE_GATE_FOLDER"
    "$2" sqlite dump/sqlite/stream >"$folder/said" 2>&1 &&
        "$3" >>"$folder/said" 2>&1 && "$4" >>"$folder/said" 2>&1 ||
        { cat "$folder/said"; exit 1; }
    # All but what is about time, and the command and the resident set.
    (cd "$HEAPGATE_GATE_FOLDER/results" && find . -name '*.json' | sort | while read -r result; do
        echo "$result"
        grep -E '"(peak|live|largest|allocated|live_before|live_after)_bytes"|"allocations"|"units"' \
            "$result"
        sed -n '/"growth"/,/]/p' "$result"
    done) >"$folder/figures-$(basename "$name")"
    [ "$(grep -c '^\./' "$folder/figures-$(basename "$name")")" -ge 6 ]
done
diff "$folder/figures-a" "$folder/figures-by-some-more"
"$1" compare "$folder/a/results" "$HEAPGATE_GATE_FOLDER/results" --fail-on 0%
