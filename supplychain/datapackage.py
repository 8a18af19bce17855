"""Folders of tables as Frictionless data packages (v1): types, units, ranges and keys, for other people's tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from supplychain import schema

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from supplychain.schema import ColumnSchema, Reference, TableSchema

FILE = "datapackage.json"

_FIELD_TYPES = {
    "text": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "any": "any",
}


def package(name: str, title: str, resources: Sequence[dict[str, Any]]) -> str:
    """Return the `datapackage.json` of a folder: a Tabular Data Package."""
    content = {"profile": "tabular-data-package", "name": name, "title": title, "resources": list(resources)}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def resource(table: TableSchema, header: Sequence[str], path: str, tables: Collection[str] = ()) -> dict[str, Any]:
    """Return one table as a resource; `tables` are those of the folder to which its foreign keys may lead."""
    foreign = [
        _foreign_key(reference)
        for reference in table.references
        if reference.table in tables and set(reference.columns) <= set(header)
    ]
    content: dict[str, Any] = {
        "fields": [_field(table.column(name), name) for name in header],
        **({"primaryKey": [name for name in table.key if name in header]} if table.key else {}),
        "missingValues": [""],
    }
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": path,
        "description": table.meaning,
        "encoding": "utf-8",
        "schema": content | ({"foreignKeys": foreign} if foreign else {}),
    }


def _foreign_key(reference: Reference) -> dict[str, Any]:
    return {
        "fields": list(reference.columns),
        "reference": {"resource": reference.table, "fields": list(reference.target)},
    }


def _field(column: ColumnSchema, name: str) -> dict[str, Any]:
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
    field: dict[str, Any] = {"name": name, "type": _FIELD_TYPES[column.type]}
    if column.label:
        field["title"] = column.label
    field["description"] = end + (column.name if end else column.meaning)
    if column.unit:
        field["unit"] = column.unit
    return field | ({"constraints": constraints} if constraints else {})
