import { algorithmOf, type Digest, digestOf } from "../digest/digest.ts";
import { DigestMismatchError, StoreError } from "../errors/errors.ts";
import { quoted } from "../text/quoted.ts";
import type { Descriptor } from "./descriptor.ts";
import { parseManifest } from "./parse-manifest.ts";

/** What is said of a manifest that is to be pushed. */
export interface DescribeManifestOptions {
  /** The digest that it must have, sha256 or sha512. Default: whatever sha256 it has. */
  readonly digest?: Digest | undefined;
  /** What it is: needed where the document has no `mediaType` of its own, else the same. Default: OCI image or index, as its fields say. */
  readonly mediaType?: string | undefined;
}

/**
 * The descriptor of a manifest that is to be pushed, checked against what is said of it.
 * @param action what messages say could not be done: `push a manifest to "r.example/app"`.
 * @throws {StoreError} what `parseManifest` throws; MANIFEST_INVALID where it is of another type; {DigestMismatchError} where its digest is another.
 */
export function describeManifest(
  bytes: Uint8Array,
  action: string,
  { digest: wanted, mediaType: said }: DescribeManifestOptions = {},
): Descriptor {
  const { mediaType } = parseManifest(bytes, said, action);
  if (said !== undefined && said !== mediaType) {
    const message = `Cannot ${action}: mediaType: it says ${quoted(mediaType)}, but ${quoted(said)} is expected`;
    throw new StoreError("MANIFEST_INVALID", message);
  }
  const digest = digestOf(bytes, wanted === undefined ? "sha256" : algorithmOf(wanted));
  if (wanted === undefined || wanted === digest) return { mediaType, digest, size: bytes.length };
  const message = `Cannot ${action}: its bytes hash to ${digest}, ${wanted} is expected`;
  throw new DigestMismatchError(message, { expected: wanted, actual: digest });
}
