import {
  type Descriptor,
  type Digest,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  type Target,
} from "@tranship/core";
import fc from "fast-check";
import { contentOf } from "./sample-image.ts";

const FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const URLS = ["https://elsewhere.example/layer"];

/** A manifest: an image of blobs, some of them as foreign layers, or an index of manifests before it. */
type Drawn =
  | { readonly kind: "image"; readonly layers: readonly { readonly blob: number; readonly foreign: boolean }[] }
  | { readonly kind: "index"; readonly children: readonly number[] };

/** Images and indexes that share blobs and manifests. */
export interface Graph {
  readonly blobs: ReadonlyMap<Digest, { readonly descriptor: Descriptor; readonly bytes: Uint8Array }>;
  /** Children before their parents. */
  readonly manifests: readonly GraphManifest[];
}

export interface GraphManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** What has to be there for it to be complete: itself and all below, without what is foreign wherever it is named. */
  readonly needs: ReadonlyMap<string, Descriptor>;
}

/** Graphs of up to 5 blobs and 7 manifests, the first of them an image. */
export const graphs: fc.Arbitrary<Graph> = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constant("image" as const),
          layers: fc.array(fc.record({ blob: fc.nat(4), foreign: fc.boolean() }), { maxLength: 4 }),
        }),
        fc.record({ kind: fc.constant("index" as const), children: fc.array(fc.nat(6), { maxLength: 4 }) }),
      ),
      { minLength: 1, maxLength: 7 },
    ),
  )
  .map(([blobs, drawn]) => built(blobs, drawn));

/** Puts all of it but what is named only as foreign layers. */
export async function putGraph(store: Target, { blobs, manifests }: Graph): Promise<void> {
  const needed = new Set(manifests.flatMap(({ needs }) => [...needs.keys()]));
  const all = [...[...blobs.values()].filter(({ descriptor }) => needed.has(descriptor.digest)), ...manifests];
  for (const { descriptor, bytes } of all) await store.push(descriptor, async (offset) => once(bytes.subarray(offset)));
}

function built(count: number, drawn: readonly Drawn[]): Graph {
  const blobs = Array.from({ length: count }, (_, at) => contentOf(OCI_LAYER, Buffer.from(`layer ${at}`)));
  const configs: typeof blobs = [];
  const manifests: GraphManifest[] = [];
  for (const [at, each] of drawn.entries()) {
    const children =
      each.kind === "index" ? each.children.flatMap((child) => manifests[child % Math.max(at, 1)] ?? []) : [];
    if (each.kind === "image") {
      const config = contentOf(OCI_CONFIG, Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", at })));
      configs.push(config);
      const layers = each.layers.map(({ blob, foreign }) => {
        const { descriptor } = blobs[blob % count] as (typeof blobs)[number];
        return foreign ? { ...descriptor, mediaType: FOREIGN, urls: URLS } : descriptor;
      });
      const own = [config.descriptor, ...layers.filter(({ mediaType }) => mediaType !== FOREIGN)];
      const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: config.descriptor, layers };
      manifests.push(manifestOf(OCI_MANIFEST, document, own));
    } else {
      const document = {
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: children.map(({ descriptor }) => descriptor),
        annotations: { at: String(at) },
      };
      manifests.push(
        manifestOf(
          OCI_INDEX,
          document,
          children.flatMap(({ needs }) => [...needs.values()]),
        ),
      );
    }
  }
  return { blobs: new Map([...blobs, ...configs].map((blob) => [blob.descriptor.digest, blob])), manifests };
}

function manifestOf(mediaType: string, document: object, needed: readonly Descriptor[]): GraphManifest {
  const { descriptor, bytes } = contentOf(mediaType, Buffer.from(JSON.stringify(document)));
  return { descriptor, bytes, needs: new Map([...needed, descriptor].map((each) => [each.digest, each])) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}
