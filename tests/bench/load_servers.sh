#!/bin/sh
# Loading 50,000 rows into PostgreSQL and MySQL, beside a bare loop of the same inserts: elapsed time
# of commands run in turn, as the median ratio to the loop's. Starts throwaway servers.
# usage: load_servers.sh SERVERS-SCRIPT ROWSTREAM INSERT-LOOP
set -eu
servers=$1
rowstream=$2
loop=$3
turns=${BENCH_QUICK:+1}
turns=${turns:-7}
folder=$(mktemp -d)
trap '"$servers" stop "$folder/servers"; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP
"$servers" start "$folder/servers" >/dev/null
. "$folder/servers/env"
"$rowstream" seed "sqlite:$folder/items.db" --table ticket5423_item --rows 50000 --seed 1
for format in json xml yaml; do
    "$rowstream" dump "sqlite:$folder/items.db" --format $format -o "$folder/items.$format"
done

# took NAME URL COMMAND...: into an empty table
took() {
    name=$1
    "$rowstream" seed "$2" --table ticket5423_item --rows 0 --replace
    shift 2
    begin=$(date +%s%N)
    "$@" >/dev/null
    echo $((($(date +%s%N) - begin) / 1000)) >>"$folder/$name"
}

median() {
    sort -n "$folder/$1" | sed -n "$((turns / 2 + 1))p"
}

for url in "$HEAPGATE_POSTGRESQL_URL" "$HEAPGATE_MYSQL_URL"; do
    rm -f "$folder"/took-*
    for turn in $(seq $turns); do
        took took-loop "$url" "$loop" "$url"
        for format in json xml yaml; do
            took took-$format "$url" "$rowstream" load "$url" "$folder/items.$format"
        done
    done
    echo
    echo "Loading 50,000 rows into ${url%%:*}, elapsed"
    printf '  %-34s %8d ms (median of %d)\n' "a bare loop of inserts" $(($(median took-loop) / 1000)) "$turns"
    for format in json xml yaml; do
        ratio=$(($(median took-$format) * 100 / $(median took-loop)))
        printf '  %-34s %8d.%02dx\n' "rowstream load, $format" $((ratio / 100)) $((ratio % 100))
    done
done
