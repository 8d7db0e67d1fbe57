import { type Descriptor, OCI_CONFIG, OCI_MANIFEST, type Open } from "@tranship/core";
import { type ScriptedRegistry, sha256 } from "./scripted-registry.ts";

export interface SampleManifest {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
  readonly open: Open;
}

export const CONFIG: Descriptor = { mediaType: OCI_CONFIG, digest: sha256(Buffer.from("{}")), size: 2 };

export function manifestOf(extra: object = {}): SampleManifest {
  // Spaces and order as no serialiser of ours writes them: the bytes must travel as they are.
  const bytes = Buffer.from(`${JSON.stringify({ config: CONFIG, layers: [], schemaVersion: 2, ...extra }, null, 3)}\n`);
  return {
    bytes,
    descriptor: { mediaType: OCI_MANIFEST, digest: sha256(bytes), size: bytes.length },
    open: async () =>
      (async function* () {
        yield bytes;
      })(),
  };
}

export const IMAGE: SampleManifest = manifestOf({ mediaType: OCI_MANIFEST });

export function hold(server: ScriptedRegistry, ...tags: readonly string[]): void {
  const stored = { mediaType: OCI_MANIFEST, bytes: IMAGE.bytes };
  server.manifests.set(`app@${IMAGE.descriptor.digest}`, stored);
  for (const tag of tags) server.manifests.set(`app:${tag}`, stored);
}
