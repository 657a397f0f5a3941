"""The tables of fixtures/django/typed.sqlite3."""
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=80)


class Tag(models.Model):
    label = models.SlugField(max_length=40, unique=True)


class Job(models.Model):
    title = models.CharField(max_length=255)
    description = models.TextField(null=True)
    category = models.ForeignKey(Category, null=True, on_delete=models.CASCADE)
    views = models.IntegerField()
    serial = models.BigIntegerField(null=True)
    rating = models.FloatField(null=True)
    salary = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    remote = models.BooleanField()
    posted_on = models.DateField(null=True)
    created_at = models.DateTimeField(null=True)
    starts_at = models.TimeField(null=True)
    token = models.UUIDField(null=True)
    logo = models.BinaryField(null=True)
    tags = models.ManyToManyField(Tag)
