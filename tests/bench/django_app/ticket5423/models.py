from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    description = models.CharField(max_length=255)
    notes = models.CharField(max_length=255)
