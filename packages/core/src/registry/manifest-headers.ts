import { type Digest, isDigest } from "../content/digest.ts";
import type { RegistryResponse } from "./request.ts";

/** The Docker-Content-Digest of an answer; undefined where there is none that can be checked. */
export function digestHeader(response: Pick<RegistryResponse, "headers">): Digest | undefined {
  const text = response.headers["docker-content-digest"];
  return text !== undefined && isDigest(text) ? text : undefined;
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
