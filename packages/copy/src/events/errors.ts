import { type Descriptor, type ErrorCode, StoreError } from "@tranship/core";

/** What a CopyError is made from. */
export interface CopyErrorInit {
  readonly side: "source" | "target";
  readonly operation: string;
  /** The store's name; it is added to a message that does not say where. */
  readonly store: string;
  readonly descriptor?: Descriptor | undefined;
  readonly cause: unknown;
}

/** A copy that failed: at which side, in which operation, on what. Its code is that of the cause. */
export class CopyError extends Error {
  readonly code: ErrorCode;
  readonly side: "source" | "target";
  /** `resolve`, `fetch`, `push`, `replace`, `tag`, `referrers`. */
  readonly operation: string;
  readonly descriptor: Descriptor | undefined;

  constructor(init: CopyErrorInit) {
    super(messageOf(init), { cause: init.cause });
    this.name = "CopyError";
    this.code = init.cause instanceof StoreError ? init.cause.code : "NETWORK";
    this.side = init.side;
    this.operation = init.operation;
    this.descriptor = init.descriptor;
  }
}

function messageOf({ cause, store }: CopyErrorInit): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.includes(`"${store}`) ? message : `${message} (at "${store}")`;
}

/** Says where a store's error happened; an abort and what was said before pass unchanged. */
export function asCopyError(init: CopyErrorInit, signal?: AbortSignal): unknown {
  if (signal?.aborted === true && init.cause === signal.reason) return init.cause;
  return init.cause instanceof StoreError ? new CopyError(init) : init.cause;
}
