"""Django's loaddata into the seeded table, for the benchmark: django_load.py DATABASE FIXTURE"""
import sys

import django
from django.conf import settings
from django.core.management import call_command

database, fixture = sys.argv[1:]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    INSTALLED_APPS=["ticket5423"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)

sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/django_app")
django.setup()
call_command("loaddata", fixture, verbosity=0)
