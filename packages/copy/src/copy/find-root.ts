import {
  type Content,
  type Descriptor,
  type Digest,
  formatPlatform,
  type Platform,
  parseJson,
  parsePlatform,
  readVerified,
} from "@tranship/core";
import { nameOf } from "../events/image-name.ts";
import { choiceOf } from "../run/platform-choice.ts";
import type { OpenManifest, Reader } from "../run/reader.ts";
import type { Rewrites } from "../run/rewrites.ts";
import type { CopyOptions } from "./copy-options.ts";
import { keepPlatforms, lackingInImage, selectPlatforms } from "./platforms.ts";

/** What a copy comes to. */
export interface Root {
  readonly source: Descriptor;
  readonly root: Descriptor;
  readonly content: Content | undefined;
  /** Where the index is kept as it is, and only a part of what it names is copied. */
  readonly kept?: ReadonlySet<Digest> | undefined;
  /** Platforms that the image lacks, which is not to fail. */
  readonly lacking?: readonly Platform[] | undefined;
  readonly notices: readonly string[];
}

/** What is known before the source is read. */
export interface Asked {
  /** What the reference stands for there. */
  readonly source: Descriptor | undefined;
  /** What it stands for at the target. */
  readonly there: Descriptor | undefined;
  readonly rewrites: Rewrites;
}

/**
 * What a reference of the source comes to, with the platforms that are chosen.
 * @throws {CopyError} with the code of the store that failed. @throws {StoreError} PLATFORM_UNKNOWN.
 */
export async function findRoot(
  reader: Reader,
  reference: string,
  options: CopyOptions,
  { source: asked, there, rewrites }: Asked,
): Promise<Root> {
  const { platforms = [], sparse = false } = options;
  const choice = choiceOf(options);
  if (platforms.length === 0 && (there !== undefined || asked !== undefined)) {
    const source = asked ?? (await reader.resolve(reference));
    if (source.digest === there?.digest) return { source, root: source, content: undefined, notices: [] };
    return { source, root: source, content: await reader.openManifest(source), notices: [] };
  }
  if (there !== undefined && rewrites.kept && !sparse && options.referrers !== true) {
    const source = await reader.resolve(reference);
    const root = await rewrites.of(source.digest, choice);
    if (root === there.digest) return { source, root: there, content: undefined, notices: [] };
  }
  const opened = await reader.openReference(reference);
  const image = nameOf({ store: reader.source, reference });
  const source = opened.descriptor;
  if (platforms.length === 0) return { source, root: source, content: opened, notices: [] };
  if (opened.manifest.kind === "image") {
    const lacking = lackingInImage(await platformOf(reader, opened), image, choice);
    await rewrites.made(source.digest, choice, source.digest);
    return { source, root: source, content: opened, lacking, notices: [] };
  }
  const openChild = (descriptor: Descriptor): Promise<OpenManifest> => reader.openManifest(descriptor);
  if (sparse) {
    const { kept, lacking } = await keepPlatforms(opened, image, choice, openChild);
    const only = platforms.map(formatPlatform).join(", ");
    const notices = [`Indexes are kept whole (sparse): of what they name, only ${only} is copied`];
    return { source, root: source, content: opened, kept, lacking, notices };
  }
  const selected = await selectPlatforms(opened, image, choice, openChild);
  const { lacking } = selected;
  const notices =
    options.referrers === true
      ? ["Signatures and other referrers of the index itself are not copied: only a part of it is"]
      : [];
  const root = "manifest" in selected ? selected.manifest : selected.index.descriptor;
  await rewrites.made(source.digest, choice, root.digest);
  if ("manifest" in selected) return { source, root, content: undefined, lacking, notices };
  const same = root.digest === source.digest;
  return { source, root, content: selected.index, lacking, notices: same ? [] : notices };
}

/** A single image has its platform in its config. */
async function platformOf(reader: Reader, { manifest }: OpenManifest): Promise<Platform | undefined> {
  if (manifest.kind !== "image") return undefined;
  const { config } = manifest;
  if (config === undefined) return undefined;
  return platformOfConfig(await readVerified(await reader.opener(config)(0), config));
}

function platformOfConfig(bytes: Uint8Array): Platform | undefined {
  try {
    const config: unknown = parseJson(Buffer.from(bytes).toString("utf8"));
    const { os, architecture, variant } = config as Readonly<Record<string, unknown>>;
    if (typeof os !== "string" || typeof architecture !== "string") return undefined;
    return parsePlatform(
      [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/"),
    );
  } catch {
    return undefined;
  }
}
