import {
  type CallOptions,
  type Content,
  type Descriptor,
  inlineData,
  isDigest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type Open,
  parseManifest,
  type ReferrersOptions,
  readVerified,
  type Source,
  StoreError,
  watchContent,
} from "@tranship/core";
import type { LimitFunction } from "p-limit";
import { asCopyError, CopyError } from "../events/errors.ts";
import { learned } from "./learned-manifest.ts";
import { type CopyRun, lending } from "./run.ts";

/** A manifest with its exact bytes. */
export interface OpenManifest extends Content {
  readonly manifest: Manifest;
}

/** `tags`: all of the source, where they were just listed. `askAlways`: whether the source's API for referrers is requested whatever is remembered. */
export type ReaderCall = CallOptions & Pick<ReferrersOptions, "tags" | "askAlways"> & { readonly signal: AbortSignal };

/** Reads a source for one copy: manifests through the run's cache and slots, blobs as streams; its errors say that the source failed. */
export class Reader {
  readonly source: Source;
  readonly #run: CopyRun;
  readonly #call: ReaderCall;

  constructor(source: Source, run: CopyRun, call: ReaderCall) {
    this.source = source;
    this.#run = run;
    this.#call = call;
  }

  /** What the reference stands for. */
  resolve(reference: string): Promise<Descriptor> {
    return this.#small("resolve", undefined, (call) => this.source.resolve(reference, call));
  }

  /** The manifest of a reference, in one request; none for a digest that was read before, or is being read. */
  async openReference(reference: string): Promise<OpenManifest> {
    if (isDigest(reference)) {
      let served: string | undefined;
      const read = async (): Promise<Uint8Array> => {
        const { descriptor, bytes } = await this.#open(reference);
        served = descriptor.mediaType;
        return bytes;
      };
      const bytes = await this.#run.manifest(reference, read, this.#call.signal);
      const manifest = await this.learned(parseManifest(bytes, served));
      return {
        descriptor: { mediaType: manifest.mediaType, digest: reference, size: bytes.length },
        bytes,
        manifest,
      };
    }
    const { descriptor, bytes } = await this.#open(reference);
    const manifest = await this.learned(parseManifest(bytes, descriptor.mediaType));
    this.#run.manifests.set(descriptor.digest, bytes);
    return { descriptor: { ...descriptor, mediaType: manifest.mediaType }, bytes, manifest };
  }

  /** The manifest of a descriptor: from the run's cache, from the descriptor itself, else in one request. */
  async openManifest(descriptor: Descriptor): Promise<OpenManifest> {
    const bytes = await this.#manifestBytes(descriptor);
    return { descriptor, bytes, manifest: await this.learned(parseManifest(bytes, descriptor.mediaType)) };
  }

  /**
   * How a target reads the content; may be called for any offset, any number of times.
   * @param slots Of which whoever reads it holds one: it is another's while the source has to be waited for.
   */
  opener(descriptor: Descriptor, slots?: LimitFunction): Open {
    return async (offset, signal) => {
      const known = this.#run.manifests.get(descriptor.digest) ?? inlineData(descriptor);
      if (known !== undefined) return once(known.subarray(offset));
      try {
        const content = await this.source.fetch(descriptor, {
          ...this.#call,
          whileWaiting: slots && lending(slots),
          offset,
          signal: signal ?? this.#call.signal,
        });
        return watchContent(content, {
          received: (bytes) => this.#run.traffic.read(this.source, bytes),
          failed: (error) => this.#blame("fetch", descriptor, error),
        });
      } catch (error) {
        throw this.#blame("fetch", descriptor, error);
      }
    };
  }

  /** What names the manifest as its subject. */
  async referrers(subject: Descriptor): Promise<readonly Descriptor[]> {
    const { source } = this;
    if (source.referrers === undefined) return [];
    const list = source.referrers.bind(source);
    return this.#small("referrers", subject, (call) => Array.fromAsync(list(subject, call)));
  }

  async #manifestBytes(descriptor: Descriptor): Promise<Uint8Array> {
    const known = this.#run.manifests.get(descriptor.digest) ?? inlineData(descriptor);
    if (known !== undefined) return known;
    if (descriptor.size > MAX_MANIFEST_BYTES) {
      const detail = `${descriptor.size} bytes, and a manifest has at most ${MAX_MANIFEST_BYTES}`;
      throw new StoreError(
        "MANIFEST_TOO_LARGE",
        `Cannot read manifest "${descriptor.digest}" of "${this.source.name}": ${detail}`,
      );
    }
    const read = async (): Promise<Uint8Array> => {
      const bytes = await this.#small("fetch", descriptor, async (call) =>
        readVerified(await this.source.fetch(descriptor, call), descriptor),
      );
      this.#run.traffic.read(this.source, bytes.length);
      return bytes;
    };
    return this.#run.manifest(descriptor.digest, read, this.#call.signal);
  }

  /** The manifest with what it does not state of its entries, as the source has it. */
  learned(manifest: Manifest): Promise<Manifest> {
    const { source } = this;
    return learned(manifest, {
      size: async (blob) => {
        if (source.sizeOf === undefined) return blob.size;
        const sizeOf = source.sizeOf.bind(source);
        return this.#small("fetch", blob, (call) => sizeOf(blob, call));
      },
      manifest: async (entry) => {
        try {
          return (await this.openReference(entry.digest)).descriptor;
        } catch (error) {
          if (error instanceof CopyError && error.code === "MANIFEST_UNKNOWN") return undefined;
          throw error;
        }
      },
    });
  }

  async #open(reference: string): Promise<Content> {
    const content = await this.#small("resolve", undefined, (call) => this.source.open(reference, call));
    this.#run.traffic.read(this.source, content.bytes.length);
    return content;
  }

  async #small<T>(
    operation: string,
    descriptor: Descriptor | undefined,
    task: (call: CallOptions) => Promise<T>,
  ): Promise<T> {
    const slots = this.#run.requestSlots(this.source);
    try {
      return await slots(() => {
        this.#call.signal.throwIfAborted();
        return task({ ...this.#call, whileWaiting: this.#run.lending(slots) });
      });
    } catch (error) {
      throw this.#blame(operation, descriptor, error);
    }
  }

  #blame(operation: string, descriptor: Descriptor | undefined, cause: unknown): unknown {
    return asCopyError({ side: "source", operation, store: this.source.name, descriptor, cause }, this.#call.signal);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}

/** Opens content that is in memory. */
export function bytesOpener(bytes: Uint8Array): Open {
  return async (offset) => once(bytes.subarray(offset));
}
