import type { Descriptor, Digest, RetryRecord } from "@tranship/core";

/** Why content needed no transfer: it was there, another image of this run has just brought it, or its bytes live elsewhere by design. */
export type SkipReason = "exists" | "shared" | "foreign";

/** Which copy of a run it is. @inline */
interface OfCopy {
  /** The source as messages call it, with its reference: `registry.example/app:v1`. */
  readonly from: string;
  readonly to: string;
}

/** What happened in a copy, in order. Sizes are bytes. Observing never changes the copy. */
export type CopyEvent =
  /** The plan grew by content of this size; the sum of these is the total that progress is measured against. */
  | (OfCopy & { readonly type: "planned"; readonly descriptor: Descriptor })
  /** The target has the reference already, with this very digest (`unchanged`), or with any and it must not be replaced (`kept`). */
  | (OfCopy & { readonly type: "unchanged" | "kept"; readonly descriptor: Descriptor })
  | (OfCopy & { readonly type: "skipped"; readonly descriptor: Descriptor; readonly reason: SkipReason })
  | (OfCopy & { readonly type: "mounted"; readonly descriptor: Descriptor })
  | (OfCopy & { readonly type: "started"; readonly descriptor: Descriptor })
  | (OfCopy & { readonly type: "bytes"; readonly digest: Digest; readonly bytes: number })
  /** The content goes on from `offset`, after a break at the target. */
  | (OfCopy & { readonly type: "resumed"; readonly descriptor: Descriptor; readonly offset: number })
  /** A request failed and will be sent again; `throttled`: the registry asked to wait. */
  | (OfCopy & { readonly type: "retrying" | "throttled" } & Omit<RetryRecord, "throttled">)
  | (OfCopy & { readonly type: "done"; readonly descriptor: Descriptor })
  | (OfCopy & { readonly type: "tagged"; readonly descriptor: Descriptor; readonly reference: string })
  /** A tag of the target is there no more; without `reference` it is content that had other bytes than its digest says. `digest`: what the tag stood for. */
  | (OfCopy & {
      readonly type: "deleted";
      readonly digest?: Digest | undefined;
      readonly reference?: string | undefined;
    })
  /** Something that the user should know and that is no failure. */
  | (OfCopy & { readonly type: "notice"; readonly message: string })
  | (OfCopy & { readonly type: "failed"; readonly error: Error });

/** The event of a request that will be sent again. */
export function retryEvent({ throttled, ...retry }: RetryRecord): Happened {
  return { type: throttled ? "throttled" : "retrying", ...retry };
}

/** Told of every event of a copy, as it happens. */
export type OnEvent = (event: CopyEvent) => void;

/** An event without the names of its copy. */
export type Happened = CopyEvent extends infer E ? (E extends CopyEvent ? Omit<E, "from" | "to"> : never) : never;
