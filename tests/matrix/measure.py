#!/usr/bin/env python3
"""Measures the cells of the matrix under `heapgate run`, one after the other, and keeps a result for
each. What streams is held to budgets/: its peak may not grow.

    measure.py BUILD RESULTS [--without-django]

BUILD is the build's folder. The servers are those of HEAPGATE_POSTGRESQL_URL and HEAPGATE_MYSQL_URL;
each cell is measured at 5,000 and 50,000 rows, which are in a schema (or database, or file) of their
own for each size, made here and removed at the end. All figures are of whole processes, so that one
written in C can stand beside one written in Python. Exit status: the worst of heapgate's.
"""
import argparse
import contextlib
import json
import os
import subprocess
import sys
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from cells import DATABASES, FORMATS, SIZES
from commands import TABLE, measure, run, work_folder

INTEROP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "interop")
ROW_MARKS = {"json": b'"pk": ', "xml": b' pk="', "yaml": b"\n  pk: "}  # once a row
PYTHON = "/usr/bin/python3"  # the one that the distribution's Django belongs to
# Every object is malloc's, and a dictionary has the same order in every run.
PYTHON_ENVIRONMENT = {"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}


class Sqlite:
    def __init__(self, folder):
        self.folder = folder

    def url(self, role, size="{N}"):
        return f"sqlite:{self.folder}/{role}-{size}.sqlite3"

    def make(self, role):
        pass

    def drop(self, role):
        pass

    def renew(self, role, size):
        """Pages that a dropped table leaves are written again, and SQLite keeps a bit for each."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.url(role, size)[len("sqlite:"):])


def joined(parts):
    """urlunsplit leaves out the slashes before a host that is not there."""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if parts.query else ''}{parts.query}"


def without_password(url):
    """The URL, and the password that was in it or None: a URL is seen in the list of processes."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    passwords = [value for name, value in pairs if name == "password"]
    if parts.password is not None:
        passwords.append(unquote(parts.password))
        user, host = parts.netloc.rsplit("@", 1)
        parts = parts._replace(netloc=user.split(":", 1)[0] + "@" + host)
    if len(passwords) == 0:
        return url, None
    query = urlencode([pair for pair in pairs if pair[0] != "password"], quote_via=quote)
    return joined(parts._replace(query=query)), passwords[-1]


class Server:
    def __init__(self, url, variable, server_sql):
        self.base, password = without_password(url)
        if password is not None:
            os.environ[variable] = password
        self.server_sql = server_sql

    def name(self, role, size):
        """As long for every process: a client keeps it."""
        return f"heapgate_matrix_{os.getpid():07}_{role}_{size}"

    def make(self, role):
        for size in SIZES:
            run(self.server_sql, self.base, self.make_sql.format(self.name(role, size)))

    def renew(self, role, size):
        pass

    def drop(self, role):
        for size in SIZES:
            run(self.server_sql, self.base, self.drop_sql.format(self.name(role, size)))


class Postgresql(Server):
    make_sql = "CREATE SCHEMA {}"
    drop_sql = "DROP SCHEMA IF EXISTS {} CASCADE"

    def url(self, role, size="{N}"):
        mark = "&" if "?" in self.base else "?"
        return f"{self.base}{mark}options=-csearch_path%3D{self.name(role, size)}"


class Mysql(Server):
    make_sql = "CREATE DATABASE {} CHARACTER SET utf8mb4"
    drop_sql = "DROP DATABASE IF EXISTS {}"

    def url(self, role, size="{N}"):
        return joined(urlsplit(self.base)._replace(path="/" + self.name(role, size)))


class Matrix:
    def __init__(self, arguments, folder):
        self.build = arguments.build
        self.rowstream = f"{self.build}/bin/rowstream"
        self.results = arguments.results
        self.folder = folder
        self.status = 0
        server_sql = f"{self.build}/bin/server_sql"
        self.databases = {"sqlite": Sqlite(folder)}
        for name, kind, url, password in (
                ("postgresql", Postgresql, "HEAPGATE_POSTGRESQL_URL", "PGPASSWORD"),
                ("mysql", Mysql, "HEAPGATE_MYSQL_URL", "MYSQL_PWD")):
            self.databases[name] = kind(os.environ[url], password, server_sql)
        self.django = not arguments.without_django

    def measure(self, case, command, python=False):
        held = not python and not case.endswith("/tree")
        self.status = max(self.status, measure(
            self.build, self.results, case, SIZES, command, held,
            PYTHON_ENVIRONMENT if python else None))

    def require(self, what, size, rows):
        """A peak of work that was not done is worth nothing."""
        if rows != size:
            print(f"   {what}: {rows} rows, wanted {size}")
            self.status = 3

    def fill(self):
        print("== Seeding 5,000 and 50,000 rows in each database", flush=True)
        for database in self.databases.values():
            for role in ("rows", "loaded"):
                database.make(role)
            for size in SIZES:
                run(self.rowstream, "seed", database.url("rows", size), "--table", TABLE,
                    "--rows", str(size), "--seed", "1")
        for format in FORMATS:
            for size in SIZES:
                run(self.rowstream, "dump", self.databases["sqlite"].url("rows", size), "--table",
                    TABLE, "--format", format, "-o", f"{self.folder}/items-{size}.{format}")

    def drop(self):
        """What a server keeps after all, one that went away meanwhile for example, is told."""
        for database in self.databases.values():
            with contextlib.suppress(subprocess.CalledProcessError):
                for role in ("rows", "loaded"):
                    database.drop(role)

    def dump_cell(self, format, database, way, command, python=False):
        case = f"{format}/dump/{database}/{way}"
        output = f"{self.folder}/dump-{{N}}.{format}"
        self.measure(case, [word.replace("{output}", output) for word in command], python)
        for size in SIZES:
            path = output.replace("{N}", str(size))
            with open(path, "rb") as file:
                self.require(case, size, file.read().count(ROW_MARKS[format]))
            os.remove(path)

    def dumps(self, name, format):
        url = self.databases[name].url("rows")
        dump = [self.rowstream, "dump", url, "--table", TABLE, "--format", format, "-o", "{output}"]
        django = [PYTHON, "-B", INTEROP + "/dumpdata.py", url, format, "{output}"]
        self.dump_cell(format, name, "stream", dump)
        self.dump_cell(format, name, "buffered/tree",
                       [*dump, "--fetch", "buffered", "--document", "tree"])
        if self.django:
            self.dump_cell(format, name, "django", django, python=True)
            self.dump_cell(format, name, "django-list", [*django, "list"], python=True)

    def count_loaded(self, name, size):
        counted = run(self.rowstream, "dump", self.databases[name].url("loaded", size), "--query",
                      f"SELECT count(*) AS n FROM {TABLE}", "--model", "a.b", "--format", "json",
                      stdout=subprocess.PIPE).stdout
        return json.loads(counted)[0]["fields"]["n"]

    def load_cell(self, format, name, way, command, python=False):
        case = f"{format}/load/{name}/{way}"
        database = self.databases[name]
        for size in SIZES:
            database.renew("loaded", size)
            run(self.rowstream, "seed", database.url("loaded", size), "--table", TABLE, "--rows",
                "0", "--replace")
        self.measure(case, command, python)
        for size in SIZES:
            self.require(case, size, self.count_loaded(name, size))

    def loads(self, name, format):
        url, fixture = self.databases[name].url("loaded"), f"{self.folder}/items-{{N}}.{format}"
        self.load_cell(format, name, "stream", [self.rowstream, "load", url, fixture])
        if self.django:
            self.load_cell(format, name, "django",
                           [PYTHON, "-B", INTEROP + "/loaddata.py", url, fixture], python=True)

    def run(self):
        try:
            self.fill()
            for what, cells in (("Dumping", self.dumps), ("Loading", self.loads)):
                print(f"== {what}: the peaks of each cell at 5,000 and 50,000 rows", flush=True)
                for name in DATABASES:
                    for format in FORMATS:
                        cells(name, format)
        finally:
            self.drop()
        return self.status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("results")
    parser.add_argument("--without-django", action="store_true")
    arguments = parser.parse_args()
    with work_folder() as folder:
        return Matrix(arguments, folder).run()


if __name__ == "__main__":
    sys.exit(main())
