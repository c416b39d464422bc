"""The accounts of the books and the number series that operations post to."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BOOKS = [
    ("receivables", "Receivables", "asset"),
    ("revenue", "Revenue", "income"),
    ("tax-payable", "Tax payable", "liability"),
]


def open_books(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    books = apps.get_model("billing", "LedgerAccount")
    for code, name, kind in BOOKS:
        books.objects.create(code=code, name=name, kind=kind)
    apps.get_model("billing", "NumberSeries").objects.create(prefix="CF-")


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunPython(open_books, migrations.RunPython.noop)]
