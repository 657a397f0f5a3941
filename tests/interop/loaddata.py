"""Django's own loaddata into the table that `rowstream seed` makes, to be measured.

    loaddata.py URL FIXTURE
"""
import sys

import project

url, fixture = sys.argv[1:]
project.set_up(apps=["ticket5423"], default=url)

from django.core.management import call_command  # noqa: E402: Django must be set up first

call_command("loaddata", fixture, verbosity=0)
