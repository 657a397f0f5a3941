#!/bin/sh
# A schema (PostgreSQL) and a database (MySQL) of the tests' own on the servers of FOLDER/env, with
# the tables that the gate dumps. FOLDER/postgresql.url and FOLDER/mysql.url name them.
# usage: schema.sh make|drop FOLDER SERVER_SQL ROWSTREAM
set -eu
verb=$1
folder=$2
sql=$3
rowstream=$4
[ -r "$folder/env" ] || exit 0
. "$folder/env"
umask 077

postgresql_url() { # URL SCHEMA
    case "$1" in
    *\?*) echo "$1&options=-csearch_path%3D$2" ;;
    *) echo "$1?options=-csearch_path%3D$2" ;;
    esac
}

mysql_url() { # URL DATABASE
    echo "$1" | sed "s,^\(mysql://[^/]*/\)[^?]*,\1$2,"
}

make() {
    name=heapgate_test_$$
    echo "$name" >"$folder/name"
    if [ -n "${HEAPGATE_POSTGRESQL_URL:-}" ]; then
        "$sql" "$HEAPGATE_POSTGRESQL_URL" "CREATE SCHEMA $name"
        postgresql_url "$HEAPGATE_POSTGRESQL_URL" "$name" >"$folder/postgresql.url"
    fi
    if [ -n "${HEAPGATE_MYSQL_URL:-}" ]; then
        "$sql" "$HEAPGATE_MYSQL_URL" "CREATE DATABASE $name CHARACTER SET utf8mb4"
        mysql_url "$HEAPGATE_MYSQL_URL" "$name" >"$folder/mysql.url"
    fi
    for url in "$folder"/*.url; do
        [ -r "$url" ] || continue
        "$rowstream" seed "$(cat "$url")" --table ticket5423_item --rows 50000 --seed 1
        "$rowstream" seed "$(cat "$url")" --table ticket5423_item_5000 --rows 5000 --seed 1
    done
}

drop() {
    [ -r "$folder/name" ] || exit 0
    name=$(cat "$folder/name")
    [ ! -r "$folder/postgresql.url" ] ||
        "$sql" "$HEAPGATE_POSTGRESQL_URL" "DROP SCHEMA $name CASCADE"
    [ ! -r "$folder/mysql.url" ] || "$sql" "$HEAPGATE_MYSQL_URL" "DROP DATABASE $name"
    rm -f "$folder/postgresql.url" "$folder/mysql.url" "$folder/name"
}

"$verb"
