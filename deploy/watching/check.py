"""Checks the dashboard: Grafana's own types read it without losing a field, and no panel is over another. Prints its queries as rules, so
that promtool can check their syntax."""

import itertools
import json
import pathlib
import re
import sys

from grafana_foundation_sdk.cog import encoder, plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(given, read, path=""):
    """Returns the paths at which `read` differs from `given`."""
    if isinstance(given, dict):
        return [p for key in given for p in (lost(given[key], read[key], f"{path}/{key}") if key in read else [f"{path}/{key}"])]
    if isinstance(given, list):
        if len(given) != len(read):
            return [path]
        return [p for one, (a, b) in enumerate(zip(given, read)) for p in lost(a, b, f"{path}[{one}]")]
    return [] if given == read else [path]


def overlap(one, other):
    a, b = one["gridPos"], other["gridPos"]
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


plugins.register_default_plugins()
given = json.loads((pathlib.Path(__file__).parent / "grafana.json").read_text())
read = json.loads(encoder.JSONEncoder().encode(Dashboard.from_json(given)))
assert not lost(given, read), lost(given, read)
assert not any(overlap(a, b) for a, b in itertools.combinations(given["panels"], 2))
queries = [target["expr"] for panel in given["panels"] for target in panel["targets"]]
assert len(queries) >= len(given["panels"])
rules = [{"record": f"query:{i}", "expr": re.sub(r"\$__\w+", "5m", query)} for i, query in enumerate(queries)]
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)
