import type { Digest, RegistryStore } from "@tranship/core";

/** What is copied in a benchmark; made on the spot, the same bytes each time. */
export interface Corpus {
  /** One word, for `--only` and file names. */
  readonly name: string;
  readonly title: string;
  /** One image under the tag `v1`, or a repository with all of its tags. */
  readonly scope: "image" | "repository";
  /** Big blobs that are to be in flight at the same time. Default: as each tool does by itself. */
  readonly atOnce?: number | undefined;
  /** Puts it into an empty repository. Gives what every tag stands for. */
  seed(store: RegistryStore): Promise<ReadonlyMap<string, Digest>>;
}

/** The tag of a corpus that is one image. */
export const IMAGE_TAG = "v1";
