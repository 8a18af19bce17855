"""A page of HTML read back: its elements, and the tables that its numbers say they come from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pandas as pd

import supplychain as sc
from supplychain.report.page.report_data import ReportData

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VOID = {"meta", "link", "br", "img", "input", "hr"}
_SIZES = {"B": 1e9, "M": 1e6, "k": 1e3, "T": 1e12}


@dataclass
class Element:
    """An element with its attributes, and what stands in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def all(self, tag: str = "", **attributes: str) -> Iterator[Element]:
        """Yield all elements inside, in order; attributes with `_` for `-`, and blank for any value."""
        named = [(name.strip("_").replace("_", "-"), value) for name, value in attributes.items()]
        rest = [self]
        while rest:
            one = rest.pop()
            if (
                one is not self
                and tag in {"", one.tag}
                and all(name in one.attributes and value in {"", one.attributes[name]} for name, value in named)
            ):
                yield one
            rest += [part for part in reversed(one.inside) if isinstance(part, Element)]

    @property
    def text(self) -> str:
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(one)
        if tag not in _VOID:
            self.open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Element:
    """Return the page; every element ends where it should."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> does not end"
    return reader.open[0]


def number(shown: str) -> float:
    """Return the number that a text shows: $2.07B, +1.5 %, 4,005."""
    match = re.fullmatch(r"(-?)\$?([-+]?)([\d,]*\.?\d+(?:e[-+]?\d+)?)([kMBT]?)(?: %)?", shown)
    assert match, shown
    sign = -1 if "-" in {match[1], match[2]} else 1
    return sign * float(match[3].replace(",", "")) * _SIZES.get(match[4], 1.0)


def power_of_ten(shown: float, value: float, within: float = 0.006) -> int | None:
    """Return the power of ten between a number as shown, with three digits, and its value; None if there is none."""
    if shown == 0:
        return 0 if abs(value) < 1e-6 else None
    if value == 0 or (shown > 0) != (value > 0):
        return None
    power = round(math.log10(value / shown))
    return power if abs(value / shown / 10**power - 1) < within else None


@dataclass(frozen=True)
class Origins:
    """Works out again what a page says of where its numbers come from, from tables as they were written to files."""

    tables: Mapping[str, pd.DataFrame]
    inputs: Mapping[str, pd.DataFrame]
    summary: Mapping[str, Any]

    def of(self, origin: str) -> Any:  # noqa: ANN401 - a number, or rows
        names: dict[str, Any] = {
            "__builtins__": {},
            "true": True,
            "false": False,
            "null": None,
            **{name: getattr(self, name) for name in ("cell", "total", "rows", "grouped", "above", "share")},
            **{name: getattr(self, name) for name in ("quiet", "fact", "evidence")},
            "inputs": lambda table: self.inputs[table],
            "len": len,
        }
        return eval(origin, names)  # noqa: S307 - written by the page's own functions

    def rows(self, table: str, where: Mapping[str, Any]) -> pd.DataFrame:
        found = self.tables[table]
        for column, value in where.items():
            found = found[found[column].isin(value if isinstance(value, list) else [value])]
        return found

    def cell(self, table: str, column: str, where: Mapping[str, Any]) -> float:
        found = self.rows(table, where)[column]
        assert len(found) == 1, (table, where)
        return float(found.iloc[0])

    def total(self, table: str, column: str, where: Mapping[str, Any]) -> float:
        return math.fsum(self.rows(table, where)[column])

    def grouped(self, table: str, by: list[str], columns: list[str], where: Mapping[str, Any]) -> pd.DataFrame:
        rows = self.rows(table, where).to_dict("records")
        keys = dict.fromkeys(tuple(row[k] for k in by) for row in rows)
        return pd.DataFrame(
            [
                {
                    **dict(zip(by, key, strict=True)),
                    **{c: math.fsum(row[c] for row in rows if tuple(row[k] for k in by) == key) for c in columns},
                }
                for key in keys
            ]
        )

    def above(self, table: str, column: str, least: float) -> pd.DataFrame:
        return self.tables[table][self.tables[table][column] > least]

    def quiet(self, table: str, by: str) -> int:
        rows = self.tables[table].to_dict("records")
        return len({row[by] for row in rows} - {row[by] for row in rows if row["state"] != "slack"})

    def fact(self, *path: str) -> float:
        found: Any = self.summary
        for name in path:
            found = found[name]
        return float(found)

    def evidence(self, *tiers: str) -> int:
        known = dict(zip(self.inputs["sources"]["source"], self.inputs["sources"]["evidence"], strict=True))
        others = (rows for name, rows in self.inputs.items() if name != "sources" and "source" in rows.columns)
        return sum(known.get(source) in tiers for rows in others for source in rows["source"])

    def share(self, rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        name, part, whole = names
        return rows.assign(**{name: rows[part] / rows[whole].where(rows[whole] != 0)})


def report_data_of(case: sc.Case, **others: object) -> ReportData:
    """Solve a case; return what a report of its first year shows, with `others` of its fields."""
    plan = sc.solve(case)
    return ReportData(plan, case.report_years[0], "inputs/x", **others)  # type: ignore[arg-type]
