import { access, constants, readdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { getSystemErrorMessage } from "node:util";
import type { CallOptions } from "../../call/call-options.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { StoreError } from "../../errors/errors.ts";
import type { Open, PushOptions, PushOutcome, Source, Target } from "../store.ts";
import type { LayoutStore } from "./layout-store.ts";
import { openLayout } from "./open-layout.ts";

/** A layout that is made by the first push: a copy that fails before it leaves no empty layout behind. */
class NewLayout implements Target, Pick<Source, "fetch" | "names"> {
  readonly name: string;
  readonly #directory: string;
  #made: Promise<LayoutStore> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.name = `oci:${directory}`;
  }

  async has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    return (await this.#made)?.has(descriptor, options) ?? false;
  }

  async resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    const made = await this.#made;
    if (made !== undefined) return made.resolve(reference, options);
    throw new StoreError(
      "MANIFEST_UNKNOWN",
      `Cannot resolve "${reference}" in "${this.name}": the layout is not made yet`,
    );
  }

  async fetch(descriptor: Descriptor, options?: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const made = await this.#made;
    if (made !== undefined) return made.fetch(descriptor, options);
    throw new StoreError(
      "MANIFEST_UNKNOWN",
      `Cannot read "${descriptor.digest}" from "${this.name}": the layout is not made yet`,
    );
  }

  async *names(options?: CallOptions): AsyncGenerator<string, void, void> {
    const made = await this.#made;
    if (made !== undefined) yield* made.names(options);
  }

  async push(descriptor: Descriptor, open: Open, options?: PushOptions): Promise<PushOutcome> {
    return (await this.#make()).push(descriptor, open, options);
  }

  async tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void> {
    await (await this.#make()).tag(descriptor, reference, options);
  }

  #make(): Promise<LayoutStore> {
    this.#made ??= openLayout(this.#directory, { create: true });
    return this.#made;
  }
}

/**
 * Opens a layout to write to; a missing or empty folder becomes one once something is pushed.
 * @throws {StoreError} LAYOUT_INVALID for a folder that holds something else. @throws {StoreError} STORAGE where no folder can be made.
 */
export async function openLayoutForWriting(directory: string): Promise<Target> {
  if (await isMissingOrEmpty(directory)) {
    await checkRoom(directory);
    return new NewLayout(directory);
  }
  return openLayout(directory, { create: true });
}

/** The nearest folder that is there has to take what is made below it: a read-only disk does not. */
async function checkRoom(directory: string): Promise<void> {
  for (let path = resolve(directory); ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK);
      return;
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT" && dirname(path) !== path) continue;
      const detail = isSystemError(cause) ? getSystemErrorMessage(cause.errno) : String(cause);
      throw new StoreError("STORAGE", `Cannot make the layout "oci:${directory}": ${detail}`, { cause });
    }
  }
}

async function isMissingOrEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

function isSystemError(error: unknown): error is Error & { readonly errno: number } {
  return error instanceof Error && "errno" in error && typeof error.errno === "number";
}
