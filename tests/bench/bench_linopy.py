"""Build and hand-over beside the same LP in linopy, at the largest size of `bench_scale.py`: run by hand.

    PYTHONPATH=tests/support python tests/bench/bench_linopy.py

Both start from tables that are read already, and end with HiGHS holding the LP. linopy's statement is written as its
users write them, in arrays; it knows what cases of `tests/support/scale.py` have, and no more. Ours is scaled and has
names for rows and columns. Each measurement is a fresh process; ours and linopy's take turns.
"""

from __future__ import annotations

import gc
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highspy
import linopy
import numpy as np
import pandas as pd
import xarray as xr
from bench_scale import SIZES
from scale import write

import supplychain as sc
from supplychain import model
from supplychain.model.solver import solved, stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TURNS = 5
ALLOWED = 1.0
AGREES = 1e-9
"""Relative difference between numbers of the two LPs, and between their objectives."""
TOKENS_PER_SECOND_TO_TTOK_PER_YEAR = 31_536_000 * 1e-12
SCOPES = GLOBAL, REGIONAL = "global", "regional"


class Tables:
    """A case as arrays over the years of the case."""

    def __init__(self, folder: Path) -> None:
        self.settings = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
        self._tables = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._tables[name]

    def prepare(self) -> None:
        """Work out what is looked up often."""
        self.first, self.last = self.settings["first_year"], self.settings["last_year"]
        self.years = pd.RangeIndex(self.first, self.last + 1, name="year")
        self.year = xr.DataArray(self.years, coords={"year": self.years})
        self.rate = self.settings["discount_rate"]
        self.discount = (1 + self.rate) ** -(self.year - self.first).astype(float)
        self.chips = self["accelerators"].set_index("accelerator")
        self.stages = self["stages"].set_index("stage")
        self.regions = pd.Index(self["regions"]["region"], name="region")
        columns = ["scope", "kind", "cost_life_years"]
        self.suppliers = self["suppliers"].merge(self.stages[columns], left_on="stage", right_index=True)
        bill = self["bill_of_materials"].set_index(["accelerator", "stage"])["quantity"].to_xarray()
        self.bill = bill.reindex(accelerator=self.chips.index).fillna(0.0)

    def chip(self, column: str) -> xr.DataArray:
        return self.chips[column].to_xarray()

    def yearly(self, rows: pd.DataFrame, keys: Sequence[str], column: str, series: str) -> xr.DataArray:
        """Linear between given years, level after the last; before the first a quantity is 0, a price as there."""
        given = rows.set_index([*keys, "year"])[column].to_xarray()
        wide = given.reindex(year=np.union1d(given.year, self.years)).interpolate_na("year").ffill("year")
        wide = wide.bfill("year") if series == "price" else wide.fillna(0.0)
        return wide.sel(year=self.years)

    def pvf(self, first: xr.DataArray, life: xr.DataArray) -> xr.DataArray:
        """What a dollar that is written off over a life from a year on costs inside the horizon."""
        until = np.concatenate([[0.0], np.cumsum(self.discount.to_numpy())])
        start, end = xr.broadcast(first - self.first, first + life - self.first)
        start, end = (years.clip(0, len(self.years)) for years in (start, end))
        seen = end.copy(data=until[end.to_numpy()] - until[start.to_numpy()])
        return self.rate / (1 - (1 + self.rate) ** -life.astype(float)) * seen


def ones(*indexes: pd.Index) -> xr.DataArray:
    return xr.DataArray(np.ones([len(index) for index in indexes], dtype=bool), coords=indexes)


class Statement:
    """The LP in linopy. Each method states what its name says, as `supplychain/model/` does."""

    def __init__(self, tables: Tables) -> None:
        self.x, self.m, self.costs = tables, linopy.Model(), list[Any]()
        tables.prepare()
        self.supply, self.expand, self.online = {}, {}, {}
        self.accelerators()
        self.fleet()
        for scope in SCOPES:
            self.suppliers(scope)
        for scope in SCOPES:
            self.balance(scope)
        self.commitments()
        self.service()
        self.m.add_objective(sum(self.costs))

    def add(self, name: str, mask: xr.DataArray, upper: Any = np.inf) -> linopy.Variable:  # noqa: ANN401
        return self.m.add_variables(lower=0, upper=upper, coords=mask.coords, mask=mask, name=name)

    @cached_property
    def handled(self) -> xr.DataArray:
        return self.x.chip("first_year") <= self.x.year

    @cached_property
    def made(self) -> xr.DataArray:
        return self.handled & (self.x.year <= self.x.chip("last_year"))

    def accelerators(self) -> None:
        x, m, lag = self.x, self.m, self.x.settings["build_lag_share"]
        self.build, warehouse = self.add("build", self.made), self.add("warehouse", self.handled)
        self.install = self.add("install", (self.handled & ones(x.regions)).transpose("accelerator", "region", "year"))
        opening = x["opening"].set_index("accelerator").to_xarray().reindex(accelerator=x.chips.index, fill_value=0.0)
        at_start = (opening.warehouse_units + lag * opening.built_units) * (x.year == x.first)
        arrived = (1 - lag) * self.build + lag * self.build.shift(year=1)
        kept = warehouse - warehouse.shift(year=1) - arrived + self.install.sum("region")
        m.add_constraints(kept == at_start, name="warehouse_balance", mask=self.handled)
        ramped = x.chips[x.chips["ramp_growth"].notna()]
        start, growth = ramped["ramp_start_units"].to_xarray(), ramped["ramp_growth"].to_xarray()
        build, made = self.build.sel(accelerator=ramped.index), self.made.sel(accelerator=ramped.index)
        m.add_constraints(build - growth * build.shift(year=1) <= start, name="ramp", mask=made)
        other = x.yearly(x["unit_costs"], ["accelerator"], "other_cost_usd", "price")
        written_off = x.pvf(x.year, x.chip("life_years"))
        self.costs.append((self.build * (written_off * other.reindex(accelerator=x.chips.index))).sum())

    def fleet(self) -> None:
        x, m, life = self.x, self.m, self.x.chip("life_years")
        fleet = x["fleet"].set_index(["accelerator", "region", "installed_year"])["units"].to_xarray()
        alive = (fleet.installed_year <= x.year) & (x.year < fleet.installed_year + life)
        units = (fleet.fillna(0.0) * alive).sum("installed_year")
        units = units.reindex(accelerator=x.chips.index, region=x.regions, fill_value=0.0)
        old = (np.isfinite(fleet) & alive).any("installed_year")
        old = old.reindex(accelerator=x.chips.index, region=x.regions, fill_value=False)
        operated = (self.handled | old).transpose("accelerator", "region", "year")
        self.operate, self.operated = self.add("operate", operated), operated.any("region")
        for years, names in x.chips.groupby("life_years").groups.items():
            installed = (1 * self.install.sel(accelerator=names)).rolling(year=years).sum()
            left = self.operate.sel(accelerator=names) - installed <= units.sel(accelerator=names)
            m.add_constraints(left, name=f"operate_owned {years}", mask=operated.sel(accelerator=names))
        new = self.handled & ones(x.regions)
        m.add_constraints(self.install - self.operate <= 0, name="new_units_operate", mask=new)
        self.costs.append((self.operate * (x.discount * x.chip("opex_usd_per_year"))).sum())

    def suppliers(self, scope: str) -> None:
        """Suppliers of global stages have a year, those of regional ones a region, too."""
        x = self.x
        some = x.suppliers[x.suppliers["scope"] == scope].set_index("supplier")
        keys = ["supplier", "place"]
        capacity, orders = (x[name][x[name]["supplier"].isin(some.index)] for name in ("capacity", "expansion"))
        limit, price = (x.yearly(capacity, keys, *of) for of in (("capacity", "quantity"), ("price_usd", "price")))
        options = orders.set_index([*keys, "year"])[["max_expansion", "capex_usd_per_unit", "lead_years"]].to_xarray()
        if scope == REGIONAL:
            limit, price, options = (
                a.rename(place="region").reindex(supplier=some.index, region=x.regions) for a in (limit, price, options)
            )
        else:
            limit, price, options = (
                a.isel(place=0, drop=True).reindex(supplier=some.index) for a in (limit, price, options)
            )
        online, lasts = options.year + options.lead_years, some["capacity_life_years"].to_xarray()
        supply = self.supply[scope] = self.add(f"supply {scope}", limit >= 0)
        expand = self.add(f"expand {scope}", online <= x.last, options.max_expansion)
        self.expand[scope] = ordered = expand.rename(year="order_year")
        self.online[scope] = of_order = online.rename(year="order_year")
        serves = (of_order <= x.year) & (x.year < of_order + lasts)
        self.m.add_constraints(supply - (ordered * serves).sum("order_year") <= limit, name=f"supply_limit {scope}")
        written_off = x.pvf(x.year, some["cost_life_years"].fillna(1).astype(int).to_xarray())
        counted = xr.where((some["kind"] == "flow").to_xarray(), written_off, x.discount)
        compounded = (1 + x.rate) ** options.lead_years
        self.costs += [
            (supply * (price * counted)).sum(),
            (expand * (x.pvf(online, lasts) * options.capex_usd_per_unit * compounded)).sum(),
        ]

    def balance(self, scope: str) -> None:
        """What uses a stage is supplied there and then, or comes out of store; a stage has a row where it has users."""
        x, regional = self.x, scope == REGIONAL
        stages = x.stages.index[x.stages["scope"] == scope]
        quantity = x.bill.sel(stage=[s for s in x.bill.stage.to_numpy() if s in stages])
        uses = [((self.operate if regional else self.build) * quantity).sum("accelerator")]
        used = ~ones(stages, *([x.regions] if regional else []), x.years)
        used = used | quantity.any("accelerator").reindex(stage=stages, fill_value=False)
        for use, there in self.needs(scope):
            uses.append(use)
            used = used | there.reindex(stage=stages, fill_value=False)
        supply = self.supply[scope]
        stage_of = x.suppliers.set_index("supplier")["stage"].loc[supply.indexes["supplier"]]
        supplied = (1 * supply).groupby(stage_of).sum()
        if not regional:
            storable = x.stages.index[x.stages["storable"].eq(other=True)]
            stored = self.m.add_variables(lower=0, coords=[storable, x.years], name="stored")
            supplied += (stored.shift(year=1) - stored).reindex(stage=supplied.indexes["stage"])
        use = linopy.merge(uses, join="outer")
        self.m.add_constraints(use - supplied <= 0, name=f"stage_balance {scope}", mask=used)

    def needs(self, scope: str) -> Iterator[tuple[linopy.LinearExpression, xr.DataArray]]:
        """Yield what suppliers and expansions use of stages of a scope, and where and when they do."""
        x = self.x
        needs = x["supplier_needs"].merge(x.stages["scope"], left_on="needs_stage", right_index=True)
        needs = needs.merge(x.suppliers[["supplier", "scope"]], on="supplier", suffixes=("", "_user"))
        for (user, basis), rows in needs[needs["scope"] == scope].groupby(["scope_user", "basis"]):
            need = pd.RangeIndex(len(rows), name="need")
            who = xr.DataArray(rows["supplier"].to_numpy(), coords=[need])
            per = xr.DataArray(rows["quantity"].to_numpy(), coords=[need])
            stage = pd.Series(rows["needs_stage"].to_numpy(), index=need, name="stage")
            if basis == "supply":
                use = self.supply[user].sel(supplier=who) * per
                there = ones(pd.Index(stage.unique(), name="stage"))
            else:
                arrives = self.online[user].sel(supplier=who) == x.year
                use = (self.expand[user].sel(supplier=who) * (per * arrives)).sum("order_year")
                there = arrives.any("order_year").groupby(stage.to_xarray()).any()
            if user == REGIONAL and scope == GLOBAL:
                use, there = use.sum("region"), there.any("region")
            yield use.groupby(stage).sum(), there

    def commitments(self) -> None:
        x, m = self.x, self.m
        terms = x["commitments"].set_index(["commitment", "year"])[["minimum", "shortfall_usd_per_unit"]].to_xarray()
        deals = x["commitments"].drop_duplicates("commitment").set_index("commitment")
        counted = [
            (1.0 if pd.isna(deal.stage) else x.bill.sel(stage=deal.stage, drop=True))
            * (x.chip("vendor") == deal.vendor)
            for deal in deals.itertuples()
        ]
        count = xr.concat(counted, deals.index)
        possible = xr.where((deals["basis"] == "built").to_xarray(), self.made, self.operated)
        deliver, shortfall = self.add("deliver", (count > 0) & possible), self.add("shortfall", terms.minimum >= 0)
        delivered = (deliver * count).sum("accelerator")
        m.add_constraints(delivered + shortfall >= terms.minimum, name="commitment")
        for basis, units in (("built", 1 * self.build), ("operating", self.operate.sum("region"))):
            some = deliver.sel(commitment=deals.index[deals["basis"] == basis])
            counts = (some.labels >= 0).any("commitment")
            m.add_constraints(some.sum("commitment") - units <= 0, name=f"delivered_once {basis}", mask=counts)
        self.costs.append((shortfall * (x.discount * terms.shortfall_usd_per_unit)).sum())

    def service(self) -> None:
        x, m = self.x, self.m
        speed = x["throughput"].set_index(["accelerator", "workload"])["tokens_per_second"].to_xarray()
        speed = speed.reindex(accelerator=x.chips.index)
        better = x.yearly(x["efficiency"], ["workload"], "multiplier", "price")
        better = better.reindex(workload=speed.workload, fill_value=1.0)
        everywhere = x["operations"].assign(all=0)
        utilisation = x.yearly(everywhere, ["all"], "utilisation", "price").isel(all=0, drop=True)
        assign = self.add("assign", (speed > 0) & self.operated)
        assign_research = self.add("assign_research", self.operated)
        idle = 1 - x.settings.get("first_year_availability", 0.5)
        working = (self.operate - idle * self.install).sum("region")
        busy = assign.sum("workload") + assign_research
        m.add_constraints(busy - utilisation * working <= 0, name="compute", mask=self.operated)
        ttok = (assign * (speed * better * TOKENS_PER_SECOND_TO_TTOK_PER_YEAR)).sum("accelerator")
        h100e = (assign_research * x.chip("h100e")).sum("accelerator")
        for name, keys, columns, usd, done in (
            ("serve", ["workload", "tier"], ("demand_ttok", "value_usd_per_mtok"), 1e6, ttok),
            ("research", ["tier"], ("demand_h100e_years", "value_usd_per_h100e_hour"), 8760, h100e),
        ):
            rows = x["demand" if name == "serve" else name]
            asked, worth = x.yearly(rows, keys, columns[0], "quantity"), x.yearly(rows, keys, columns[1], "price")
            served = self.add(name, asked >= 0, asked)
            m.add_constraints(served.sum("tier") - done <= 0, name=f"{name} service")
            self.costs.append((served * (-usd * x.discount * worth)).sum())


def in_linopy(folder: Path) -> Callable[[], Any]:
    warnings.simplefilter("ignore")  # of its next version
    tables = Tables(folder)
    return lambda: Statement(tables).m.to_highspy()  # noqa: PLW0108 - the statement is what is measured


def ours(folder: Path) -> Callable[[], Any]:
    case = sc.load(folder)
    return lambda: stated(model.build(case))


PARTS = {"ours": ours, "linopy": in_linopy}


def measured(part: str, folder: Path) -> tuple[float, float]:
    """Return processor seconds, and the peak of memory [GB], of a fresh process."""
    command = [sys.executable, __file__, part, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return seconds, peak


def measure(part: str, folder: Path) -> tuple[float, float]:
    gc.disable()  # as the command line does
    work = PARTS[part](folder)
    start = time.process_time()
    held = work()
    seconds = time.process_time() - start
    del held
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def lines(lp: Any, money: float) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN401 - HiGHS ships no types
    """Return of each column its cost and bounds, of each row its limits, and how many entries of which sum each has."""
    columns = np.repeat(np.arange(lp.num_col_), np.diff(lp.a_matrix_.start_))
    rows, sizes = np.array(lp.a_matrix_.index_), np.abs(lp.a_matrix_.value_)
    found = []
    for of, count, parts in (
        (columns, lp.num_col_, (np.array(lp.col_cost_) / money, lp.col_lower_, lp.col_upper_)),
        (rows, lp.num_row_, (lp.row_lower_, lp.row_upper_)),
    ):
        line = np.column_stack([*parts, np.bincount(of, minlength=count), np.bincount(of, sizes, minlength=count)])
        found.append(line[np.lexsort(np.round(np.nan_to_num(line), 9).T)])
    return found[0], found[1]


def compare(folder: Path) -> None:
    """Stop if the two LPs are not the same: rows and columns in any order, and the objective."""
    m = model.build(sc.load(folder))
    labelled, theirs = stated(m), in_linopy(folder)()
    theirs.ensureColwise()
    for our, other in zip(lines(labelled.highs.getLp(), m.money), lines(theirs.getLp(), 1.0), strict=True):
        if our.shape != other.shape or not np.allclose(our, other, rtol=AGREES, atol=0):
            sys.exit("the LPs differ")
    objective = solved(labelled, what="the case").objective / m.money
    theirs.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
    theirs.run()
    other = theirs.getInfo().objective_function_value + labelled.offset / m.money
    if theirs.getModelStatus() != highspy.HighsModelStatus.kOptimal or not math.isclose(
        objective, other, rel_tol=AGREES
    ):
        sys.exit(f"the objectives differ: {objective!r} and {other!r}")


def main() -> int:
    """Print both times and peaks, and whether ours takes no longer."""
    with tempfile.TemporaryDirectory() as there:
        small, large = (write(size, Path(there) / str(size)) for size in (SIZES[0], SIZES[-1]))
        compare(small)
        taken = [{part: measured(part, large) for part in PARTS} for _ in range(TURNS)]
    (our, our_peak), (other, other_peak) = (
        [statistics.median(one[part][n] for one in taken) for n in (0, 1)] for part in PARTS
    )
    sys.stdout.write(f"ours {our:.2f} s, peak {our_peak:.2f} GB; linopy {other:.2f} s, peak {other_peak:.2f} GB\n")
    sys.stdout.write(
        f"ours / linopy: {our / other:.2f}, at most {ALLOWED:g}: {'yes' if our <= ALLOWED * other else 'NO'}\n"
    )
    return 0 if our <= ALLOWED * other else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write("\n" + json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        sys.exit(main())
