"""What Schemathesis must know of Nang."""

import itertools
import json
import os
import re
import urllib.request

import schemathesis

SERVER = os.environ["NANG_SERVER"]
REACHED = os.environ["NANG_REACHED"]
TOKEN = os.environ.get("NANG_TOKEN")
# What carries the version that a write must name. Shelves and pictures could be deleted, and what follows would see nothing
# but 404; of accounts the admin's own might be.
VERSIONED = re.compile(r"^/api/(auth/me$|admin/(films|genres|cast)/\{id\}|admin/categories/\{id\}(?!$))")
turns = itertools.count()


@schemathesis.serializer("application/offset+octet-stream")
def offset_octet_stream(ctx, value):
    """The media type of tus."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Every answer must be described by its own status; `default`, which describes any, would excuse all of them."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).pop("default", None)
                # A cursor is one list's own; the example would keep every other from its first page.
                for parameter in operation.get("parameters", []):
                    if parameter["name"] == "cursor":
                        parameter.pop("example", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other change names the version that is there, so that it is carried out and not only refused as stale."""
    if not TOKEN or not VERSIONED.match(case.path) or "If-Match" not in (case.headers or {}) or next(turns) % 2:
        return
    path = "/api/auth/me"
    if case.path != path:
        collection = case.path.split("/")[3]
        path = f"/api/admin/{collection}/{case.path_parameters['id']}"
    request = urllib.request.Request(SERVER + path, headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            case.headers["If-Match"] = answer.headers["ETag"]
    except (OSError, ValueError):
        # Of an id that is made up; the request itself is what is tested.
        return
    # What hides the film would hide it from all that is asked afterwards.
    if isinstance(case.body, dict):
        case.body.pop("visibility", None)


@schemathesis.hook
def after_call(context, case, response):
    """Notes which operations were reached, for tests/openapi/check."""
    with open(REACHED, "a", encoding="utf-8") as file:
        file.write(json.dumps([case.method.upper(), case.path, response.status_code]) + "\n")
