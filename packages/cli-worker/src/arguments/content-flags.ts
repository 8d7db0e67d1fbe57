import type { OneSideFlags } from "./options.ts";

/** Of `blob put` and `manifest put`. */
export interface PutFlags extends OneSideFlags {
  readonly json?: boolean | undefined;
}

/** Of `blob get` and `manifest get`. */
export interface GetFlags extends OneSideFlags {
  readonly output?: string | undefined;
}

/** Of `delete`, `blob delete` and `manifest delete`. */
export interface DeleteFlags extends OneSideFlags {
  readonly quiet?: boolean | undefined;
}
