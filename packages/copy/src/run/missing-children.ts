import { setTimeout as delay } from "node:timers/promises";
import { type Descriptor, type PushOutcome, RegistryError, StoreError } from "@tranship/core";
import { CopyError } from "../events/errors.ts";

/** Some registries show a blob to the manifest PUT some 100 ms after its upload (Amazon ECR). */
const WAITS_MS = [100, 300, 900];

/**
 * The codes with which registries refuse a manifest whose children they miss: distribution MANIFEST_BLOB_UNKNOWN, zot MANIFEST_INVALID,
 * go-containerregistry MANIFEST_UNKNOWN for a child manifest.
 */
const CODES: ReadonlySet<string> = new Set([
  "MANIFEST_BLOB_UNKNOWN",
  "BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
]);

/** Of these, those that are about a blob. */
const BLOB_CODES: ReadonlySet<string> = new Set(["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"]);

/** Whether the target refused a manifest in a way that can mean that a child is missing. */
export function childrenAreMissing(error: unknown): boolean {
  if (error instanceof CopyError) return error.side === "target" && childrenAreMissing(error.cause);
  if (!(error instanceof StoreError)) return false;
  // Distribution 2.8 writes the link of a child anew where that is put or mounted once more, and finds it empty meanwhile: DIGEST_INVALID, alone or first.
  if (error instanceof RegistryError && error.code === "DIGEST_INVALID" && error.method === "PUT") return true;
  return CODES.has(error.code) || (error instanceof RegistryError && error.errors.some(({ code }) => CODES.has(code)));
}

/** What the target did with a child of a manifest. */
export interface SentChild {
  readonly descriptor: Descriptor;
  /** Undefined for a manifest. */
  readonly outcome: PushOutcome | undefined;
}

/**
 * Which children a target needs again after it refused their manifest: those that the refusal names and that were not sent, and those that
 * the target does not show. Where it shows all of them and still says that a blob is unknown, those that it claimed to have mounted.
 */
export async function childrenToSendAgain<C extends SentChild>(
  children: readonly C[],
  refusal: unknown,
  isThere: (descriptor: Descriptor) => Promise<boolean>,
): Promise<readonly C[]> {
  const said = saidBy(refusal);
  const isNamed = ({ outcome, descriptor }: C): boolean =>
    outcome !== "pushed" && said.text.includes(descriptor.digest);
  const isMissing = await Promise.all(
    children.map(async (child) => isNamed(child) || !(await isThere(child.descriptor))),
  );
  const missing = children.filter((_, at) => isMissing[at]);
  if (missing.length > 0 || !said.codes.some((code) => BLOB_CODES.has(code))) return missing;
  return children.filter(({ outcome }) => outcome === "mounted");
}

function saidBy(refusal: unknown): { readonly codes: readonly string[]; readonly text: string } {
  const cause = refusal instanceof CopyError ? refusal.cause : refusal;
  if (!(cause instanceof RegistryError)) return { codes: [], text: "" };
  return { codes: [cause.code, ...cause.errors.map(({ code }) => code)], text: JSON.stringify(cause.errors) };
}

/** Puts a manifest whose children were seen at the target, and waits for a target that shows them late. */
export async function waitForChildren<T>(put: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await put();
    } catch (error) {
      if (!childrenAreMissing(error)) throw error;
    }
    await abortable(wait, signal);
  }
  return put();
}

async function abortable(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
