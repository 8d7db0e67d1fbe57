import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "@tranship/core";
import { type ScriptedRegistry, scriptedRegistry, sha256 } from "../support/scripted-registry.ts";
import { allPeers, type PeerOutcomes, refusedBy } from "./copy-peers.ts";

/** A manifest that somebody's tool has written, and what becomes of it. */
export interface OddManifest {
  readonly name: string;
  /** Fills the repository `app` with it, under the tag v1. */
  readonly fill: (app: Filling) => void;
  /** What the notice or the refusal says. Undefined: it is copied without a word. */
  readonly says?: string;
  readonly refused?: boolean;
  readonly peers: PeerOutcomes;
}

/** Which image-spec dropped before 1.1.0. */
const OCI_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";

type Json = Record<string, unknown>;

/** A repository that is filled. */
export class Filling {
  readonly #registry: ScriptedRegistry;

  constructor(registry: ScriptedRegistry) {
    this.#registry = registry;
  }

  blob(text: string, digest = sha256(Buffer.from(text))): Json {
    const bytes = Buffer.from(text);
    this.#registry.blobs.set(`app@${digest}`, bytes);
    return { digest, size: bytes.length };
  }

  /** An image's document, which may be changed before it is put. */
  image(change: Json = {}, seed = ""): Json {
    const config = { mediaType: OCI_CONFIG, ...this.blob(`{"os":"linux","architecture":"amd64","x":"${seed}"}`) };
    const layers = [{ mediaType: OCI_LAYER, ...this.blob(`layer ${seed}`) }];
    const image: Json = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers, ...change };
    return Object.fromEntries(Object.entries(image).filter(([, value]) => value !== undefined));
  }

  /** Puts a document, or the bytes of one, and gives its descriptor. */
  put(document: Json | string | Uint8Array, { tag = "v1", type = OCI_MANIFEST }: PutOptions = {}): Json {
    const text = typeof document === "string" || document instanceof Uint8Array ? document : JSON.stringify(document);
    const stored = { mediaType: type, bytes: Buffer.from(text) };
    const digest = sha256(stored.bytes);
    this.#registry.manifests.set(`app@${digest}`, stored);
    if (tag !== "") this.#registry.manifests.set(`app:${tag}`, stored);
    return { mediaType: type, digest, size: stored.bytes.length };
  }

  /** An index of one image, its entry changed. */
  index(change: Json, { list = false }: { readonly list?: boolean } = {}): void {
    const type = list ? DOCKER_MANIFEST_LIST : OCI_INDEX;
    const child = this.put(this.image(), { tag: "" });
    const entry = { ...child, platform: { os: "linux", architecture: "amd64" }, ...change };
    const entries = [Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))];
    this.put({ schemaVersion: 2, mediaType: type, manifests: entries }, { type });
  }
}

interface PutOptions {
  readonly tag?: string;
  readonly type?: string;
}

/** The registry with the manifest in it. */
export async function oddRegistry({ fill }: OddManifest): Promise<ScriptedRegistry> {
  const registry = await scriptedRegistry();
  fill(new Filling(registry));
  return registry;
}

const firstLayer = (image: Json): Json => (image["layers"] as Json[])[0] as Json;

function withLayer(app: Filling, change: Json): Json {
  const image = app.image();
  const layer = { ...firstLayer(image), ...change };
  return { ...image, layers: [Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined))] };
}

const text = (document: Json): string => JSON.stringify(document);

export const ODD_MANIFESTS: readonly OddManifest[] = [
  // Copied by every engine.
  {
    name: "no layers",
    fill: (app) => app.put(app.image({ layers: undefined })),
    says: "layers: it is missing",
    peers: allPeers("copies"),
  },
  { name: "layers that are null", fill: (app) => app.put(app.image({ layers: null })), peers: allPeers("copies") },
  {
    name: "a null annotation",
    fill: (app) => app.put(app.image({ annotations: { a: null, b: "x" } })),
    says: 'annotations["a"]: expected a string, got null',
    peers: allPeers("copies"),
  },
  {
    name: "a null annotation of a layer",
    fill: (app) => app.put(withLayer(app, { annotations: { a: null } })),
    says: 'layers[0].annotations["a"]',
    peers: allPeers("copies"),
  },
  {
    name: "a config without a type",
    fill: (app) => app.put(app.image({ config: { ...app.blob("{}") } })),
    says: "config.mediaType",
    peers: allPeers("copies"),
  },
  {
    name: "a layer without a type",
    fill: (app) => app.put(withLayer(app, { mediaType: undefined })),
    says: "layers[0].mediaType",
    peers: allPeers("copies"),
  },
  {
    name: "a layer with an empty type",
    fill: (app) => app.put(withLayer(app, { mediaType: "" })),
    says: "layers[0].mediaType",
    peers: allPeers("copies"),
  },
  {
    name: "a layer of an unknown type",
    fill: (app) => app.put(withLayer(app, { mediaType: "application/x-what;v=1" })),
    peers: allPeers("copies"),
  },
  {
    name: "no schemaVersion",
    fill: (app) => app.put(app.image({ schemaVersion: undefined })),
    says: "schemaVersion",
    peers: allPeers("copies"),
  },
  {
    name: "a byte that is not UTF-8",
    fill: (app) =>
      app.put(Buffer.from(text(app.image({ annotations: { a: "QQ" } })).replace("QQ", "caf\u00e9"), "latin1")),
    says: "not UTF-8",
    peers: allPeers("copies"),
  },
  {
    name: "extra members",
    fill: (app) => app.put(app.image({ signed: { by: [1, 2] }, X: null })),
    peers: allPeers("copies"),
  },
  { name: "blank lines around it", fill: (app) => app.put(`\n\n ${text(app.image())}\n`), peers: allPeers("copies") },
  {
    name: "members that are null",
    fill: (app) => app.put(app.image({ subject: null, annotations: null, artifactType: "" })),
    peers: allPeers("copies"),
  },
  {
    name: "manifests that are null, in an image",
    fill: (app) => app.put(app.image({ manifests: null })),
    peers: allPeers("copies"),
  },
  {
    name: "an entry with empty members",
    fill: (app) => app.index({ annotations: null, urls: null }),
    peers: allPeers("copies"),
  },
  { name: "two platforms of one image", fill: (app) => twoPlatforms(app), peers: allPeers("copies") },
  // Copied by some of them, and by us.
  {
    name: "a size of an entry that is wrong",
    fill: (app) => app.index({ size: 7 }),
    says: "and not 7 as the index says",
    peers: refusedBy("oras"),
  },
  {
    name: "a size of an entry that is 0",
    fill: (app) => app.index({ size: 0 }, { list: true }),
    says: "and not 0 as the index says",
    peers: refusedBy("oras"),
  },
  {
    name: "an entry without a size",
    fill: (app) => app.index({ size: undefined }),
    says: "manifests[0].size: it is missing",
    peers: refusedBy("oras"),
  },
  {
    name: "an entry without a type",
    fill: (app) => app.index({ mediaType: undefined }),
    says: "manifests[0].mediaType",
    peers: refusedBy("crane", "oras"),
  },
  {
    name: "an entry of Docker's that is called OCI's",
    fill: (app) => dockerChild(app),
    peers: refusedBy("skopeo", "oras"),
  },
  {
    name: "a layer without a size",
    fill: (app) => app.put(withLayer(app, { size: undefined })),
    says: "layers[0].size: it is missing",
    peers: refusedBy("crane", "oras"),
  },
  {
    name: "a config without a size",
    fill: (app) => app.put(app.image({ config: { ...app.blob("{}"), mediaType: OCI_CONFIG, size: null } })),
    says: "config.size: it is missing",
    peers: refusedBy("crane", "oras"),
  },
  {
    name: "no config",
    fill: (app) => app.put(app.image({ config: undefined })),
    says: "config: it is missing",
    peers: refusedBy("crane", "regctl", "oras"),
  },
  {
    name: "a type with parameters",
    fill: (app) => app.put(app.image({ mediaType: `${OCI_MANIFEST}; charset=utf-8` })),
    says: "is read as",
    peers: refusedBy("regctl"),
  },
  {
    name: "the history of schema 1 in schema 2",
    fill: (app) =>
      app.put(app.image({ mediaType: DOCKER_MANIFEST, history: [{ v1Compatibility: "{}" }] }), {
        type: DOCKER_MANIFEST,
      }),
    peers: refusedBy("skopeo"),
  },
  {
    name: "the artifact manifest that was dropped",
    fill: (app) =>
      app.put(
        {
          mediaType: OCI_ARTIFACT_MANIFEST,
          artifactType: "x/y",
          blobs: [{ mediaType: "text/plain", ...app.blob("x") }],
        },
        { type: OCI_ARTIFACT_MANIFEST },
      ),
    peers: refusedBy("skopeo"),
  },
  { name: "an index served as JSON", fill: (app) => servedAsJson(app), peers: refusedBy("skopeo", "regctl", "oras") },
  {
    name: "an annotation that is a number",
    fill: (app) => app.put(app.image({ annotations: { a: 3 } })),
    says: 'annotations["a"]: expected a string, got 3',
    peers: allPeers("refuses"),
  },
  {
    name: "a schemaVersion in quotes",
    fill: (app) => app.put(app.image({ schemaVersion: "2" })),
    says: 'expected 2, got "2"',
    peers: allPeers("refuses"),
  },
  {
    name: "inline data that is not base64",
    fill: (app) => app.put(withLayer(app, { data: "***" })),
    says: "layers[0].data",
    peers: allPeers("refuses"),
  },
  // Refused.
  {
    name: "a byte order mark",
    fill: (app) => app.put(`\ufeff${text(app.image())}`),
    refused: true,
    says: "byte order mark",
    peers: allPeers("refuses"),
  },
  {
    name: "layers twice",
    fill: (app) => app.put(text(app.image()).replace('"layers":', '"layers":[],"layers":')),
    refused: true,
    says: '"layers" is there twice',
    peers: allPeers("copies"),
  },
  {
    name: "Layers beside layers",
    fill: (app) => app.put(app.image({ Layers: [] })),
    refused: true,
    says: '"Layers": it could be read as "layers"',
    peers: allPeers("copies"),
  },
  {
    name: "a type in another case",
    fill: (app) => app.put({ MediaType: OCI_MANIFEST, ...app.image({ mediaType: undefined }) }),
    refused: true,
    says: '"MediaType": it could be read as "mediaType"',
    peers: allPeers("copies"),
  },
  {
    name: "an image that is an index too",
    fill: (app) => app.put(app.image({ manifests: [] })),
    refused: true,
    says: "could be read in two ways",
    peers: refusedBy("skopeo"),
  },
  {
    name: "a type that nobody knows",
    fill: (app) => app.put(app.image({ mediaType: "application/vnd.example.thing.v1+json" })),
    refused: true,
    says: "nobody can tell what it needs",
    peers: refusedBy("regctl"),
  },
  {
    name: "a layer of another length",
    fill: (app) => app.put(withLayer(app, { size: 3 })),
    refused: true,
    says: "of it, not 3",
    peers: refusedBy("crane", "regctl", "oras"),
  },
  {
    name: "a layer of a negative length",
    fill: (app) => app.put(withLayer(app, { size: -1 })),
    refused: true,
    says: "layers[0].size: expected a number of bytes",
    peers: refusedBy("regctl", "oras"),
  },
  {
    name: "a digest of an unknown algorithm",
    fill: (app) => app.put(withLayer(app, { digest: `blake3:${"a".repeat(64)}` })),
    refused: true,
    says: "blake3",
    peers: allPeers("refuses"),
  },
  {
    name: "an entry that is missing",
    fill: (app) => app.index({ digest: sha256(Buffer.from("gone")) }),
    refused: true,
    says: "404",
    peers: allPeers("refuses"),
  },
  {
    name: "schema 1",
    fill: (app) =>
      app.put(
        { schemaVersion: 1, name: "app", fsLayers: [], history: [] },
        { type: "application/vnd.docker.distribution.manifest.v1+json" },
      ),
    refused: true,
    says: "schema 1",
    peers: refusedBy("skopeo", "oras"),
  },
];

function twoPlatforms(app: Filling): void {
  const child = app.put(app.image(), { tag: "" });
  const manifests = ["v6", "v7"].map((variant) => ({
    ...child,
    platform: { os: "linux", architecture: "arm", variant },
  }));
  app.put({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, { type: OCI_INDEX });
}

function dockerChild(app: Filling): void {
  const child = app.put(app.image({ mediaType: DOCKER_MANIFEST }), { tag: "", type: DOCKER_MANIFEST });
  const manifests = [{ ...child, mediaType: OCI_MANIFEST, platform: { os: "linux", architecture: "amd64" } }];
  app.put({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, { type: OCI_INDEX });
}

function servedAsJson(app: Filling): void {
  const child = app.put(app.image(), { tag: "" });
  app.put(
    { schemaVersion: 2, manifests: [{ ...child, platform: { os: "linux", architecture: "amd64" } }] },
    { type: "application/json" },
  );
}
