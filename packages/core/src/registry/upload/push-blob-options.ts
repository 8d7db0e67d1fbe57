import type { PushOptions } from "../../store/store.ts";

/** What a push within this package may say too. */
export interface PushBlobOptions extends PushOptions {
  /** The most bytes of one request. Default: as the host takes it. */
  readonly maxBody?: number | undefined;
}
