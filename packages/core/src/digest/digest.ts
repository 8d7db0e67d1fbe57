import { createHash, type Hash, hash } from "node:crypto";
import { expectText } from "../text/expect-text.ts";
import { quoted } from "../text/quoted.ts";

/** `sha256:` or `sha512:` and lower-case hex. Spec: image-spec v1.1.1, "Digests". */
export type Digest = `${string}:${string}`;

/** The algorithms that content is verified with. */
export type DigestAlgorithm = "sha256" | "sha512";

const HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** Checks a digest. @throws {SyntaxError} saying what is wrong with it; {TypeError} for what is no text. */
export function parseDigest(text: string): Digest {
  expectText("digest", text);
  const separator = text.indexOf(":");
  if (separator < 0) throw new SyntaxError(`Bad digest ${quoted(text)}: expected ALGORITHM:HEX`);
  const algorithm = text.slice(0, separator);
  const hex = text.slice(separator + 1);
  if (algorithm !== "sha256" && algorithm !== "sha512") {
    throw new SyntaxError(
      `Bad digest ${quoted(text)}: algorithm ${quoted(algorithm)} is not supported (sha256, sha512 are)`,
    );
  }
  if (hex.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]*$/.test(hex)) {
    throw new SyntaxError(
      `Bad digest ${quoted(text)}: expected ${HEX_LENGTH[algorithm]} lower-case hex digits after "${algorithm}:"`,
    );
  }
  return `${algorithm}:${hex}`;
}

/** Whether the text is a well-formed digest. */
export function isDigest(text: string): text is Digest {
  // Not by parseDigest: it is asked of tags as often as of digests, and an error takes longer to make than the request that it is asked for.
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}

/** The algorithm of a digest that was parsed. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** A native hash for the digest's algorithm: feed it the content and compare `ALGORITHM:HEX`. */
export function hasherFor(digest: Digest): Hash {
  return createHash(algorithmOf(digest));
}

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  // In one call: to make a hash object costs as much as to hash 10 KiB.
  return `${algorithm}:${hash(algorithm, bytes, "hex")}`;
}
