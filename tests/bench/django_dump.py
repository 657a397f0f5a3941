"""Django's dumpdata on the seeded table, for the benchmark: django_dump.py DATABASE FORMAT OUTPUT"""
import sys

import django
from django.conf import settings
from django.core.management import call_command

database, form, output = sys.argv[1:]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    INSTALLED_APPS=["ticket5423"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)

sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/django_app")
django.setup()
call_command("dumpdata", "ticket5423", format=form, output=output)
