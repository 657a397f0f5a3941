"""A Django project over any database that rowstream knows, for the tests and for ci/matrix: what a
settings module would hold. The URLs are rowstream's."""
import os
import sys
from urllib.parse import parse_qs, unquote, urlsplit

APPS = ("typed", "ticket5423", "every")


def sqlite(url):
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": url[len("sqlite:"):]}


def postgresql(url):
    """libpq itself takes the URL apart, and psycopg2 hands what Django has no word for back to it."""
    from psycopg2.extensions import parse_dsn
    parts = parse_dsn(url)
    settings = {"ENGINE": "django.db.backends.postgresql"}
    for part, name in (("dbname", "NAME"), ("user", "USER"), ("password", "PASSWORD"),
                       ("host", "HOST"), ("port", "PORT")):
        if part in parts:
            settings[name] = parts.pop(part)
    return {**settings, "OPTIONS": parts}


def mysql(url):
    parts = urlsplit(url)
    options = {"charset": "utf8mb4"}
    if "socket" in parse_qs(parts.query):
        options["unix_socket"] = parse_qs(parts.query)["socket"][0]
    return {"ENGINE": "django.db.backends.mysql", "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""), "HOST": parts.hostname or "",
            "PASSWORD": unquote(parts.password or "") or os.environ.get("MYSQL_PWD", ""),
            "PORT": str(parts.port or ""), "OPTIONS": options}


SCHEMES = {"sqlite": sqlite, "postgresql": postgresql, "mysql": mysql}


def set_up(apps=APPS, **urls):
    """Configures Django with these databases; the one called `default` must be among them."""
    import django
    from django.conf import settings
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    settings.configure(
        INSTALLED_APPS=list(apps), USE_TZ=False, TIME_ZONE="UTC",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SILENCED_SYSTEM_CHECKS=["mysql.W002"],  # strict mode is the server's default
        DATABASES={alias: SCHEMES[url.split(":")[0]](url) for alias, url in urls.items()})
    django.setup()
