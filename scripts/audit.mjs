// Asks a database of vulnerabilities (OSV) about every component of some CycloneDX bills of materials.
// Ends with 0 if none is known, 1 if there are any, 2 if the database could not be asked.
import { readFileSync } from "node:fs";

const DATABASE = process.env.BX_AUDIT_URL ?? "https://api.osv.dev";
const AT_ONCE = 500;
const PATIENCE = 20_000;

/** The components of bills of materials as package URLs, without those of this project itself, each once. */
export function components(bills) {
  const urls = bills.flatMap((bill) => (bill.components ?? []).map((component) => component.purl));
  // A qualifier (?type=jar) is no part of what the database knows a package by.
  const plain = urls.filter(Boolean).map((url) => url.split(/[?#]/)[0]);
  return [...new Set(plain)].filter((url) => !url.startsWith("pkg:maven/dev.batchexports/")).sort();
}

/** What the database knows: the ids of vulnerabilities by package URL. Throws when it cannot be asked. */
export async function known(urls, database = DATABASE) {
  const found = new Map();
  for (let start = 0; start < urls.length; start += AT_ONCE) {
    const asked = urls.slice(start, start + AT_ONCE);
    const response = await fetch(`${database}/v1/querybatch`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ queries: asked.map((purl) => ({ package: { purl } })) }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) {
      throw new Error(`it answered ${response.status}`);
    }
    const { results } = await response.json();
    if (results?.length !== asked.length) {
      throw new Error("its answer is not of the expected form");
    }
    results.forEach((result, index) => {
      if (result.vulns?.length) {
        found.set(asked[index], result.vulns.map((vulnerability) => vulnerability.id));
      }
    });
  }
  return found;
}

/** Checks the bills of materials in some files, and tells what came of it. Returns the status to end with. */
export async function audit(files, tell, database = DATABASE) {
  const urls = components(files.map((file) => JSON.parse(readFileSync(file, "utf8"))));
  tell(`${urls.length} components, listed in ${files.join(" and ")}`);
  let found;
  try {
    found = await known(urls, database);
  } catch (failure) {
    const reason = failure.cause?.code ?? failure.cause?.message ?? failure.message;
    tell(`Not checked: the database of vulnerabilities at ${database} could not be asked (${reason}).`);
    tell("Run this again where it can be reached, or set BX_AUDIT_URL to a mirror of OSV.");
    return 2;
  }
  for (const [url, ids] of found) {
    tell(`${decodeURIComponent(url)}  ${ids.join(" ")}`);
  }
  tell(found.size ? `${found.size} components have known vulnerabilities.` : "No vulnerability is known.");
  return found.size ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = await audit(process.argv.slice(2), console.log);
}
