"""The table that `rowstream seed` makes, in the shape of Django's bug 5423."""
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    description = models.CharField(max_length=255)
    notes = models.CharField(max_length=255)
