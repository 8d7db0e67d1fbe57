import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { runPeer } from "../test/peers/run-peer.ts";
import { startRegistries } from "./registries.ts";
import { startSyntheticSource } from "./synthetic-source.ts";
import { printTable } from "./table.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const CASES: readonly { readonly name: string; readonly sizes: readonly number[] }[] = [
  { name: "one blob of 1 byte", sizes: [1] },
  { name: "one blob of 200 MiB", sizes: [200 * MIB] },
  { name: "one blob of 2 GiB", sizes: [2 * GIB] },
  { name: "ten blobs of 300 MiB at once", sizes: Array.from({ length: 10 }, () => 300 * MIB) },
];

interface Report {
  readonly peakBytes: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** Peak memory of a process that copies big blobs, bundled as the command is, from made-up bytes to a registry on disk (3 GiB at most). */
export async function memory(): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-memory-"));
  const program = join(folder.path, "copy.js");
  const input = join(import.meta.dirname, "copy-and-report.ts");
  await build({
    input,
    platform: "node",
    logLevel: "silent",
    output: { file: program, format: "esm", codeSplitting: false },
  });
  const rows: (readonly string[])[] = [];
  let kind = "";
  for (const { name, sizes } of CASES) {
    await using source = await startSyntheticSource(sizes);
    await using registries = await startRegistries();
    kind = registries.kind;
    const args = [program, source.host, registries.target, String(sizes.length)];
    const { peakBytes, cpuSeconds, seconds } = parse(await runPeer(process.execPath, args));
    rows.push([
      name,
      `${(peakBytes / MIB).toFixed(0)} MiB`,
      `${cpuSeconds.toFixed(2)} s CPU`,
      `${seconds.toFixed(1)} s`,
    ]);
  }
  printTable(`Peak memory (VmHWM), bytes hashed on the way; target: ${kind}`, rows);
}

function parse(output: Buffer): Report {
  const report: Report = JSON.parse(output.toString());
  return report;
}
