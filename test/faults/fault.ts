import type { ErrorCode, RegistryOptions } from "@tranship/core";
import type { Answer, Hook, ServedRequest } from "tranship";
import type { Row } from "./rows.ts";

/** What a script may say of itself, and is told. */
export interface FaultContext {
  /** The registry did what it is known for. */
  readonly hit: (what?: string) => void;
  /** Another address of the same registry, `127.0.0.1:PORT`, that has no fault. */
  readonly otherAddress: () => string;
}

/** What is copied when the fault is met. */
export type FaultJob =
  /** An index, under its tag. */
  | "image"
  /** Every tag of a repository. */
  | "tags"
  /** What the target has under another name already, known to the same run. */
  | "mount"
  /** What the target has already, under the same tag or another one, by a client that knows nothing. */
  | "again"
  | "renamed"
  /** With its referrers. */
  | "referrers"
  /** All repositories are listed; then an image is copied. */
  | "catalog";

/** How a copy ends where it cannot succeed: without a tag and without an open upload unless it says so, and with a message that helps. */
export interface FaultEnd {
  readonly code: ErrorCode;
  readonly says: RegExp;
  /** What is open cannot be cancelled, since where it is can't be followed. */
  readonly leavesUploads?: true;
  /** All the same, every tag that was listed is copied. */
  readonly isCopied?: true;
}

/** One thing that a real registry does, as a script for the engine of `tranship serve`. */
export interface Fault {
  readonly name: string;
  /** Which line of the list of deviations it is about. */
  readonly row: Row;
  /** What a copy does about it, in a sentence for the docs. */
  readonly copes: string;
  readonly at: "source" | "target";
  readonly script: (context: FaultContext) => Hook;
  readonly job?: FaultJob;
  readonly options?: Partial<RegistryOptions>;
  /** Default: the copy succeeds. */
  readonly ends?: FaultEnd;
}

/** A refusal as registries word it. */
export function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

export function withoutHeader(answer: Answer, name: string): Answer {
  const { [name]: _, ...headers } = answer.headers ?? {};
  return { ...answer, headers };
}

/** Several scripts, the first one nearest to the client. */
export function layered(...hooks: readonly Hook[]): Hook {
  return hooks.reduceRight((inner, outer) => (request, next) => outer(request, (to = request) => inner(to, next)));
}

/** Bytes of the body, as the client announces them. */
export function lengthOf({ headers }: ServedRequest): number {
  return Number(headers["content-length"] ?? 0);
}

/** A request that brings bytes of a blob. */
export function bringsBytes(request: ServedRequest): boolean {
  const { method, route } = request;
  return route.kind === "upload" && (method === "PUT" || method === "PATCH") && lengthOf(request) > 0;
}

/** A GET of a blob that is worth breaking. */
export function readsBigBlob({ method, route }: ServedRequest, answer: Answer): boolean {
  return method === "GET" && route.kind === "blob" && Number(answer.headers?.["content-length"] ?? 0) > BIG;
}

/** Over this a blob of the images that are copied here is a big one: each has at least one. */
export const BIG: number = 4 * 1024 * 1024;
export const MIB: number = 1024 * 1024;

/** Reads a body to its end, and lets it go. */
export async function drained({ body }: ServedRequest): Promise<void> {
  for await (const _ of body) {
    // Nothing of it is kept.
  }
}

export async function wholeOf({ body }: ServedRequest): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(body));
}

/** The body that was read, to be read again by the engine. */
export function withBody(request: ServedRequest, bytes: Uint8Array): ServedRequest {
  return {
    ...request,
    body: (async function* () {
      if (bytes.length > 0) yield bytes;
    })(),
  };
}

/** True the first so many times for each key. */
export function firstTimes(count: number): (key: string) => boolean {
  const seen = new Map<string, number>();
  return (key) => {
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times <= count;
  };
}
