import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { endOnSignal } from "../end-on-signal.ts";
import { printTable } from "../table.ts";
import { bigBlobs } from "./corpus/big-blobs.ts";
import type { Corpus } from "./corpus/corpus.ts";
import { smallTags } from "./corpus/small-tags.ts";
import { Field } from "./field.ts";
import { measure } from "./measure.ts";
import { startCountingProxy } from "./proxy/counting-proxy.ts";
import type { Traffic } from "./proxy/traffic.ts";
import { startRegistries } from "./registries.ts";
import { installedTools } from "./tools/installed.ts";
import { tranship } from "./tools/tranship.ts";

const MIB = 1024 * 1024;
const MB = 1_000_000;
/** How often a copy is measured at most: when garbage is collected moves a peak by 10 to 25 MiB. */
const ATTEMPTS = 3;
/** What documents take, in bytes: manifests, configs, and what a registry answers. */
const DOCUMENTS = 64 * 1024;
/** What the probe of a host sends before its first blob of 64 MiB or more, in bytes. */
const PROBE = 2 * MIB;

/** The most that a copy may take. */
interface Limit {
  readonly corpus: Corpus;
  /** Whether the target has everything already. */
  readonly again: boolean;
  /** Requests. */
  readonly source: number;
  readonly target: number;
  /** More of them at a target that keeps whole chunks only, such as distribution 2.8: the chunks. */
  readonly chunks?: number;
  /** Bytes of bodies: read from the source, and sent to the target. */
  readonly received: number;
  readonly sent: number;
  /** Memory in MiB beyond what `tranship --version` takes on the same machine. */
  readonly moreMiB: number;
}

const BLOB = 256 * MIB;
const SIXTEEN = 16 * 16 * MB;
const sixteen = bigBlobs(
  "sixteen",
  "16 blobs of 16 MB at once",
  Array.from({ length: 16 }, () => 16 * MB),
  { atOnce: 16 },
);
const blob = bigBlobs("blob", "one blob of 256 MiB", [BLOB]);
const tags = smallTags(20);

const LIMITS: readonly Limit[] = [
  // A manifest, a config and the layer; HEAD of the tag, 2 for each blob, 1 that asks what a 202 means, the probe's 13, the manifest.
  { corpus: blob, again: false, source: 3, target: 20, chunks: 20, received: BLOB, sent: BLOB + PROBE, moreMiB: 80 },
  // As above, without a probe.
  { corpus: sixteen, again: false, source: 18, target: 37, received: SIXTEEN, sent: SIXTEEN, moreMiB: 105 },
  // 16 things a tag: 4 manifests, 12 blobs. The source's list of tags, and the target's.
  {
    corpus: tags,
    again: false,
    source: 321,
    target: 561,
    received: 20 * DOCUMENTS,
    sent: 20 * DOCUMENTS,
    moreMiB: 105,
  },
  { corpus: tags, again: true, source: 21, target: 21, received: 0, sent: 0, moreMiB: 75 },
];

/**
 * What copies cost between real registries in requests, bytes and memory: fails where it is more
 * than the limits. No time is looked at: machines differ. Of memory the least of up to three runs
 * counts.
 */
async function check(): Promise<readonly string[]> {
  await using registries = await startRegistries(process.env["TMPDIR"] ?? "/tmp");
  const { installed } = await installedTools(new Set(["tranship"]));
  const [tool] = installed;
  const contender = tool?.contenders[0];
  if (tool === undefined || contender === undefined) throw new Error("tranship is not built");
  await using source = await startCountingProxy({ upstream: registries.source.plain, addedMs: 0 });
  await using target = await startCountingProxy({ upstream: registries.target.plain, addedMs: 0 });
  const idle = await idleBytes();
  const rows = [["", "requests", "MiB in + out", "peak MiB"]];
  const exceeded: string[] = [];
  for (const [corpus, limits] of Map.groupBy(LIMITS, (limit) => limit.corpus)) {
    await using field = await Field.prepare(registries, corpus);
    for (const limit of limits) {
      const title = `${corpus.title}, ${limit.again ? "nothing to do" : "fresh"}`;
      const most = { ...limit, target: limit.target + (registries.kind.endsWith("2.8") ? (limit.chunks ?? 0) : 0) };
      const peaks: number[] = [];
      let peak: number;
      do {
        if (limit.again) await field.fill();
        else await field.empty();
        const measured = await field.run(contender, tool, { source: source.host, target: target.host, tls: false });
        const [from, to] = [source.take(), target.take()];
        exceeded.push(...over(most, from, to).map((what) => `${title}: ${what}`));
        peaks.push(measured.peakBytes);
        peak = Math.min(...peaks);
        if (peaks.length > 1) continue;
        rows.push([title, `${from.total} + ${to.total}`, `${mib(from.received)} + ${mib(to.sent)}`]);
      } while (peak > idle + limit.moreMiB * MIB && peaks.length < ATTEMPTS);
      rows.at(-1)?.push(peaks.map(mib).join(", "));
      if (peak > idle + limit.moreMiB * MIB)
        exceeded.push(`${title}: ${mib(peak)} MiB of memory, at most ${mib(idle)} + ${limit.moreMiB}`);
    }
  }
  await Promise.all([registries.source.empty(), registries.target.empty()]);
  printTable(`What copies cost, ${registries.kind} at both ends; --version takes ${mib(idle)} MiB`, rows);
  return exceeded;
}

/** The memory of Node itself, in bytes: 45 MiB on one machine and more on another. */
async function idleBytes(): Promise<number> {
  await using home = await temporaryFolder("tranship-bench-home-");
  return (await measure(process.execPath, { args: tranship.version }, home.path)).peakBytes;
}

function over(limit: Limit, from: Traffic, to: Traffic): readonly string[] {
  const [received, sent] = [limit.received + DOCUMENTS, limit.sent + DOCUMENTS];
  return [
    from.total > limit.source && `${from.total} requests at the source, at most ${limit.source}: ${kinds(from)}`,
    to.total > limit.target && `${to.total} requests at the target, at most ${limit.target}: ${kinds(to)}`,
    from.received > received && `${from.received} bytes read from the source, at most ${received}`,
    to.sent > sent && `${to.sent} bytes sent to the target, at most ${sent}`,
  ].filter((line) => line !== false);
}

function kinds({ requests }: Traffic): string {
  return Object.entries(requests)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

endOnSignal();
const exceeded = await check();
for (const line of exceeded) console.log(`too much: ${line}`);
if (exceeded.length > 0) process.exitCode = 1;
