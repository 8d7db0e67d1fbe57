import { join } from "node:path";
import process from "node:process";
import { styleText } from "node:util";
import { CopyRun, copy, nameOf, type RequestCount, totalRequests, verifyImage } from "@tranship/copy";
import { type Located, openLayout, Registry, type Store } from "@tranship/core";
import { printStyled as print } from "../../terminal/output.ts";
import { alignColumns } from "../../terminal/table.ts";
import { counted, formatBytes, formatDuration } from "../../terminal/units.ts";
import { Harbor } from "./harbor.ts";
import { pushSampleImage } from "./sample-image.ts";

type Row = readonly [label: string, value: string];

/** Runs the main job on two registries of its own, and shows the commands for it and what each step cost. Leaves nothing behind. */
export async function demoAction(signal: AbortSignal): Promise<void> {
  await using harbor = await Harbor.open();
  const [a, b] = harbor.registries;
  await using registryA = new Registry({ host: a.address });
  await using registryB = new Registry({ host: b.address });
  print(`Two registries run on this machine: ${bold(a.address)} and ${bold(b.address)}.`);

  const layout = await openLayout(join(harbor.folder, "app"), { create: true });
  await pushSampleImage(layout, "v1", signal);
  const image: Located<Store> = { store: layout, reference: "v1" };
  const original: Located<Store> = { store: registryA.repository("team/app"), reference: "v1" };
  const mirror: Located<Store> = { store: registryB.repository("mirror/app"), reference: "v1" };
  const release: Located<Store> = { store: registryB.repository("release/app"), reference: "v1" };

  await step("An image for two platforms, from a directory to the first registry:", image, original, signal);
  await step("Mirror it to the second registry, both platforms, the shared layer once:", original, mirror, signal);
  await step("Mirror it again: nothing to do.", original, mirror, signal);
  await step("Into another repository of the same registry: mounted, no layer travels.", mirror, release, signal);
  await verify("Read all of it back and check every digest and size:", [original, mirror, release], signal);
  print(`\nYour turn: ${bold("tranship copy SRC DST")}; ${bold("tranship --help")} shows the rest.`);
}

async function step(title: string, from: Located<Store>, to: Located<Store>, signal: AbortSignal): Promise<void> {
  heading(title, `tranship copy ${nameOf(from)} ${nameOf(to)}`);
  const startedAtMs = performance.now();
  // A run of its own, as each command is a process of its own.
  const { outcome, moved, mounted, skipped, requests } = await copy(from, to, { run: new CopyRun(), signal });
  const tookMs = performance.now() - startedAtMs;
  const content = [
    `${counted(moved.count, "object")} moved, ${formatBytes(moved.bytes)}`,
    ...(mounted.count === 0 ? [] : [`${mounted.count} mounted, ${formatBytes(mounted.bytes)}`]),
    ...(skipped.count === 0 ? [] : [`${skipped.count} were there`]),
  ];
  figures([
    ["content", outcome === "unchanged" ? "unchanged, nothing moved" : content.join("; ")],
    ...requestRows(requests),
    ["took", formatDuration(tookMs)],
  ]);
}

async function verify(title: string, images: readonly Located<Store>[], signal: AbortSignal): Promise<void> {
  heading(title, ...images.map((image) => `tranship digest ${nameOf(image)}`));
  const startedAtMs = performance.now();
  const verified = await Promise.all(images.map((image) => verifyImage(image, { signal })));
  const digests = new Set(verified.map(({ root }) => root.digest));
  if (digests.size !== 1) throw new Error(`Cannot verify the mirror: its digests differ (${[...digests].join(", ")})`);
  const objects = verified.reduce((sum, { manifests, blobs }) => sum + manifests.count + blobs.count, 0);
  const bytes = verified.reduce((sum, { manifests, blobs }) => sum + manifests.bytes + blobs.bytes, 0);
  figures([
    ["digest", `${[...digests].join()}, the same ${images.length} times`],
    ["verified", `${counted(objects, "object")}, ${formatBytes(bytes)}, every digest and size as promised`],
    ["took", formatDuration(performance.now() - startedAtMs)],
  ]);
}

function heading(title: string, ...commands: readonly string[]): void {
  print(`\n${bold(title)}`);
  for (const command of commands) print(`  ${colored("cyan", `$ ${command}`)}`);
}

function figures(rows: readonly Row[]): void {
  for (const line of alignColumns(rows)) print(`    ${line}`);
}

/** One row a registry: `requests  127.0.0.1:5000: 3 GET manifest, 5 GET blob`. */
function requestRows(requests: RequestCount): readonly Row[] {
  return Object.entries(requests).map(([host, kinds]) => {
    const parts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
    return ["requests", `${totalRequests({ [host]: kinds })} to ${host}: ${parts.join(", ")}`];
  });
}

function bold(text: string): string {
  return colored("bold", text);
}

function colored(format: "bold" | "cyan", text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
