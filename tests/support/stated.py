"""Cases of a few rows of text, stated by the reference alone: no package reads them."""

from __future__ import annotations

import csv
import math

import pytest
from reference import TTOK_PER_TOKEN_PER_SECOND, Answer, Statement, Tables, build

PLANT = {
    "regions": "region\nhome",
    "stages": """stage,kind,scope,storable,cost_life_years
        wafer,flow,global,,1
        hall,stock,regional,,""",
    "suppliers": "stage,supplier,capacity_life_years\nwafer,acme,10\nhall,acme,10",
    "capacity": """stage,supplier,place,year,capacity,price_usd
        wafer,acme,global,2030,100,0
        hall,acme,home,2030,1000,0""",
    "accelerators": "accelerator,vendor,family,first_year,last_year,life_years,opex_usd_per_year,"
    "h100e\nchip,v,f,2030,,10,0,1",
    "unit_costs": "accelerator,year,other_cost_usd\nchip,2030,0",
    "bill_of_materials": "accelerator,stage,quantity\nchip,wafer,1\nchip,hall,1",
    "throughput": f"""accelerator,workload,tokens_per_second
        chip,chat,{1 / TTOK_PER_TOKEN_PER_SECOND!r}""",
    "operations": "year,utilisation\n2030,1",
    "demand": """workload,tier,year,demand_ttok,value_usd_per_mtok
        chat,all,2030,1000000,1""",
}
PLANT_SETTINGS = {
    "first_year": 2030,
    "last_year": 2030,
    "discount_rate": 0.0,
    "first_year_availability": 1.0,
    "build_lag_share": 0.0,
}


def plant(settings: dict[str, float] | None = None, **tables: str) -> Statement:
    """One chip of one wafer that needs one hall; an accelerator-year serves 1 Ttok worth 1e6 USD.

    Everything is free, all years are alike, and one unit of anything is one unit of anything else.
    """
    rows = {
        table: list(csv.DictReader(line.strip() for line in text.splitlines()))
        for table, text in (PLANT | tables).items()
    }
    return build(Tables(PLANT_SETTINGS | (settings or {}), rows))


def capacity(**wafers: str) -> str:
    """Rows of `capacity`: enough halls, and what is given of wafers as year=units:price."""
    rows = [f"wafer,acme,global,{y[1:]},{units.replace(':', ',')}" for y, units in wafers.items()]
    return "\n".join([PLANT["capacity"].splitlines()[0], *rows, "hall,acme,home,2030,1000,0"])


def total(answer: Answer, kind: str) -> float:
    return math.fsum(x for label, x in answer.values.items() if label[0] == kind)


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-9, abs=1e-6)
