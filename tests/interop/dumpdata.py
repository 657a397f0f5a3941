"""Django's own dumpdata on the table that `rowstream seed` makes, to be measured.

    dumpdata.py URL FORMAT OUTPUT [list]

dumpdata asks for its rows with QuerySet.iterator(); with `list` it gets the rows of the query as a
list instead, which is what it did before that was mended.
"""
import sys

import project

url, form, output = sys.argv[1:4]
project.set_up(apps=["ticket5423"], default=url)

from django.core.management import call_command  # noqa: E402: Django must be set up first
from django.db.models.query import QuerySet  # noqa: E402

if sys.argv[4:] == ["list"]:
    QuerySet.iterator = lambda rows, chunk_size=None: iter(list(rows))
call_command("dumpdata", "ticket5423", format=form, output=output)
