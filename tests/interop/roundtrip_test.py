#!/usr/bin/env python3
"""Django's loaddata reads what rowstream dumps, rowstream load reads what Django's dumpdata writes,
and the rows come out the same: on one database, in each format.

    roundtrip_test.py ROWSTREAM FIXTURES DATABASE FOLDER

DATABASE is sqlite, postgresql or mysql, FOLDER where ci/servers has left the URLs. Each set of rows
is dumped by rowstream, loaded into empty tables of Django's making, and the two are compared row for
row, value for value. Then Django dumps it again and rowstream loads that into empty tables, also a
second time, when every row is there already. Exit status 77: Django, a driver or the server is not
there (an error where HEAPGATE_REQUIRE names django or the server).
"""
import contextlib
import datetime
import os
import sqlite3
import subprocess
import sys
import tempfile

import databases
import project

try:
    import django
    import yaml  # noqa: F401: Django's YAML reader needs it
    if "postgresql" in sys.argv[3:4]:
        import psycopg2  # noqa: F401: Django's drivers
    if "mysql" in sys.argv[3:4]:
        import MySQLdb  # noqa: F401
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connections
except ImportError as missing:
    databases.skip("django", str(missing))

FORMATS = ("json", "xml", "yaml")
SOURCE, LOADED, COPY = "source", "default", "copy"  # dumped, what Django loads, what rowstream does


def make_every_type(path, rowstream, fixtures):
    with open(os.path.join(fixtures, "every_type.sql"), encoding="utf-8") as script:
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.executescript(script.read())


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


# name, how its rows are made in SQLite, the tables in the order of their references
CASES = (
    ("every type", make_every_type, ["every_type"]),
    ("made by Django", make_typed, ["typed_category", "typed_tag", "typed_job", "typed_job_tags"]),
    ("seeded", make_seeded, ["ticket5423_item"]),
    ("seeded with every type", make_seeded_types, ["every_type"]),
)


class Test:
    def __init__(self, rowstream, fixtures, folder, database):
        self.rowstream = rowstream
        self.fixtures = fixtures
        self.folder = folder
        self.database = database
        self.failures = []
        self.compared_rows = 0

    def run(self):
        for case, make, tables in CASES:
            self.fill_source(make, tables)
            for format in FORMATS:
                self.django_loads(case, format, tables)
                self.rowstream_loads(case, format, tables)

    def sees_a_difference(self):
        """The control: one row altered behind its back is one difference."""
        found = len(self.failures)
        with connections[LOADED].cursor() as cursor:
            cursor.execute("UPDATE every_type SET title = 'altered' WHERE id = 7")
        self.compare("control", ["every_type"], SOURCE, LOADED, list)
        seen, self.failures = self.failures[found:], self.failures[:found]
        if len(seen) != 1 or not seen[0].startswith("control: every_type 7, title: wanted '"):
            self.failures.append(f"an altered row was seen as {seen}")

    def fill_source(self, make, tables):
        """SQLite's own files as they are; a server gets their rows into tables of Django's."""
        path = os.path.join(self.folder, "rows.sqlite3")
        sqlite = self.database.name == "sqlite"
        if sqlite:
            path = self.database.path(SOURCE)
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        make(path, self.rowstream, self.fixtures)
        if not sqlite:
            fixture = os.path.join(self.folder, "rows.json")
            self.dump("sqlite:" + path, tables, "json", fixture)
            self.empty(SOURCE)
            call_command("loaddata", fixture, database=SOURCE, verbosity=0)

    def dump(self, url, tables, format, output):
        arguments = [word for table in tables for word in ("--table", table)]
        subprocess.run([self.rowstream, "dump", url, *arguments, "--format", format, "-o", output],
                       check=True)

    def empty(self, alias):
        call_command("flush", database=alias, verbosity=0, interactive=False)

    def django_loads(self, case, format, tables):
        dump = os.path.join(self.folder, "rowstream." + format)
        self.dump(self.database.url(SOURCE), tables, format, dump)
        self.empty(LOADED)
        call_command("loaddata", dump, database=LOADED, verbosity=0)
        self.compare(f"{case}, {format}", tables, SOURCE, LOADED,
                     strip_texts if format == "xml" else list)

    def rowstream_loads(self, case, format, tables):
        """Django's dump of its database, in rowstream's hands."""
        dump = os.path.join(self.folder, "django." + format)
        models = sorted({table.split("_")[0] for table in tables})
        call_command("dumpdata", *models, database=LOADED, format=format, output=dump, verbosity=0)
        self.empty(COPY)
        for time in ("first", "second"):
            subprocess.run([self.rowstream, "load", self.database.url(COPY), dump], check=True)
            self.compare(f"{case}, {format}, Django's dump loaded the {time} time", tables, LOADED,
                         COPY, lambda rows: without_losses(rows, format))
        if tables == ["ticket5423_item"]:
            self.makes_a_new_row(f"{case}, {format}")

    def makes_a_new_row(self, what):
        """Keys go on after the loaded ones: a sequence that was left behind would clash."""
        items = apps.get_model("ticket5423", "Item").objects.using(COPY)
        last = items.order_by("-id").first().pk
        made = items.create(name="a", title="b", description="c", notes="d").pk
        if made <= last:
            self.failures.append(f"{what}: after key {last} a new row got key {made}")

    def compare(self, what, tables, wanted_alias, got_alias, change):
        for table in tables:
            wanted = change(self.rows(wanted_alias, table))
            got = change(self.rows(got_alias, table))
            if not wanted or len(wanted) != len(got):
                self.failures.append(f"{what}: {table}: wanted {len(wanted)} rows (and some), "
                                     f"got {len(got)}")
            self.compared_rows += len(got)
            self.failures += [
                f"{what}: {table} {want['id']}, {name}: wanted {want[name]!r}, got {have.get(name)!r}"
                for want, have in zip(wanted, got) for name in want
                if want[name] != have.get(name) or type(want[name]) is not type(have.get(name))]

    def rows(self, alias, table):
        rows = self.database.rows(alias, table)
        if table.endswith("_job_tags"):  # a list's rows get new ids
            rows.sort(key=lambda row: (row["job_id"], row["tag_id"]))
            for number, row in enumerate(rows):
                row["id"] = number
        return rows


def strip_texts(rows):
    """Django's XML reader strips white space at both ends of every text."""
    return [{name: value.strip() if isinstance(value, str) else value
             for name, value in row.items()} for row in rows]


def without_losses(rows, format):
    """Without what Django's own writers lose: carriage returns in XML, microseconds in JSON."""
    def xml(name, value):
        return (value.strip().replace("\r\n", "\n").replace("\r", "\n")
                if isinstance(value, str) else value)

    def json(name, value):
        if isinstance(value, (datetime.datetime, datetime.time)):
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        if isinstance(value, datetime.timedelta):  # what MySQL's driver gives for a time
            return value - datetime.timedelta(microseconds=value.microseconds % 1000)
        if name in ("created_at", "moment", "clock", "starts_at") and value:
            return value.ljust(19)[:len(value.split(".")[0]) + 4].rstrip("0. ")
        return value

    change = {"xml": xml, "json": json, "yaml": lambda name, value: value}[format]
    return [{name: change(name, value) for name, value in row.items()} for row in rows]


def main():
    rowstream, fixtures, name, servers = sys.argv[1:]
    aliases = (SOURCE, LOADED, COPY)
    with tempfile.TemporaryDirectory() as folder:
        try:
            database = databases.DATABASES[name](folder if name == "sqlite" else servers)
        except databases.Unavailable as reason:
            databases.skip(name, str(reason))
        database.make(aliases)
        try:
            project.set_up(**{alias: database.url(alias) for alias in aliases})
            for alias in aliases:
                call_command("migrate", database=alias, run_syncdb=True, verbosity=0)
            test = Test(rowstream, fixtures, folder, database)
            test.run()
            test.sees_a_difference()
        finally:
            with contextlib.suppress(Exception):
                connections.close_all()
            database.drop(aliases)
    for failure in test.failures[:20]:
        print(failure)
    print(f"Django {django.get_version()}, {name}: {len(CASES)} sets of rows in {len(FORMATS)} "
          f"formats, {test.compared_rows} rows compared, {len(test.failures)} differences")
    return 1 if test.failures or not test.compared_rows else 0


if __name__ == "__main__":
    sys.exit(main())
