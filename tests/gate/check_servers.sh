#!/bin/sh
# heapgate check over the cases of each server that is there; 77 when there is none.
# usage: check_servers.sh HEAPGATE BUDGETS RESULTS SERVERS-FOLDER
set -eu
checked=no
for server in postgresql mysql; do
    [ -r "$4/$server.url" ] || continue
    checked=yes
    "$1" check --budgets "$2" --results "$3" --case "*/$server/*"
done
[ $checked = yes ] || { echo "skipped: no server"; exit 77; }
