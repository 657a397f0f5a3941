"""The table of fixtures/every_type.sql."""
from django.db import models


class Type(models.Model):
    flag = models.BooleanField()
    small = models.SmallIntegerField(null=True)
    number = models.IntegerField()
    big = models.BigIntegerField(null=True)
    positive = models.PositiveIntegerField(null=True)
    ratio = models.FloatField(null=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    title = models.CharField(max_length=255)
    body = models.TextField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    clock = models.TimeField(null=True)
    token = models.UUIDField(null=True)
    data = models.BinaryField(null=True)
