import { copy, type RequestCount } from "@tranship/copy";
import { Registry } from "@tranship/core";
import { sampleIndex, seed } from "../test/support/sample-image.ts";
import { startRegistries } from "./registries.ts";
import { printTable } from "./table.ts";

/** Requests for an image of two platforms, with a shared layer and one of its own each: fresh, and again with nothing to do. */
export async function requestCounts(): Promise<void> {
  await using registries = await startRegistries();
  await using source = new Registry({ host: registries.source });
  await using target = new Registry({ host: registries.target });
  const from = { store: source.repository("team/app"), reference: "v1" };
  await seed(from.store, sampleIndex(), from.reference);
  const to = { store: target.repository("mirror/app"), reference: "v1" };
  for (const title of ["fresh", "again, nothing to do"]) {
    const { requests, moved } = await copy(from, to);
    const name = `Requests for two platforms (2 manifests, 5 blobs, 1 index), ${title}: ${moved.bytes} bytes moved`;
    printTable(`${name}; ${registries.kind} at both ends`, [
      ...rowsOf("source", requests, source.host),
      ...rowsOf("target", requests, target.host),
    ]);
  }
}

function rowsOf(side: string, requests: RequestCount, host: string): readonly (readonly (string | number)[])[] {
  const kinds = Object.entries(requests[host] ?? {});
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  return [[side, "all", total], ...kinds.map(([kind, count]) => ["", kind, count])];
}
