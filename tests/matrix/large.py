#!/usr/bin/env python3
"""The gate's cells that must not grow, from 50,000 rows to a million, held to budgets/.

    large.py BUILD RESULTS SERVERS

BUILD is the build's folder, SERVERS where ci/servers and schema.sh have left the servers' URLs and
the gate's tables of 50,000 rows. The million are copies of these, made within each database. The
work is that of the gate's own programs, so the figures are of the same scopes, and each says how many
rows it did. Exit status: the worst of heapgate's.
"""
import contextlib
import os
import sqlite3
import sys

from cells import FORMATS, LARGE, LARGE_LOADS, LARGE_SIZES
from commands import TABLE, measure, run, work_folder

FEW, MANY = LARGE_SIZES
LARGE_TABLE = f"{TABLE}_{MANY}"
COLUMNS = "name, title, description, notes"


def copy_sql(number, source):
    return (f"INSERT INTO {LARGE_TABLE} (id, {COLUMNS}) "
            f"SELECT id + {number * FEW}, {COLUMNS} FROM {source} ORDER BY id")


def multiply_sqlite(rowstream, folder):
    few, many = f"{folder}/{TABLE}.sqlite3", f"{folder}/{LARGE_TABLE}.sqlite3"
    run(rowstream, "seed", "sqlite:" + few, "--table", TABLE, "--rows", str(FEW), "--seed", "1")
    run(rowstream, "seed", "sqlite:" + many, "--table", LARGE_TABLE, "--rows", "0")
    with contextlib.closing(sqlite3.connect(many)) as database:
        database.execute("ATTACH ? AS few", (few,))
        for number in range(MANY // FEW):
            database.execute(copy_sql(number, "few." + TABLE))
        database.commit()


def multiply(rowstream, server_sql, url):
    run(rowstream, "seed", url, "--table", LARGE_TABLE, "--rows", "0")
    for number in range(MANY // FEW):
        run(server_sql, url, copy_sql(number, TABLE))


def make_documents(build, folder, format):
    """Of SQLite's rows, which are those of all three, for the table that the gate loads into."""
    for size, table in ((FEW, TABLE), (MANY, LARGE_TABLE)):
        run(f"{build}/bin/rowstream", "dump", f"sqlite:{folder}/{table}.sqlite3", "--table", table,
            "--model", "load." + format, "--format", format, "-o",
            f"{folder}/items-{size}.{format}")


def main():
    build, results, servers = sys.argv[1:]
    os.environ["HEAPGATE_SERVERS"] = servers
    rowstream, server_sql = f"{build}/bin/rowstream", f"{build}/bin/server_sql"
    urls, status = {}, 0
    with work_folder() as folder:
        for name in LARGE:
            print(f"== Making {MANY:,} rows within {name}", flush=True)
            if name == "sqlite":
                multiply_sqlite(rowstream, folder)
                continue
            with open(f"{servers}/{name}.url", encoding="utf-8") as file:
                urls[name] = file.readline().strip()
            multiply(rowstream, server_sql, urls[name])
        print(f"== Dumping {FEW:,} and {MANY:,} rows", flush=True)
        for names in LARGE.values():
            for name in names:
                for format in FORMATS:
                    case = f"{format}/{name}"
                    status = max(status, measure(build, results, case, LARGE_SIZES, [
                        f"{build}/bin/gate_work", case, folder, "/dev/null", "{N}"]))
        print(f"== Loading {FEW:,} and {MANY:,} rows", flush=True)
        for format in FORMATS:
            make_documents(build, folder, format)
            for name in LARGE_LOADS:
                case = f"{format}/{name}"
                status = max(status, measure(build, results, case, LARGE_SIZES, [
                    f"{build}/bin/gate_load_work", case, f"{folder}/items-{{N}}.{format}",
                    f"{folder}/loaded.sqlite3"]))
            os.remove(f"{folder}/items-{MANY}.{format}")
            for url in urls.values():
                run(server_sql, url, f"DROP TABLE IF EXISTS load_{format}")
    return status


if __name__ == "__main__":
    sys.exit(main())
