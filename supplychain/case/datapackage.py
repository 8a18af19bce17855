"""What the schema says of the inputs, for other tools: `datapackage.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from supplychain import schema

if TYPE_CHECKING:
    from supplychain.case import Case

_FIELD_TYPES = {"text": "string", "number": "number", "integer": "integer", "boolean": "boolean"}


def datapackage(case: Case) -> str:
    """Return the `datapackage.json` of a case: a Tabular Data Package (Frictionless v1) with units, ranges and keys."""
    resources = [
        _resource(table, case.headers[table.name], case) for table in schema.TABLES if case.headers[table.name]
    ]
    package = {
        "profile": "tabular-data-package",
        "name": case.settings.name,
        "title": case.settings.title,
        "resources": resources,
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(table: schema.TableSchema, header: tuple[str, ...], case: Case) -> dict[str, Any]:
    foreign = [
        {
            "fields": list(reference.columns),
            "reference": {"resource": reference.table, "fields": list(reference.target)},
        }
        for reference in table.references
        if all(column in header for column in reference.columns) and case.headers[reference.table]
    ]
    described: dict[str, Any] = {
        "fields": [_field(table.column(name), name) for name in header],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": table.file,
        "description": table.meaning,
        "encoding": "utf-8",
        "schema": described | ({"foreignKeys": foreign} if foreign else {}),
    }


def _field(column: schema.ColumnSchema, name: str) -> dict[str, Any]:
    is_range = name != column.name
    constraints: dict[str, Any] = {} if column.blank or is_range else {"required": True}
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    if column.choices:
        constraints["enum"] = list(column.choices)
    end = {schema.LOW: "low end of the range of ", schema.HIGH: "high end of the range of "}.get(
        name.removeprefix(column.name), ""
    )
    field: dict[str, Any] = {
        "name": name,
        "type": _FIELD_TYPES[column.type],
        "description": end + (column.name if end else column.meaning),
    }
    if column.unit:
        field["unit"] = column.unit
    return field | ({"constraints": constraints} if constraints else {})
