"""The three databases as the round trips need them: each gives databases of its own by alias, and
the rows of a table as its driver gives them.

On a server they are schemas (PostgreSQL) and databases (MySQL) beside the tests' own, made here and
removed at the end. FOLDER is where ci/servers and schema.sh have left their URLs.
"""
import contextlib
import os
import sqlite3
import sys


class Unavailable(Exception):
    """There is no such server; the text says why."""


class Sqlite:
    name = "sqlite"

    def __init__(self, folder):
        self.folder = folder

    def path(self, alias):
        return os.path.join(self.folder, alias + ".sqlite3")

    def url(self, alias):
        return "sqlite:" + self.path(alias)

    def make(self, aliases):
        pass

    def drop(self, aliases):
        pass

    def rows(self, alias, table):
        """As SQLite stores them: Django's connection would convert."""
        with contextlib.closing(sqlite3.connect(self.path(alias))) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f'SELECT * FROM "{table}" ORDER BY id')]


class Server:
    def __init__(self, folder):
        try:
            with open(os.path.join(folder, self.name + ".url"), encoding="utf-8") as file:
                self.own_url = file.readline().strip()
            with open(os.path.join(folder, "name"), encoding="utf-8") as file:
                self.own_name = file.readline().strip()
        except OSError:
            raise Unavailable(self.reason(folder)) from None

    def reason(self, folder):
        with contextlib.suppress(OSError):
            with open(os.path.join(folder, "missing"), encoding="utf-8") as file:
                for line in file:
                    if line.startswith(self.name + ": "):
                        return f"no {self.name} server: {line[len(self.name) + 2:].strip()}"
        return f"no {self.name} server: ci/servers was not started"

    def schema(self, alias):
        return f"{self.own_name}_{alias}"

    def url(self, alias):
        return self.own_url.replace(self.own_name, self.schema(alias))

    def make(self, aliases):
        self.execute([self.make_sql.format(self.schema(alias)) for alias in aliases])

    def drop(self, aliases):
        self.execute([self.drop_sql.format(self.schema(alias)) for alias in aliases])

    def execute(self, statements):
        with contextlib.closing(self.connect()) as connection:
            for statement in statements:
                connection.cursor().execute(statement)
            connection.commit()

    def rows(self, alias, table):
        from django.db import connections
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            names = [column[0] for column in cursor.description]
            return [{name: bytes(value) if isinstance(value, memoryview) else value
                     for name, value in zip(names, row)} for row in cursor]


class Postgresql(Server):
    name = "postgresql"
    make_sql = "CREATE SCHEMA {}"
    drop_sql = "DROP SCHEMA IF EXISTS {} CASCADE"

    def connect(self):
        import psycopg2
        return psycopg2.connect(self.own_url)


class Mysql(Server):
    name = "mysql"
    make_sql = "CREATE DATABASE {} CHARACTER SET utf8mb4"
    drop_sql = "DROP DATABASE IF EXISTS {}"

    def connect(self):
        import MySQLdb
        import project
        settings = project.mysql(self.own_url)
        return MySQLdb.connect(
            user=settings["USER"], password=settings["PASSWORD"], host=settings["HOST"],
            port=int(settings["PORT"] or 0), database=settings["NAME"], **settings["OPTIONS"])


DATABASES = {database.name: database for database in (Sqlite, Postgresql, Mysql)}


def is_required(name):
    return name in os.environ.get("HEAPGATE_REQUIRE", "").replace(",", " ").split()


def skip(name, reason):
    """Ends the test: skipped, or failed where HEAPGATE_REQUIRE asks for `name`."""
    required = is_required(name)
    print(f"{'failed' if required else 'skipped'}: {reason}"
          f"{', and HEAPGATE_REQUIRE asks for it' if required else ''}", file=sys.stderr)
    sys.exit(1 if required else 77)
