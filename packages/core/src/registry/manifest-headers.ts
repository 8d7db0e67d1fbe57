import { type Digest, isDigest } from "../digest/digest.ts";
import type { RegistryResponse } from "../http/request.ts";
import { quoted } from "../text/quoted.ts";

const MOST_SHOWN = 60;

/** The Docker-Content-Digest of an answer; undefined where there is none that can be checked. */
export function digestHeader(response: Pick<RegistryResponse, "headers">): Digest | undefined {
  const text = response.headers["docker-content-digest"];
  return text !== undefined && isDigest(text) ? text : undefined;
}

/** The Content-Encoding of an answer; undefined where there is none. Nothing is decoded: the digest decides. */
export function encodingHeader(response: Pick<RegistryResponse, "headers">): string | undefined {
  const text = response.headers["content-encoding"]?.trim().slice(0, MOST_SHOWN) ?? "";
  return text === "" || text.toLowerCase() === "identity" ? undefined : text;
}

/** The end of a message about bytes that came with a Content-Encoding and are not what they should be. */
export function notDecoded(encoding: string | undefined): string {
  return encoding === undefined ? "" : `; they came with Content-Encoding ${quoted(encoding)}, which is not decoded`;
}

/** The Content-Type without parameters; undefined where there is none. */
export function mediaTypeHeader(response: Pick<RegistryResponse, "headers">): string | undefined {
  const text = response.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return text === "" ? undefined : text;
}

/** The Content-Length in bytes; undefined where there is none, or no number. */
export function lengthHeader(response: Pick<RegistryResponse, "headers">): number | undefined {
  const text = response.headers["content-length"];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The length of the content that a HEAD states; undefined where the header says nothing of it: that of an
 * encoded body, or one beside a Transfer-Encoding (RFC 9112, 6.3). It is what somebody says, and no proof.
 */
export function statedLength(response: Pick<RegistryResponse, "headers">): number | undefined {
  const { "content-encoding": encoding = "identity", "transfer-encoding": transfer } = response.headers;
  if (encoding.trim().toLowerCase() !== "identity" || transfer !== undefined) return undefined;
  return lengthHeader(response);
}
