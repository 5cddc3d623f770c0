"""Reports which operations of the description were called, and how many of them succeeded.

Usage: coverage.py OPENAPI_URL REACHED
REACHED has a line of JSON for each call, as hooks.py writes it. Fails if an operation was never called, or if a GET operation
whose resource exists never succeeded.
"""

import collections
import json
import sys
import urllib.request

METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
# Paths without a resource in this test (an image, an upload, a playback session), or with those of the admin.
WITHOUT_RESOURCE = (
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
# Schemathesis reads the description itself, but does not report that.
never = sorted(operation for operation in operations if not statuses[operation] and operation[1] != "/api/openapi.json")
failed = sorted(
    (method, path)
    for method, path in operations - done
    if method == "GET" and statuses[method, path] and not path.startswith(WITHOUT_RESOURCE) and "{session_id}" not in path
)
print(f"{len(operations) - len(never)} of {len(operations)} operations were called, {len(done)} of them successfully")
for method, path in never:
    print(f"never called: {method} {path}")
for method, path in failed:
    print(f"never succeeded although the resource exists: {method} {path}: {sorted(statuses[method, path])}")
sys.exit(1 if never or failed else 0)
