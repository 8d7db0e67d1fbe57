import { randomBytes } from "node:crypto";
import type { Descriptor, Open } from "@tranship/core";
import { OCI_LAYER } from "@tranship/core";
import { type ScriptedRegistry, type ScriptedRequest, sha256 } from "./scripted-registry.ts";

export const SMALL: Buffer = Buffer.from("a small blob");
/** Over the 64 KiB that are sent without looking. */
export const BIG: Buffer = randomBytes(200_000);

export function blobOf(bytes: Uint8Array): Descriptor {
  return { mediaType: OCI_LAYER, digest: sha256(bytes), size: bytes.length };
}

export function opening(bytes: Uint8Array): Open {
  return async (offset) =>
    (async function* () {
      for (let at = offset; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
    })();
}

/** `POST mount`, `HEAD blob`, … instead of whole paths. */
export function steps(server: ScriptedRegistry): readonly string[] {
  return server.log.map((line) => {
    const [method = "", path = ""] = line.split(" ");
    if (!path.includes("/uploads/")) return `${method} ${/\/(blobs|manifests|tags)\//.exec(path)?.[1]}`;
    const from = /[?&]from=([^&]+)/.exec(path)?.[1];
    return from === undefined ? `${method} upload` : `${method} mount ${decodeURIComponent(from)}`;
  });
}

export function isCommit({ method, path }: ScriptedRequest): boolean {
  return method === "PUT" && path.includes("/uploads/");
}
