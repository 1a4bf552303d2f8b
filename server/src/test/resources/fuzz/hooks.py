"""What Schemathesis cannot know: which things exist, and that no request may leave this machine.

BX_FUZZ_FIXTURES holds {"project": 7, "exports": [...], "disposable": [...], "runs": [...], "backfills": [...],
"webhooks": [...]}: whatever is well-formed in a path is replaced by one of them, four times of five.
"""

import json
import os
import re
import zlib

import schemathesis

FIXTURES = json.loads(os.environ["BX_FUZZ_FIXTURES"])
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Where nobody listens.
NOWHERE = {
    "S3": {"endpoint_url": "http://127.0.0.1:1"},
    "Postgres": {"host": "127.0.0.1", "port": 1},
    "Snowflake": {"endpoint_url": "http://127.0.0.1:1"},
}


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters
    if parameters and re.fullmatch(r"-?[0-9]+", str(parameters.get("project_id", ""))):
        parameters["project_id"] = FIXTURES["project"]
    for name, value in (parameters or {}).items():
        kind = kind_of(name, case)
        choice = zlib.crc32(str(value).encode())
        if kind and UUID.fullmatch(str(value)) and choice % 5:
            parameters[name] = FIXTURES[kind][choice % len(FIXTURES[kind])]
    if isinstance(case.body, dict):
        stay_here(case.body)


def kind_of(name, case):
    path = case.operation.path
    if name == "run":
        return "runs"
    if name == "backfill":
        return "backfills"
    if name != "id" or "/tokens/" in path:
        return None
    if "/webhooks/" in path:
        return "webhooks" if case.method.upper() != "DELETE" else None
    return "exports" if case.method.upper() != "DELETE" else "disposable"


def stay_here(body):
    destination = body.get("destination")
    if isinstance(destination, dict) and isinstance(destination.get("config"), dict):
        for type_name, config in NOWHERE.items():
            if destination.get("type") in (type_name, None):
                destination["config"].update(config)
    if isinstance(body.get("url"), str) and re.match(r"https?://", body["url"]):
        body["url"] = "http://127.0.0.1:1/"
