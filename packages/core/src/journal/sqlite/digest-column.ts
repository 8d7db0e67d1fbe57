import type { SQLOutputValue } from "node:sqlite";
import { algorithmOf, type Digest } from "../../digest/digest.ts";

/** A digest as its bytes, half as long as its text: 32 are sha256, 64 are sha512. */
export function digestColumn(digest: Digest): Buffer {
  return Buffer.from(digest.slice(algorithmOf(digest).length + 1), "hex");
}

/** Undefined for what is no digest. */
export function digestOfColumn(value: SQLOutputValue | undefined): Digest | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const hex = Buffer.from(value).toString("hex");
  if (value.length === 32) return `sha256:${hex}`;
  return value.length === 64 ? `sha512:${hex}` : undefined;
}
