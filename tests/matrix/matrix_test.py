#!/usr/bin/env python3
"""ci/matrix without measuring: the tables from results made by hand, every text whole, also that of
nothing; and where a password goes."""
import json
import os
import subprocess
import sys
import tempfile

import measure

HERE = os.path.dirname(os.path.abspath(__file__))


def result(case, points, wall_ms, invalid=None):
    (few, less), (many, more) = points
    return {"case": case, "invalid": invalid,
            "engines": {"count": {"peak_bytes": more, "wall_ms": wall_ms}},
            "growth": {"points": points, "bytes_per_unit": (more - less) / (many - few)}}


RESULTS = [
    result("json/dump/sqlite/stream", [[5000, 102400], [50000, 102400]], 250),
    result("json/dump/sqlite/buffered/tree", [[5000, 10485760], [50000, 104857600]], 1540),
    result("json/dump/sqlite/django", [[5000, 31457280], [50000, 31457280]], 2000),
    result("xml/dump/sqlite/stream", [[5000, 1], [50000, 1]], 1, "killed"),
    result("yaml/load/mysql/django", [[5000, 52428800], [50000, 524288000]], 60000),
]
LARGE = [
    result("json/dump/mysql/keyset", [[50000, 150182], [1000000, 150318]], 3600),
    result("xml/load/sqlite/stream", [[50000, 307199], [1000000, 1307199]], 10440),
    result("yaml/dump/mysql/keyset", [[5000, 150182], [50000, 150318]], 3600),  # other sizes
]

TEXT = """
dump, 50,000 rows  rowstream                  rowstream, all in memory        ratio     Django dumpdata           ratio   Django without .iterator()  ratio
SQLite, JSON       100.0 KiB, 0 B/row, 0.2 s  100.0 MiB, 2,097 B/row, 1.5 s   1,024.0x  30.0 MiB, 0 B/row, 2.0 s  307.2x  -                           -
SQLite, XML        -                          -                               -         -                         -       -                           -
SQLite, YAML       -                          -                               -         -                         -       -                           -
PostgreSQL, JSON   -                          -                               -         -                         -       -                           -
PostgreSQL, XML    -                          -                               -         -                         -       -                           -
PostgreSQL, YAML   -                          -                               -         -                         -       -                           -
MySQL, JSON        -                          -                               -         -                         -       -                           -
MySQL, XML         -                          -                               -         -                         -       -                           -
MySQL, YAML        -                          -                               -         -                         -       -                           -

load, 50,000 rows  rowstream  Django loaddata                  ratio
SQLite, JSON       -          -                                -
SQLite, XML        -          -                                -
SQLite, YAML       -          -                                -
PostgreSQL, JSON   -          -                                -
PostgreSQL, XML    -          -                                -
PostgreSQL, YAML   -          -                                -
MySQL, JSON        -          -                                -
MySQL, XML         -          -                                -
MySQL, YAML        -          500.0 MiB, 10,486 B/row, 60.0 s  -
"""


URLS = (  # given, then without the password, and the password
    ("postgresql://me@/db?host=%2Ftmp", "postgresql://me@/db?host=%2Ftmp", None),
    ("postgresql://me:a%3Ab@db.org:5432/db", "postgresql://me@db.org:5432/db", "a:b"),
    ("postgresql:///db?host=%2Ftmp&password=s%20t&user=me", "postgresql:///db?host=%2Ftmp&user=me",
     "s t"),
    ("mysql://me:s@t@localhost/db?socket=/run/x", "mysql://me@localhost/db?socket=%2Frun%2Fx", "s@t"),
)


def table(results, *options):
    with tempfile.TemporaryDirectory() as folder:
        for made in results:
            path = os.path.join(folder, made["case"] + ".json")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(made, file)
        run = subprocess.run([sys.executable, "-B", os.path.join(HERE, "table.py"), folder, *options],
                             capture_output=True, text=True)
        return run.returncode, run.stdout, run.stderr.replace(folder, "RESULTS")


def squeezed(text):
    """Without the padding, which depends on the widest cell."""
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def check(name, found, wanted):
    if found == wanted:
        return 0
    print(f"{name}: wanted\n{wanted}\ngot\n{found}")
    return 1


def main():
    failed = sum(check(url, measure.without_password(url), (shown, password))
                 for url, shown, password in URLS)
    status, text, _ = table(RESULTS)
    failed += check("text", (status, squeezed(text)), (0, squeezed(TEXT)))
    status, text, _ = table(RESULTS, "--markdown")
    failed += check("markdown", (status, text.splitlines()[1:4]), (0, [
        "| dump, 50,000 rows | rowstream | rowstream, all in memory | ratio | Django dumpdata | ratio "
        "| Django without .iterator() | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| SQLite, JSON | 100.0 KiB, 0 B/row, 0.2 s | 100.0 MiB, 2,097 B/row, 1.5 s | 1,024.0x "
        "| 30.0 MiB, 0 B/row, 2.0 s | 307.2x | - | - |"]))
    status, text, _ = table(LARGE, "--large", "--markdown")
    lines = text.splitlines()
    failed += check("large", (status, lines[1], [line for line in lines if "B," in line]), (
        0, "| peak at 50,000, rise to 1,000,000 | JSON | XML | YAML |",
        ["| dump/mysql/keyset | 150,182 B, +136 B, 3.6 s | - | - |",
         "| load/sqlite/stream | - | 307,199 B, +1,000,000 B, 10.4 s | - |"]))
    failed += check("nothing", table([]), (3, "", "RESULTS: no cell was measured\n"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
