import type { Digest } from "../../digest/digest.ts";

/** A blob that is where it was wanted now. */
export interface UploadedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}
