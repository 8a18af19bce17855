"""What the schema says of a case, for other tools: `datapackage.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.datapackage import package, resource

if TYPE_CHECKING:
    from supplychain.case import Case


def datapackage(case: Case) -> str:
    """Return the `datapackage.json` of a case: a Tabular Data Package (Frictionless v1) with units, ranges and keys."""
    tables = [table for table in schema.TABLES if case.headers[table.name]]
    names = {table.name for table in tables}
    resources = [resource(table, case.headers[table.name], table.file, names) for table in tables]
    return package(case.settings.name, case.settings.title, resources)
