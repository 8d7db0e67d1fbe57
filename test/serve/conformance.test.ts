import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { serveFolder } from "./folder-server.ts";

describePeers("OCI distribution-spec 1.1 conformance suite", ["conformance"], ({ conformance }) => {
  it("passes on serve() with no FAIL and no Error", async () => {
    await using folder = await serveFolder();
    await using results = await mkdtempDisposable(join(tmpdir(), "tranship-conformance-"));
    const env = {
      ...process.env,
      OCI_VERSION: "1.1",
      OCI_TLS: "disabled",
      OCI_REGISTRY: folder.server.address,
      OCI_REPO1: "conf/one",
      OCI_REPO2: "conf/two",
      OCI_API_BLOBS_UPLOAD_CANCEL: "true",
      OCI_API_BLOBS_DIGEST_HEADER: "true",
      OCI_API_MANIFESTS_DIGEST_HEADER: "true",
      OCI_RESULTS_DIR: results.path,
    };
    const suite = execFile(conformance, { cwd: results.path, env, maxBuffer: 64 * 1024 * 1024 });
    const output: string[] = [];
    suite.stdout?.on("data", (text) => output.push(String(text)));
    suite.stderr?.on("data", (text) => output.push(String(text)));
    const [code] = await once(suite, "close");
    const report = output.join("");
    const totals = Object.fromEntries(
      ["Disabled", "Skip", "Pass", "FAIL", "Error", "Total"].map((name) => [name, totalOf(report, name)]),
    );
    console.info(`OCI conformance: ${JSON.stringify(totals)}`);
    expect({ code, FAIL: totals["FAIL"], Error: totals["Error"], Skip: totals["Skip"] }, report).toEqual({
      code: 0,
      FAIL: 0,
      Error: 0,
      Skip: 0,
    });
    expect(totals["Pass"]).toBeGreaterThan(800);
  });
});

/** The first line of this name: the count of tests. */
function totalOf(report: string, name: string): number {
  return Number(new RegExp(`^ {2}${name}\\.+: +(\\d+)$`, "m").exec(report)?.[1] ?? Number.NaN);
}
