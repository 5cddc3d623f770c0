"""Which operations of the description were called, and how many of them did what they are for.

Usage: coverage.py OPENAPI_URL REACHED
REACHED has a line of JSON for each call, as hooks.py writes it. Fails if an operation was never called, or if one that reads
something that is there never told it.
"""

import collections
import json
import sys
import urllib.request

METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
# Things of these ids are made by nobody (a picture, an upload, a viewing), or are the admin's own.
UNMADE = (
    "/api/images/", "/api/admin/uploads", "/api/stream/sessions", "/api/resume/", "/api/auth/", "/api/metrics", "/api/search",
    "/api/health/", "/api/admin/events", "/api/admin/users/{id}",
)

with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
    paths = json.load(answer)["paths"]
operations = {(method.upper(), path) for path, item in paths.items() for method in item if method in METHODS}
statuses = collections.defaultdict(set)
with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        method, path, status = json.loads(line)
        statuses[method, path].add(status)

done = {operation for operation in operations if any(200 <= status < 400 for status in statuses[operation])}
# The description itself is what Schemathesis begins with.
never = sorted(operation for operation in operations if not statuses[operation] and operation[1] != "/api/openapi.json")
untold = sorted(
    (method, path)
    for method, path in operations - done
    if method == "GET" and statuses[method, path] and not path.startswith(UNMADE) and "{session_id}" not in path
)
print(f"{len(operations) - len(never)} of {len(operations)} operations were called, {len(done)} of them with success")
for method, path in never:
    print(f"never called: {method} {path}")
for method, path in untold:
    print(f"never told what is there: {method} {path}: {sorted(statuses[method, path])}")
sys.exit(1 if never or untold else 0)
