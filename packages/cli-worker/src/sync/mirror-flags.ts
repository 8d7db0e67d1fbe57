import type { RegistryFlags } from "../options.ts";

/** What the commands that read a mirror file take. */
export interface MirrorFlags extends RegistryFlags {
  readonly file: string;
  /** Requests in flight. */
  readonly concurrency?: number | undefined;
}

/** What the commands that carry out plans take. */
export interface RunFlags extends RegistryFlags {
  readonly concurrency?: number | undefined;
  /** Bytes per second. */
  readonly limitRate?: number | undefined;
  /** Blobs in flight. */
  readonly blobs?: number | undefined;
  /** Images in flight. */
  readonly jobs?: number | undefined;
  readonly failFast?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}
