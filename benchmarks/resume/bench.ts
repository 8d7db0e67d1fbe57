import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Registry } from "@tranship/core";
import { startDistribution } from "../../test/peers/distribution.ts";
import { findPeer } from "../../test/peers/find-peer.ts";
import { serveFolder } from "../../test/serve/folder-server.ts";
import { endOnSignal } from "../end-on-signal.ts";
import { printTable } from "../table.ts";
import { bigBlobs } from "../transfer/corpus/big-blobs.ts";
import { IMAGE_TAG } from "../transfer/corpus/corpus.ts";
import { installedTools } from "../transfer/tools/installed.ts";
import { killedAtHalf } from "./killed.ts";

/** A blob of 1 GiB, killed at half and started again, by each tool to each registry: what went over the wire twice. Prints a table, and writes JSON. */
const { values } = parseArgs({
  options: {
    mebibytes: { type: "string", default: "1024" },
    peers: { type: "string", default: "crane,regctl,skopeo,oras" },
    out: { type: "string", default: "benchmarks/results" },
  },
});
const size = Number(values.mebibytes) * 1024 * 1024;
if (!Number.isSafeInteger(size) || size < 128 * 1024 * 1024) {
  console.error("Expected --mebibytes N, a whole number from 128");
  process.exit(2);
}

interface Target extends AsyncDisposable {
  readonly host: string;
}

async function served(): Promise<Target> {
  const folder = await serveFolder();
  return { host: new URL(folder.url).host, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const [newer, older] = [findPeer("registry"), findPeer("docker-registry")];
const targets: readonly (readonly [name: string, start: (() => Promise<Target>) | undefined])[] = [
  ["distribution 3.1", newer === undefined ? undefined : () => startDistribution(newer)],
  ["distribution 2.8", older === undefined ? undefined : () => startDistribution(older)],
  ["tranship serve", served],
];
const { installed, absent } = await installedTools(new Set(["tranship", ...values.peers.split(",")]));
for (const reason of absent) console.log(reason);
console.log(installed.map(({ name, version }) => `${name} ${version}`).join(", "));

endOnSignal();
await using source = await served();
await using registry = new Registry({ host: source.host, plainHttp: true });
await bigBlobs("one", "one blob", [size]).seed(registry.repository("team/app"));
const results: object[] = [];
const rows: (readonly string[])[] = [["tool", "to", "sent twice", "fetched twice"]];
const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;
for (const [name, start] of targets) {
  if (start === undefined) {
    console.log(`${name} is not here`);
    continue;
  }
  for (const tool of installed) {
    const [contender] = tool.contenders;
    if (contender === undefined) continue;
    await using target = await start();
    const job = {
      tool,
      contender,
      source: source.host,
      target: target.host,
      repository: "team/app",
      tag: IMAGE_TAG,
      size,
    };
    const { sentTwice, fetchedTwice } = await killedAtHalf(job);
    results.push({ tool: tool.name, version: tool.version, target: name, size, sentTwice, fetchedTwice });
    rows.push([tool.name, name, percent(sentTwice), percent(fetchedTwice)]);
  }
}
printTable(`${size / 1024 ** 2} MiB in one blob, killed at half and started again`, rows);
await mkdir(values.out, { recursive: true });
await writeFile(join(values.out, "resume.json"), `${JSON.stringify(results, undefined, 2)}\n`);
