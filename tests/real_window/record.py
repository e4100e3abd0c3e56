#!/usr/bin/python3
"""Prints the record in a workspace's controls as JSON: what was set there, else the model's typical values."""

import datetime
import json
import pathlib
import sys

workspace = pathlib.Path(sys.argv[1])
saved = json.loads((workspace / "workspace.json").read_text())
model = json.loads((workspace / "models" / f"v{saved['champion']}.json").read_text())
values = saved["screen"]["predict"]["values"]
record = {}
for field in model["inputs"]:
    kind = field["type"]
    if kind == "number":
        typical = round(field["typical"]) if field.get("whole") else field["typical"]
    elif kind == "category":
        typical = field["levels"][field["fill"]]
    elif kind == "boolean":
        typical = field["fill"]
    else:
        typical = str(datetime.date(1970, 1, 1) + datetime.timedelta(days=round(field["typical"])))
    record[field["name"]] = values.get(field["name"], typical)
print(json.dumps(record))
