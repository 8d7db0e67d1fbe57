import type { Digest } from "@tranship/core";
import type { Deletion } from "./deletion.ts";
import type { Relations } from "./relations.ts";

/**
 * Orders deletions, so that a failure leaves nothing broken: an index before what it lists, a subject before its referrers. Some registries refuse to delete what an
 * index lists, too.
 */
export function deletionWaves<Reason extends string>(
  deletions: readonly Deletion<Reason>[],
  relations: Relations,
): readonly (readonly Deletion<Reason>[])[] {
  const waiting = new Map(deletions.map((deletion) => [deletion.manifest.digest, deletion]));
  const waves: (readonly Deletion<Reason>[])[] = [];
  while (waiting.size > 0) {
    const led = new Set([...waiting.keys()].flatMap((digest) => relations.followers(digest)));
    const ready = [...waiting.values()].filter(({ manifest }) => !led.has(manifest.digest));
    // An index may be about what it lists: then the index goes first. No index lists itself, not even through others.
    const wave = ready.length > 0 ? ready : [...waiting.values()].filter(({ manifest }) => isTop(manifest.digest));
    for (const { manifest } of wave) waiting.delete(manifest.digest);
    waves.push(wave);
  }
  return waves;

  function isTop(digest: Digest): boolean {
    return !relations.parents(digest).some((parent) => waiting.has(parent));
  }
}
