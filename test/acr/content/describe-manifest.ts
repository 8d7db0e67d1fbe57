import { type Manifest, parseManifest } from "@tranship/core";
import type { Next, ServedRequest } from "tranship";
import { collect } from "../body.ts";
import { askEngine } from "./engine.ts";
import type { ManifestDescription } from "./records.ts";

/** Reads what ACR shows of a manifest that is stored; the platform of an image is in its config. */
export async function describeManifest(
  next: Next,
  request: ServedRequest,
  repository: string,
  bytes: Uint8Array,
): Promise<ManifestDescription> {
  const manifest = parseManifest(bytes, request.headers["content-type"]);
  if (manifest.kind === "index") return describeIndex(manifest);
  const { config, layers, mediaType } = manifest;
  if (config === undefined) throw new Error("an image without a config");
  const answer = await askEngine(next, request, "GET", { kind: "blob", repository, digest: config.digest });
  return {
    mediaType,
    configMediaType: config.mediaType,
    imageSize: config.size + layers.reduce((sum, { size }) => sum + size, 0),
    ...platformIn(await collect(answer.body)),
    references: [],
  };
}

function describeIndex({ mediaType, manifests }: Extract<Manifest, { kind: "index" }>): ManifestDescription {
  return {
    mediaType,
    configMediaType: undefined,
    imageSize: manifests.reduce((sum, { size }) => sum + size, 0),
    architecture: undefined,
    os: undefined,
    references: manifests.map(({ digest, platform }) => ({
      digest,
      architecture: platform?.architecture,
      os: platform?.os,
    })),
  };
}

/** The platform of a config; that of an artifact has none, and need not be JSON. */
function platformIn(config: Buffer): Pick<ManifestDescription, "architecture" | "os"> {
  let document: unknown;
  try {
    document = JSON.parse(config.toString());
  } catch {
    document = undefined;
  }
  return { architecture: stringIn(document, "architecture"), os: stringIn(document, "os") };
}

function stringIn(document: unknown, key: string): string | undefined {
  if (document === null || typeof document !== "object") return undefined;
  const value: unknown = new Map<string, unknown>(Object.entries(document)).get(key);
  return typeof value === "string" ? value : undefined;
}
