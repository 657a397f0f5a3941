"""The cells of the matrix: three databases, three formats, and the ways of dumping and loading that
are set beside each other. A cell's case is FORMAT/dump|load/DATABASE/WAY."""

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}
FORMATS = {"json": "JSON", "xml": "XML", "yaml": "YAML"}

# way: title of its column. `stream` is rowstream as it is, `buffered` the way it guards against: all
# rows in memory, and then the whole document. Both rowstream's dumps are the 18 classic cells.
DUMPS = {
    "stream": "rowstream",
    "buffered/tree": "rowstream, all in memory",
    "django": "Django dumpdata",
    "django-list": "Django without .iterator()",
}
LOADS = {"stream": "rowstream", "django": "Django loaddata"}

# The gate's cells that must not grow, up to a million rows.
LARGE = {
    "sqlite": ("dump/sqlite/stream", "dump/sqlite/keyset"),
    "postgresql": ("dump/postgresql/stream", "dump/postgresql/cursor", "dump/postgresql/keyset"),
    "mysql": ("dump/mysql/stream", "dump/mysql/cursor", "dump/mysql/keyset"),
}
LARGE_LOADS = tuple(f"load/{name}/stream" for name in DATABASES)

SIZES = (5000, 50000)
LARGE_SIZES = (50000, 1000000)
