import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { audit, components } from "./audit.mjs";

const BILL = {
  components: [
    { purl: "pkg:maven/org.example/good@1.0?type=jar" },
    { purl: "pkg:maven/org.example/bad@2.0?type=jar" },
    { purl: "pkg:maven/org.example/bad@2.0?classifier=linux&type=jar" },
    { purl: "pkg:maven/dev.batchexports/core@0.1.0?type=jar" },
    { name: "without an address" },
  ],
};

function billFile() {
  const file = join(mkdtempSync(join(tmpdir(), "audit")), "bill.json");
  writeFileSync(file, JSON.stringify(BILL));
  return file;
}

async function auditAgainst(answer) {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const { status, results } = answer(request.url, JSON.parse(body));
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ results }));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const told = [];
  try {
    const status = await audit([billFile()], (line) => told.push(line), `http://127.0.0.1:${server.address().port}`);
    return { status, told: told.join("\n") };
  } finally {
    server.close();
  }
}

test("each component of others is asked about once", () => {
  assert.deepEqual(components([BILL, BILL]), ["pkg:maven/org.example/bad@2.0", "pkg:maven/org.example/good@1.0"]);
});

test("a component with a known vulnerability is named, and the status is 1", async () => {
  const { status, told } = await auditAgainst((path, { queries }) => {
    assert.equal(path, "/v1/querybatch");
    return {
      status: 200,
      results: queries.map(({ package: { purl } }) => (purl.includes("/bad@") ? { vulns: [{ id: "GHSA-x" }] } : {})),
    };
  });
  assert.equal(status, 1);
  assert.match(told, /bad@2\.0 {2}GHSA-x/);
  assert.doesNotMatch(told, /good/);
});

test("the status is 0 when nothing is known", async () => {
  const { status, told } = await auditAgainst((path, { queries }) => ({ status: 200, results: queries.map(() => ({})) }));
  assert.equal(status, 0);
  assert.match(told, /No vulnerability is known/);
});

test("a database that cannot be asked is told in a sentence, and never taken for a good answer", async () => {
  for (const answer of [{ status: 503 }, { status: 200, results: [] }, { status: 200 }]) {
    const { status, told } = await auditAgainst(() => answer);
    assert.equal(status, 2);
    assert.match(told, /Not checked: the database of vulnerabilities at http/);
  }
  const told = [];
  assert.equal(await audit([billFile()], (line) => told.push(line), "http://127.0.0.1:1"), 2);
  assert.match(told.join(""), /Not checked.*\(.+\)\..*BX_AUDIT_URL/);
});
