#!/usr/bin/env python3
"""Django's loaddata reads what rowstream dumps, rowstream load reads what Django's dumpdata writes,
and the rows come out the same.

    loaddata_test.py ROWSTREAM FIXTURES

Each database is dumped in each format, loaded into an empty database of Django's making, and the
two are compared row for row, value for value, as SQLite stores them. Then Django dumps it again and
rowstream loads that, also a second time, when every row is there already. Exit status 77: Django or
PyYAML is not there (an error where HEAPGATE_REQUIRE names django).
"""
import os
import sqlite3
import subprocess
import sys
import tempfile

try:
    import django
    import yaml  # noqa: F401: Django's YAML reader needs it
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
except ImportError as missing:
    print(f"skipped: {missing}", file=sys.stderr)
    required = "django" in os.environ.get("HEAPGATE_REQUIRE", "").replace(",", " ").split()
    sys.exit(1 if required else 77)

FORMATS = ("json", "xml", "yaml")


def make_every_type(path, rowstream, fixtures):
    with open(os.path.join(fixtures, "every_type.sql"), encoding="utf-8") as script:
        sqlite3.connect(path).executescript(script.read())


def make_typed(path, rowstream, fixtures):
    with open(os.path.join(fixtures, "django", "typed.sqlite3"), "rb") as source:
        with open(path, "wb") as copy:
            copy.write(source.read())


def make_seeded(path, rowstream, fixtures):
    subprocess.run([rowstream, "seed", "sqlite:" + path, "--table", "ticket5423_item", "--rows",
                    "500", "--seed", "5423"], check=True)


def make_seeded_types(path, rowstream, fixtures):
    columns = ("flag bool, small smallint NULL, number integer, big bigint NULL, positive integer "
               "unsigned NULL, ratio real NULL, price decimal(12, 2) NULL, title varchar(40), body "
               "text NULL, day date NULL, moment datetime NULL, clock time NULL, token char(32) "
               "NULL, data BLOB NULL")
    subprocess.run([rowstream, "seed", "sqlite:" + path, "--table", "every_type", "--rows", "2000",
                    "--seed", "1", "--columns", columns], check=True)


# name, how the database is made, its tables in the order of their references
CASES = (
    ("every type", make_every_type, ["every_type"]),
    ("made by Django", make_typed, ["typed_category", "typed_tag", "typed_job", "typed_job_tags"]),
    ("seeded", make_seeded, ["ticket5423_item"]),
    ("seeded with every type", make_seeded_types, ["every_type"]),
)


def rows_of(path, table, format):
    """The table's rows with their column names; without those that a format's reader loses."""
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    # Django's XML reader strips white space at both ends of every text.
    keep = (lambda v: v.strip() if isinstance(v, str) else v) if format == "xml" else (lambda v: v)
    rows = [{name: keep(row[name]) for name in row.keys()}
            for row in database.execute(f'SELECT * FROM "{table}" ORDER BY id')]
    database.close()
    return rows


def compare(case, format, table, wanted, got):
    if not wanted:
        return [f"{case}, {format}: table {table} has no rows to compare"]
    if len(wanted) != len(got):
        return [f"{case}, {format}: {table}: wanted {len(wanted)} rows, got {len(got)}"]
    return [f"{case}, {format}: {table} {want['id']}, {name}: wanted {want[name]!r}, "
            f"got {have.get(name)!r}"
            for want, have in zip(wanted, got) for name in want
            if want[name] != have.get(name) or type(want[name]) is not type(have.get(name))]


def run_case(folder, rowstream, fixtures, case, make, tables):
    source = os.path.join(folder, case.replace(" ", "-") + ".sqlite3")
    make(source, rowstream, fixtures)
    failures = []
    for format in FORMATS:
        dump = os.path.join(folder, "dump." + format)
        arguments = [word for table in tables for word in ("--table", table)]
        subprocess.run([rowstream, "dump", "sqlite:" + source, *arguments, "--format", format,
                        "-o", dump], check=True)
        call_command("flush", verbosity=0, interactive=False)
        call_command("loaddata", dump, verbosity=0)
        for table in tables:
            failures += compare(case, format, table, rows_of(source, table, format),
                                rows_of(settings.DATABASES["default"]["NAME"], table, format))
        failures += load_back(folder, rowstream, case, format, tables)
    return failures


def load_back(folder, rowstream, case, format, tables):
    """Django's dump of its database, in rowstream's hands."""
    loaded = settings.DATABASES["default"]["NAME"]
    dump = os.path.join(folder, "django." + format)
    copy = os.path.join(folder, "copy.sqlite3")
    models = sorted({table.split("_")[0] for table in tables})
    call_command("dumpdata", *models, format=format, output=dump, verbosity=0)
    with sqlite3.connect(loaded) as original:
        if os.path.exists(copy):
            os.remove(copy)
        made = sqlite3.connect(copy)
        for (sql,) in original.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
                                       "name NOT LIKE 'sqlite%'"):
            made.execute(sql)
        made.close()
    failures = []
    for _ in range(2):
        subprocess.run([rowstream, "load", "sqlite:" + copy, dump], check=True)
        for table in tables:
            wanted, got = (lossy(rows_of(path, table, format), table, format)
                           for path in (loaded, copy))
            failures += compare(case + " (Django's dump)", format, table, wanted, got)
    return failures


def lossy(rows, table, format):
    """Without what Django's own writers lose: carriage returns in XML, microseconds in JSON, and
    the ids of the rows of a list."""
    for number, row in enumerate(rows):
        for name, value in row.items():
            if format == "xml" and isinstance(value, str):
                row[name] = value.replace("\r\n", "\n").replace("\r", "\n")
            if format == "json" and name in ("created_at", "moment", "clock", "starts_at") and value:
                row[name] = value.ljust(19, " ")[:len(value.split(".")[0]) + 4].rstrip("0. ")
        if table.endswith("_job_tags"):
            row["id"] = number
    return sorted(rows, key=lambda row: (row.get("job_id", 0), row.get("tag_id", 0), row["id"]))


def main():
    rowstream, fixtures = sys.argv[1:3]
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    with tempfile.TemporaryDirectory() as folder:
        settings.configure(
            INSTALLED_APPS=["typed", "ticket5423", "every"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                                   "NAME": os.path.join(folder, "loaded.sqlite3")}},
            USE_TZ=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        failures = []
        for case, make, tables in CASES:
            failures += run_case(folder, rowstream, fixtures, case, make, tables)
        connection.close()
    for failure in failures[:20]:
        print(failure)
    print(f"Django {django.get_version()}: {len(CASES)} databases in {len(FORMATS)} formats, "
          f"{len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
