"""Hooks that adapt Schemathesis to Nang."""

import itertools
import json
import os
import re
import urllib.request

import schemathesis

SERVER = os.environ["NANG_SERVER"]
REACHED = os.environ["NANG_REACHED"]
TOKEN = os.environ.get("NANG_TOKEN")
# Operations for which `before_call` sets the version of the resource. Categories, images and accounts are left out, because a request with
# the right version could delete them, or the admin's own account, and later requests would get only 404.
VERSIONED = re.compile(r"^/api/(auth/me$|admin/(films|genres|cast)/\{id\}|admin/categories/\{id\}(?!$))")
turns = itertools.count()


@schemathesis.serializer("application/offset+octet-stream")
def offset_octet_stream(ctx, value):
    """Serializes the media type of tus."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Removes `default` responses, because they would describe every status: each status must be described separately."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).pop("default", None)
                # A cursor is valid for one list; with the example as cursor, all other lists would refuse the request.
                for parameter in operation.get("parameters", []):
                    if parameter["name"] == "cursor":
                        parameter.pop("example", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sets the current version in every second change, so that it is carried out and not only refused as stale."""
    if case.method.upper() == "DELETE" and "{track}" in case.path:
        # Like a category.
        return
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
        # The id does not exist. The request is sent as it is.
        return
    # A change of the visibility would hide the film from all later requests.
    if isinstance(case.body, dict):
        case.body.pop("visibility", None)


@schemathesis.hook
def after_call(context, case, response):
    """Records which operations were called, for tests/openapi/check."""
    with open(REACHED, "a", encoding="utf-8") as file:
        file.write(json.dumps([case.method.upper(), case.path, response.status_code]) + "\n")
