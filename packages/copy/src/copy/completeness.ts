import {
  type CallOptions,
  childrenOf,
  contentKey,
  type Descriptor,
  type Digest,
  isForeign,
  isImageMediaType,
  isIndexMediaType,
  isManifestMediaType,
  type Target,
} from "@tranship/core";
import { CopyError } from "../events/errors.ts";
import type { OpenManifest } from "../run/reader.ts";
import type { CopyRun } from "../run/run.ts";
import { TargetReader } from "../run/target-reader.ts";
import type { Writer } from "../run/writer.ts";
import { WalkLimits } from "./walk-limits.ts";

/** Which manifests at a target prove that what they name is there too. */
export type Believed = "all" | "images" | "none";

/** What a target has of a manifest and all below it: all, the manifest and a part of the rest, not even the manifest. */
export type Presence = "whole" | "partial" | "missing";

/**
 * Which manifests of a target are believed where nothing is written. A registry refuses a manifest whose children are missing and keeps them as long as it, so that
 * its tag says enough; an index says nothing where the registry is known to have taken one of which something is missing. From a directory files can be lost, and
 * of a store of somebody else nothing is known. No request.
 */
export async function believedOf(target: Target, call: CallOptions): Promise<Believed> {
  if (target.place === undefined) return "none";
  return (await target.holdsSparse?.(call)) === true ? "images" : "all";
}

/** How completeness is looked for. */
export interface CompletenessOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  readonly believed: Believed;
  /** Reads a manifest from the source, where the target has it and cannot be read. */
  readonly open: (descriptor: Descriptor) => Promise<OpenManifest>;
}

/**
 * Looks whether a target has what its manifests name. Foreign layers need not be there.
 * Requests to a registry: 1 HEAD for each manifest, and where that is not believed 1 GET for it and 1 HEAD for each of its blobs; none for what this run has put
 * or looked at. Elsewhere each content is looked at each time.
 */
export class Completeness {
  readonly #writer: Writer;
  readonly #reader: TargetReader;
  readonly #options: CompletenessOptions;

  constructor(writer: Writer, options: CompletenessOptions) {
    this.#writer = writer;
    this.#reader = new TargetReader(writer.target, options.run, options.call);
    this.#options = options;
  }

  /**
   * What the target has of the content.
   * @param kept of a sparse index and those below it, what else is not looked for.
   * @throws {CopyError} where that can't be found out.
   */
  async find(descriptor: Descriptor, kept?: ReadonlySet<Digest>): Promise<Presence> {
    return this.#find(descriptor, new Look(descriptor.digest, kept));
  }

  /** Each content is looked at once, however many name it. */
  #find(descriptor: Descriptor, look: Look, depth = 0): Promise<Presence> {
    // Not remembered: another manifest may name the same content as a layer of its own.
    if (isForeign(descriptor)) return Promise.resolve("whole");
    const key = contentKey(descriptor);
    const found = look.found.get(key) ?? this.#presenceOf(descriptor, look, depth);
    look.found.set(key, found);
    return found;
  }

  async #presenceOf(descriptor: Descriptor, look: Look, depth: number): Promise<Presence> {
    if (this.#isKnown(descriptor)) return "whole";
    if (!(await this.has(descriptor))) return "missing";
    return (await this.#isWhole(descriptor, look, depth)) ? "whole" : "partial";
  }

  /**
   * Whether the target has the content itself. A blob for which a registry states another length is read and hashed: some state 0 for every HEAD.
   * @throws {CopyError} SIZE_MISMATCH where its bytes are wrong, which no upload can replace.
   */
  async has(descriptor: Descriptor): Promise<boolean> {
    try {
      return await this.#writer.has(descriptor);
    } catch (error) {
      if (!(error instanceof CopyError) || error.code !== "SIZE_MISMATCH" || isManifestMediaType(descriptor.mediaType))
        throw error;
      if ((await this.#reader.isRight(descriptor)) === true) return true;
      throw error;
    }
  }

  /** Whether all below a manifest that is there is there too. A blob has nothing below it. @throws as `find`. */
  async isWhole(descriptor: Descriptor, kept?: ReadonlySet<Digest>): Promise<boolean> {
    return this.#isWhole(descriptor, new Look(descriptor.digest, kept), 0);
  }

  async #isWhole(descriptor: Descriptor, look: Look, depth: number): Promise<boolean> {
    if (!isManifestMediaType(descriptor.mediaType)) return true;
    if (look.kept !== undefined && isIndexMediaType(descriptor.mediaType)) return this.#hasAll(descriptor, look, depth);
    if (this.#isBelieved(descriptor) || this.#isKnown(descriptor)) return true;
    // Whether an image is whole does not depend on what of an index is copied.
    const hasAll = (): Promise<boolean> => this.#hasAll(descriptor, look.whole, depth);
    const { run, call } = this.#options;
    const { target } = this.#writer;
    return target.place === undefined ? hasAll() : run.isWhole(target, descriptor.digest, hasAll, call.signal);
  }

  /** The manifest, which is there: as the target has it, or where that can't be read, the source. */
  async open(descriptor: Descriptor): Promise<OpenManifest> {
    return (await this.#reader.manifest(descriptor)) ?? this.#options.open(descriptor);
  }

  /** The source tells what an index does not state of its entries. */
  async #openKnown(descriptor: Descriptor): Promise<OpenManifest> {
    const opened = await this.open(descriptor);
    const { manifest } = opened;
    const entries = manifest.kind === "index" ? manifest.manifests : [];
    return entries.some(({ mediaType }) => mediaType === "") ? this.#options.open(descriptor) : opened;
  }

  async #hasAll(descriptor: Descriptor, look: Look, depth: number): Promise<boolean> {
    const { manifest } = await this.#openKnown(descriptor);
    const { kept } = look;
    const wanted = childrenOf(manifest).filter(({ digest }) => kept === undefined || kept.has(digest));
    look.limits.enter(descriptor, depth, wanted.length);
    const looks = await Promise.allSettled(wanted.map((child) => this.#find(child, look, depth + 1)));
    return looks
      .map((look) => {
        if (look.status === "rejected") throw look.reason;
        return look.value;
      })
      .every((presence) => presence === "whole");
  }

  #isKnown({ mediaType, digest }: Descriptor): boolean {
    const { target } = this.#writer;
    return isManifestMediaType(mediaType) && target.place !== undefined && this.#options.run.knowsWhole(target, digest);
  }

  #isBelieved({ mediaType }: Descriptor): boolean {
    const { believed } = this.#options;
    return believed === "all" || (believed === "images" && isImageMediaType(mediaType));
  }
}

/** One look at all below a root. */
class Look {
  /** Of a sparse index and those below it, what else is not looked for. */
  readonly kept: ReadonlySet<Digest> | undefined;
  readonly found: Map<string, Promise<Presence>> = new Map();
  readonly limits: WalkLimits;
  readonly #root: Digest;
  #whole: Look | undefined;

  constructor(root: Digest, kept?: ReadonlySet<Digest>) {
    this.#root = root;
    this.kept = kept;
    this.limits = new WalkLimits(root);
  }

  /** The same look at all that a manifest names. */
  get whole(): Look {
    if (this.kept === undefined) return this;
    this.#whole ??= new Look(this.#root);
    return this.#whole;
  }
}
