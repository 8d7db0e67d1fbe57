import { checkContent, type Descriptor, type Open, type Source, StoreError } from "@tranship/core";
import type { HeldContent } from "./held-content.ts";
import type { PersistentSpool } from "./persistent-spool.ts";
import { Spool } from "./spool.ts";

/** Where content is from, and where it may be kept for later processes. */
export interface HoldOptions {
  readonly source: Source;
  /** Default: nowhere. */
  readonly spool?: PersistentSpool | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings content to this machine, whole and verified: into the spool of the state directory, where a later process finds it, else
 * into a temporary file (up to 1 MiB into memory), which ends with this process.
 * @throws {StoreError} STORAGE where it cannot be kept here; SIZE_MISMATCH, DIGEST_MISMATCH where the source has other bytes; what the source threw.
 */
export async function holdContent(
  descriptor: Descriptor,
  fetch: Open,
  { source, spool, signal }: HoldOptions,
): Promise<HeldContent> {
  const kept = await spool?.hold(descriptor, fetch, signal);
  if (kept !== undefined) return kept;
  const temporary = new Spool({ limit: Number.POSITIVE_INFINITY });
  try {
    const content = temporary.use(source, descriptor, fetch);
    if (content === undefined) throw notHeld(descriptor, "it has no size");
    await checkContent(await content.open(0, signal), descriptor);
    if (content.failure !== undefined) throw notHeld(descriptor, content.failure);
    return { open: content.open, end: () => temporary[Symbol.asyncDispose]() };
  } catch (error) {
    await temporary[Symbol.asyncDispose]();
    throw error;
  }
}

function notHeld({ digest, size }: Descriptor, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError("STORAGE", `Cannot hold "${digest}" (${size} bytes) on this machine: ${reason}`, { cause });
}
