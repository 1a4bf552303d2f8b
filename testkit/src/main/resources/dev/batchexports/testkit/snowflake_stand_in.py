"""A stand-in for Snowflake, for tests: enough of its HTTP protocol for the official JDBC driver.

SQL is run by fakesnow, which translates it for DuckDB. What is added here: credentials that are checked (password, and
RS256 key pair), roles and warehouses that can be missing, the user stage (PUT, LIST, REMOVE, COPY of Parquet from it),
scripting blocks of the plain form BEGIN TRANSACTION ... COMMIT, and cancelling.

It is NOT Snowflake in these ways, so no test may rest on them:
- Names are compared without regard to case, also quoted ones.
- Values are converted by DuckDB. The forms of errors' texts are DuckDB's; codes and SQL states are Snowflake's where it
  answers with one at all.
- A stage has no encryption, and a file of the same name is always overwritten.
- A scripting block runs alone: other blocks wait for it, where Snowflake locks only what an UPDATE touches. Outside of
  blocks, transactions that change the same row fail instead of waiting.
- Statement time-outs are ignored. Warehouses never suspend. Load metadata of COPY is not kept.
- Privileges: a role either may do everything or, if it is read-only, may neither create nor write.

Usage: python snowflake_stand_in.py SETTINGS.json. It prints "ready PORT" and ends when its standard input does.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import time
import uuid

import duckdb
import fakesnow.server as server
import snowflake.connector.errors as errors
import uvicorn
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from fakesnow.dialect import parse_one
from fakesnow.instance import FakeSnow
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SETTINGS = json.load(open(sys.argv[1]))
STAGES = tempfile.mkdtemp(prefix="snowflake-stand-in-")
FAKE = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False)
BLOCKS = threading.Lock()
SESSIONS = {}  # token -> {user, role, warehouse}

STATEMENT = r"(?is)\s*(?:--[^\n]*\n\s*)*"
NEEDS_WAREHOUSE = re.compile(STATEMENT + r"(insert|update|delete|merge|copy|execute|with|select\b.*\bfrom\b)")
WRITES = re.compile(STATEMENT + r"(create(?!\s+temporary)|alter|drop|insert|update|delete|merge|execute)")
COPY = re.compile(
    r"(?is)\s*COPY INTO (?P<table>.+?) \((?P<columns>.+?)\) FROM \(SELECT (?P<expressions>.+) FROM '@~/(?P<path>[^']*)'\)"
    r"\s+FILES = \((?P<files>.*?)\)\s"
)


def failure(code, message, state=None, status=200):
    data = {"errorCode": code, "sqlState": state, "queryId": str(uuid.uuid4())}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False}, status_code=status)


def rows(names, values, statement_type=0x1000):
    rowtype = [
        {"name": name, "type": "text", "length": 16777216, "byteLength": 16777216, "precision": None, "scale": None,
         "nullable": True, "database": "", "schema": "", "table": "", "collation": None}
        for name in names
    ]
    return JSONResponse({"success": True, "data": {
        "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}], "rowtype": rowtype, "rowset": values,
        "total": len(values), "returned": len(values), "queryId": str(uuid.uuid4()),
        "statementTypeId": statement_type, "queryResultFormat": "json"}})


async def body_of(request):
    body = await request.body()
    return json.loads(gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body)


def unquoted(name):
    return name[1:-1].replace('""', '"') if name and name.startswith('"') else name and name.upper()


# Logging in


def key_pair_is_right(user, token):
    try:
        header, claims, signature = token.split(".")
        decode = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        public = serialization.load_pem_public_key(SETTINGS["users"][user]["public_key"].encode())
        public.verify(decode(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(decode(claims))
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
        subject = f"{SETTINGS['account'].upper()}.{user}"
        return claims["sub"] == subject and claims["iss"] == f"{subject}.{fingerprint}" and claims["exp"] > time.time()
    except Exception:
        return False


async def login(request):
    data = (await body_of(request))["data"]
    user = data.get("LOGIN_NAME", "").upper()
    known = SETTINGS["users"].get(user, {})
    if data.get("AUTHENTICATOR", "").upper() == "SNOWFLAKE_JWT":
        if not key_pair_is_right(user, data.get("TOKEN", "")):
            return failure("390144", "JWT token is invalid.", "08001")
    elif not known.get("password") or not secrets.compare_digest(known["password"], data.get("PASSWORD", "")):
        return failure("390100", "Incorrect username or password was specified.", "08001")
    asked = {name: unquoted(request.query_params.get(name)) for name in
             ("roleName", "warehouse", "databaseName", "schemaName")}
    role = asked["roleName"] or "PUBLIC"
    if role not in known["roles"]:
        return failure("390189", f"Role '{role}' specified in the connect string does not exist or not authorized.",
                       "08001")
    token = secrets.token_urlsafe(32)
    autocommit = data.get("SESSION_PARAMETERS", {}).get("AUTOCOMMIT", True)
    server.sessions[token] = FAKE.connect(asked["databaseName"], asked["schemaName"], autocommit=autocommit)
    SESSIONS[token] = {"user": user, "role": role, "warehouse": asked["warehouse"]}
    return JSONResponse({"success": True, "data": {
        "token": token, "masterToken": secrets.token_urlsafe(32), "validityInSeconds": 3600,
        "serverVersion": "9.0.0", "sessionId": len(SESSIONS),
        "parameters": [{"name": "AUTOCOMMIT", "value": autocommit},
                       {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0}],
        "sessionInfo": {"databaseName": asked["databaseName"], "schemaName": asked["schemaName"],
                        "warehouseName": asked["warehouse"], "roleName": role}}})


# The user stage


def staged(user, path):
    target = os.path.normpath(os.path.join(STAGES, user, path))
    if not target.startswith(os.path.join(STAGES, user)):
        raise ValueError(path)
    return target


def staged_files(user, prefix):
    root = os.path.join(STAGES, user)
    found = (os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names)
    return sorted(name for name in found if name.startswith(prefix) and not name.endswith(".partial"))


def put(request, session, sql):
    source, path = re.match(r"(?is)\s*put\s+'?file://(\S+?)'?\s+'?@~/([^\s']*)", sql).groups()
    path = path.rstrip("/") + "/" + os.path.basename(source)
    # The driver sends bytes as they are to a store of the kind GCS, by a URL that is signed beforehand.
    return JSONResponse({"success": True, "data": {
        "command": "UPLOAD", "parallel": 4, "autoCompress": False, "sourceCompression": "none", "overwrite": True,
        "src_locations": [source], "encryptionMaterial": None, "queryId": str(uuid.uuid4()),
        "stageInfo": {"locationType": "GCS", "location": "stage/", "path": "", "region": "US", "creds": {},
                      "storageAccount": None, "endPoint": None, "isClientSideEncrypted": False, "useRegionalUrl": False,
                      "useVirtualUrl": False,
                      "presignedUrl": f"{request.url.scheme}://{request.url.netloc}/stage/{session['user']}/{path}"}}})


async def upload(request):
    target = staged(request.path_params["user"], request.path_params["path"])
    os.makedirs(os.path.dirname(target), exist_ok=True)
    partial = f"{target}.{uuid.uuid4()}.partial"
    received = 0
    try:
        with open(partial, "wb") as file:
            async for piece in request.stream():
                received += len(piece)
                file.write(piece)
        expected = request.headers.get("content-length")
        if expected is not None and int(expected) != received:
            return Response(status_code=400)
        os.replace(partial, target)
        return Response()
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def copy(connection, session, match):
    """Loads each file by an INSERT that fakesnow translates, out of a view that shows the file."""
    result = []
    files = re.findall(r"'([^']+)'", match["files"])
    expressions = re.sub(r'\$1:("(?:[^"]|"")*")', r"\1", match["expressions"])
    for file in files:
        path = staged(session["user"], match["path"] + file)
        if not os.path.exists(path):
            raise errors.ProgrammingError(msg=f"Remote file '{file}' was not found.", errno=91016, sqlstate="22000")
        view = f"STAGED_{uuid.uuid4().hex.upper()}"
        quoted = path.replace("'", "''")
        connection._duck_conn.execute(f"CREATE TEMPORARY VIEW {view} AS SELECT * FROM read_parquet('{quoted}')")
        try:
            cursor = connection.cursor()
            cursor.execute(f"INSERT INTO {match['table']} ({match['columns']}) SELECT {expressions} FROM {view}")
            loaded = str(cursor.rowcount)
        finally:
            connection._duck_conn.execute(f"DROP VIEW {view}")
        result.append([match["path"] + file, "LOADED", loaded, loaded, "1", "0", None, None, None, None])
    return rows(["file", "status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error",
                 "first_error_line", "first_error_character", "first_error_column_name"], result)


# Scripting blocks


def block(connection, script):
    """BEGIN BEGIN TRANSACTION; statements; COMMIT; RETURN 'x'; EXCEPTION WHEN OTHER THEN ROLLBACK; RAISE; END"""
    body = re.fullmatch(r"(?is)\s*BEGIN\s+BEGIN TRANSACTION;(.*?)COMMIT;\s*RETURN '(\w+)';\s*EXCEPTION.*END;?\s*", script)
    with BLOCKS:
        connection._duck_conn.begin()
        try:
            for statement in re.split(r";\n", body[1]):
                if re.match(r"(?i)\s*MERGE\s", statement):
                    # fakesnow makes several statements of it, with a table that this transaction may not write.
                    merge = connection.cursor()._transform(parse_one(statement), None)
                    connection._duck_conn.execute(merge.sql(dialect="duckdb"))
                elif statement.strip():
                    connection.cursor().execute(statement)
            connection._duck_conn.commit()
        except BaseException:
            connection._duck_conn.rollback()
            raise
    return rows(["anonymous block"], [[body[2]]])


# Statements


def run(request, connection, session, sql):
    if session["warehouse"] not in SETTINGS["warehouses"] and NEEDS_WAREHOUSE.match(sql):
        return failure("000606", "No active warehouse selected in the current session.", "57P03")
    if session["role"] in SETTINGS["read_only_roles"] and WRITES.match(sql):
        return failure("003001", "SQL access control error: Insufficient privileges to operate.", "42501")
    if re.match(r"(?i)\s*put\s", sql):
        return put(request, session, sql)
    if match := re.match(r"(?i)\s*(list|remove)\s+'?@~/([^\s']*)", sql):
        names = staged_files(session["user"], match[2])
        if match[1].lower() == "list":
            return rows(["name", "size", "md5", "last_modified"],
                        [[name, str(os.path.getsize(staged(session["user"], name))), "", ""] for name in names])
        for name in names:
            os.remove(staged(session["user"], name))
        return rows(["name", "result"], [[name, "removed"] for name in names])
    if match := re.match(r'(?is)\s*USE WAREHOUSE ("(?:[^"]|"")+"|\w+)\s*$', sql):
        if unquoted(match[1]) not in SETTINGS["warehouses"]:
            return failure("002043", f"Object {match[1]} does not exist or not authorized.", "02000")
        session["warehouse"] = unquoted(match[1])
        return rows(["status"], [["Statement executed successfully."]])
    if match := re.match(r'(?is)\s*SHOW (SCHEMAS IN DATABASE|TABLES IN SCHEMA) (.+?)\s*$', sql):
        names = [unquoted(name) for name in re.findall(r'"(?:[^"]|"")+"|\w+', match[2])]
        if not any(schema[: len(names)] == names for schema in SETTINGS["schemas"]):
            return failure("002043", f"Object {match[2]} does not exist or not authorized.", "02000")
        return rows(["name"], [])
    if match := COPY.match(sql):
        return copy(connection, session, match)
    if match := re.fullmatch(r"(?is)\s*EXECUTE IMMEDIATE '(.*)'\s*", sql):
        return block(connection, match[1].replace("''", "'").replace("\\\\", "\\"))
    return None


async def query(request):
    body = await body_of(request)
    sql = body["sqlText"]
    token = request.headers.get("authorization", "")[17:-1]
    if token not in SESSIONS:
        return failure("390104", "User must login again to access the service.", "08001")
    connection, session = server.sessions[token], SESSIONS[token]
    if SETTINGS.get("trace"):
        print(sql[:2000], file=sys.stderr, flush=True)
    try:
        answer = await run_in_threadpool(run, request, connection, session, sql)
        if answer is not None:
            return answer
        return await fakesnow_query(request, body)
    except duckdb.InterruptException:
        return failure("000604", "SQL execution canceled", "57014")
    except (errors.ProgrammingError, errors.DatabaseError) as e:
        return failure(f"{e.errno:06d}", e.msg, e.sqlstate)
    except duckdb.ConversionException as e:
        return failure("100038", str(e).split("\n")[0], "22018")
    except duckdb.TransactionException:
        return failure("000625", "Statement aborted: the lock was not granted in time.", "57014")
    except duckdb.Error as e:
        return failure("100132", str(e).split("\n")[0], "P0000")


async def fakesnow_query(request, body):
    content = json.dumps(body).encode()

    async def receive():
        return {"type": "http.request", "body": content, "more_body": False}

    scope = dict(request.scope)
    scope["headers"] = [h for h in scope["headers"] if h[0] not in (b"content-encoding", b"content-length")]
    return await server.query_request(Request(scope, receive))


async def cancel(request):
    token = request.headers.get("authorization", "")[17:-1]
    if token in SESSIONS:
        server.sessions[token]._duck_conn.interrupt()
    return await done(request)


async def end_session(request):
    token = request.headers.get("authorization", "")[17:-1]
    if request.query_params.get("delete") and SESSIONS.pop(token, None):
        server.sessions.pop(token).close()
    return await done(request)


async def done(request):
    return JSONResponse({"success": True, "data": None, "code": None, "message": None})


APPLICATION = Starlette(routes=[
    Route("/session/v1/login-request", login, methods=["POST"]),
    Route("/queries/v1/query-request", query, methods=["POST"]),
    Route("/queries/v1/abort-request", cancel, methods=["POST"]),
    Route("/session", end_session, methods=["POST"]),
    Route("/stage/{user}/{path:path}", upload, methods=["PUT"]),
    Route("/{anything:path}", done, methods=["POST"]),
])


def end_with_parent():
    while sys.stdin.buffer.read(1):
        pass
    shutil.rmtree(STAGES, ignore_errors=True)
    os._exit(0)


def main():
    for database, schema in SETTINGS["schemas"]:
        FAKE.create_database_on_connect = FAKE.create_schema_on_connect = True
        FAKE.connect(database, schema)
        FAKE.create_database_on_connect = FAKE.create_schema_on_connect = False
    threading.Thread(target=end_with_parent, daemon=True).start()
    # asyncio turns Nagle's algorithm off for sockets that say they are TCP. With it each answer would take 40 ms more:
    # its body would wait for the client to acknowledge the head.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(APPLICATION, log_level="error", access_log=False, timeout_keep_alive=600)
    print("ready", listener.getsockname()[1], flush=True)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
