import { blobsOf, inlineData } from "../../content/children.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { type ImageManifest, type IndexManifest, MAX_MANIFEST_BYTES, type Manifest } from "../../content/manifest.ts";
import { DOCKER_CONFIG, isImageMediaType, OCI_CONFIG } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { readVerified } from "../../content/verify.ts";
import { type Digest, isDigest } from "../../digest/digest.ts";
import type { ManifestProperties } from "../../registry/azure/properties.ts";
import { fetchContent } from "../../registry/blobs/fetch-content.ts";
import { openManifest } from "../../registry/manifests/open-manifest.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import { unlessUnknown } from "../../registry/unless-unknown.ts";
import type { CallOptions, Content } from "../../store/store.ts";
import { type ConfigFacts, parseConfigFacts, parseTime } from "./parse-config-facts.ts";

/** What a manifest and its config say of it, without the registry's own knowledge. */
export type ManifestFacts = Pick<
  ManifestProperties,
  | "mediaType"
  | "configMediaType"
  | "sizeInBytes"
  | "createdOn"
  | "architecture"
  | "operatingSystem"
  | "relatedArtifacts"
> & { readonly digest: Digest; readonly manifest: Manifest };

const CREATED = "org.opencontainers.image.created";
const CONFIG_TYPES: ReadonlySet<string> = new Set([OCI_CONFIG, DOCKER_CONFIG]);

/** Reads what manifests say, each digest once. Memory: the parsed manifests that it was asked for. */
export class ManifestFactsReader {
  readonly #repository: RemoteRepository;
  readonly #options: CallOptions;
  readonly #known = new Map<Digest, Promise<ManifestFacts>>();

  constructor(repository: RemoteRepository, options: CallOptions) {
    this.#repository = repository;
    this.#options = options;
  }

  /**
   * The facts of a tag's or digest's manifest.
   * Requests: 1 GET; 1 more for the config of an image; for an index without a date of its own those of its first image.
   * @throws what `openManifest` and `fetchContent` throw.
   */
  async read(reference: string): Promise<ManifestFacts> {
    if (isDigest(reference)) return this.#once(reference, async () => this.#factsOf(await this.#open(reference)));
    const content = await this.#open(reference);
    return this.#once(content.descriptor.digest, () => this.#factsOf(content));
  }

  #once(digest: Digest, make: () => Promise<ManifestFacts>): Promise<ManifestFacts> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(digest, made);
    return made;
  }

  #open(reference: string): Promise<Content> {
    return openManifest(this.#repository, reference, this.#options);
  }

  async #factsOf({ descriptor, bytes }: Content): Promise<ManifestFacts> {
    const { digest, mediaType } = descriptor;
    const manifest = parseManifest(bytes, mediaType);
    const own = manifest.kind === "image" ? await this.#image(manifest) : await this.#index(manifest);
    const createdOn = parseTime(manifest.annotations?.[CREATED]) ?? own.createdOn;
    return { digest, mediaType, manifest, ...own, createdOn };
  }

  async #image(manifest: ImageManifest): Promise<Omit<ManifestFacts, "digest" | "manifest">> {
    const { config } = manifest;
    const sizeInBytes = blobsOf(manifest).reduce((sum, { size }) => sum + Math.max(0, size), 0);
    const { created, architecture, os } = config === undefined ? {} : await this.#config(config);
    return {
      configMediaType: config?.mediaType,
      sizeInBytes,
      createdOn: created,
      architecture,
      operatingSystem: os,
      relatedArtifacts: [],
    };
  }

  async #index({ manifests, annotations }: IndexManifest): Promise<Omit<ManifestFacts, "digest" | "manifest">> {
    const relatedArtifacts = manifests.map(({ digest, platform }) => ({
      digest,
      architecture: platform?.architecture,
      operatingSystem: platform?.os,
    }));
    if (parseTime(annotations?.[CREATED]) !== undefined) return { relatedArtifacts };
    // BuildKit lists attestations as images of platform unknown/unknown.
    const image = manifests.find(
      ({ mediaType, platform }) => isImageMediaType(mediaType) && platform?.os !== "unknown",
    );
    const first = image === undefined ? undefined : await unlessUnknown(this.read(image.digest));
    return { relatedArtifacts, createdOn: first?.createdOn };
  }

  /** The config of an artifact is of some other type, and says nothing that is known here. */
  async #config(config: Descriptor): Promise<ConfigFacts> {
    if (!CONFIG_TYPES.has(config.mediaType) || config.size > MAX_MANIFEST_BYTES) return {};
    const bytes = inlineData(config) ?? (await unlessUnknown(this.#read(config)));
    return bytes === undefined ? {} : parseConfigFacts(bytes);
  }

  async #read(config: Descriptor): Promise<Uint8Array> {
    return readVerified(await fetchContent(this.#repository, config, this.#options), config);
  }
}
