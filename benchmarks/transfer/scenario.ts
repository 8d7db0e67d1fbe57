import { bigBlobs } from "./corpus/big-blobs.ts";
import type { Corpus } from "./corpus/corpus.ts";
import { rootImage } from "./corpus/root-image.ts";
import { smallTags } from "./corpus/small-tags.ts";
import type { ToolName } from "./tools/tool.ts";

const MIB = 1024 * 1024;
const MB = 1_000_000;

/** One row of work under one set of conditions. */
export interface Scenario {
  /** `blob/plain`, `tags/again/40ms`: what `--only` is matched with. */
  readonly name: string;
  readonly corpus: Corpus;
  readonly tls: boolean;
  /** Added to each request, in ms. */
  readonly addedMs: number;
  /** Whether the target has everything already. */
  readonly again: boolean;
  /** Tools that would take so long that they run only if they are asked for by name. */
  readonly slow: readonly ToolName[];
}

/** What `pnpm bench` runs; `quick` is the same with small corpora. */
export function scenarios({ quick }: { readonly quick: boolean }): readonly Scenario[] {
  const blob = quick
    ? bigBlobs("blob", "one blob of 64 MiB", [64 * MIB])
    : bigBlobs("blob", "one blob of 1 GiB", [1024 * MIB]);
  const blobs = quick
    ? bigBlobs(
        "blobs",
        "8 blobs of 8 MB",
        Array.from({ length: 8 }, () => 8 * MB),
      )
    : bigBlobs(
        "blobs",
        "8 blobs of 100 MB",
        Array.from({ length: 8 }, () => 100 * MB),
      );
  const sixteen = bigBlobs(
    "sixteen",
    `16 blobs of ${quick ? 8 : 64} MB at once`,
    Array.from({ length: 16 }, () => (quick ? 8 : 64) * MB),
    { atOnce: 16 },
  );
  const tags = smallTags(quick ? 20 : 300);
  const fresh = { tls: false, addedMs: 0, again: false, slow: [] } as const;
  const images = [blob, blobs, rootImage].flatMap((corpus): Scenario[] => [
    { ...fresh, name: `${corpus.name}/plain`, corpus },
    { ...fresh, name: `${corpus.name}/tls`, corpus, tls: true },
  ]);
  return [
    ...images,
    { ...fresh, name: "sixteen/plain", corpus: sixteen },
    { ...fresh, name: "sixteen/tls", corpus: sixteen, tls: true },
    { ...fresh, name: "tags/fresh", corpus: tags, slow: ["skopeo"] },
    { ...fresh, name: "tags/fresh/40ms", corpus: tags, addedMs: 40, slow: ["skopeo", "regsync"] },
    { ...fresh, name: "tags/again", corpus: tags, again: true, slow: ["skopeo"] },
    { ...fresh, name: "tags/again/40ms", corpus: tags, addedMs: 40, again: true, slow: ["skopeo"] },
  ];
}
