import { type CallOptions, type Descriptor, type Digest, OCI_MANIFEST, type Source, type Target } from "@tranship/core";
import { believedOf, Completeness } from "../copy/completeness.ts";
import { type OpenManifest, Reader } from "../run/reader.ts";
import type { CopyRun } from "../run/run.ts";
import { Writer } from "../run/writer.ts";

export interface LookOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** What reads manifests that a target which cannot be read has. */
  readonly source: Source;
}

/** What a target's reference stands for, and whether all of that is there. */
export interface Look {
  readonly root: Descriptor | undefined;
  readonly isWhole: boolean;
}

/**
 * Looks at what a target's tag stands for, where the tag alone does not prove that it is there whole: undefined where it does.
 * Requests to a registry: none, unless it holds sparse indexes; then 1 HEAD, and those of `Completeness`.
 * @throws {CopyError} where that can't be found out.
 */
export async function lookAtTag(store: Target, reference: string, options: LookOptions): Promise<Look | undefined> {
  const believed = await believedOf(store, options.call);
  if (believed === "all") return undefined;
  const { writer, open } = sidesOf(store, options);
  const root = await writer.resolve(reference, { mayBeHidden: true });
  if (root === undefined) return { root, isWhole: false };
  const completeness = new Completeness(writer, { ...options, believed, open });
  return { root, isWhole: (await completeness.find(root)) === "whole" };
}

/**
 * A manifest that a target has with all below it, so that it can be given a tag; undefined where something is missing.
 * Requests to a registry: 1 HEAD, and those of `Completeness`; none for what this run has put or looked at.
 * @throws {CopyError} where that can't be found out.
 */
export async function wholeAt(store: Target, digest: Digest, options: LookOptions): Promise<Descriptor | undefined> {
  const { run, call } = options;
  // A registry reads the manifest by its digest when it is tagged.
  if (store.place !== undefined && run.knowsWhole(store, digest)) return { mediaType: OCI_MANIFEST, digest, size: 0 };
  const { writer, open } = sidesOf(store, options);
  const root = await writer.resolve(digest, { mayBeHidden: true });
  if (root === undefined) return undefined;
  const completeness = new Completeness(writer, { run, call, believed: "none", open });
  const isWhole =
    store.place === undefined ? (await completeness.find(root)) === "whole" : await completeness.isWhole(root);
  return isWhole ? root : undefined;
}

function sidesOf(
  store: Target,
  { run, call, source }: LookOptions,
): { readonly writer: Writer; readonly open: (descriptor: Descriptor) => Promise<OpenManifest> } {
  const reader = new Reader(source, run, call);
  return {
    writer: new Writer(store, { run, call, sourceName: source.name }),
    open: (descriptor) => reader.openManifest(descriptor),
  };
}
