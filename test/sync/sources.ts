import type { Descriptor, Digest, Platform, RegistryStore } from "@tranship/core";
import { asDocker } from "../support/docker-image.ts";
import { releaseImage } from "../support/release-images.ts";
import { contentOf, openBytes, type Sample, sampleArtifact, seed } from "../support/sample-image.ts";
import { eachAtOnce, seedRepository } from "../support/seed-repository.ts";
import type { MirrorRegistries } from "./registries.ts";

const AMD64: Platform = { os: "linux", architecture: "amd64" };
const ARM64: Platform = { os: "linux", architecture: "arm64" };
const S390X: Platform = { os: "linux", architecture: "s390x" };

/** What a repository of a source holds. */
export interface SourceRepository {
  readonly name: string;
  /** What each tag stands for. */
  readonly tags: ReadonlyMap<string, Digest>;
  /** Cosign's tags, `sha256-….sig` and `.att`. */
  readonly cosignTags: ReadonlyMap<string, Digest>;
  /** What refers to images, by subject. */
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>;
  /** How many blobs its tags have, each once. */
  readonly blobs: number;
}

/** The repositories of both sources: 300 tags in all. */
export interface Sources {
  /** 75 tags of indexes for three platforms at the older one: versions, pre-releases, and names that stand for some of them. */
  readonly alpine: SourceRepository;
  /** 25 tags of Docker's manifest lists at the older one. */
  readonly legacy: SourceRepository;
  /** At the newer one, below `acme/`: 80 tags signed with cosign, 60 with referrers, 40 images without an index, 20 of Docker's. */
  readonly api: SourceRepository;
  readonly web: SourceRepository;
  readonly worker: SourceRepository;
  readonly tools: SourceRepository;
}

/** Attaches an artifact to an image, as oras does: gives its digest. */
export type Attach = (repository: string, subject: Digest, kind: string) => Promise<Digest>;

/** Fills the sources. @param attach default: by tranship itself. */
export async function seedSources({ sources }: MirrorRegistries, attach?: Attach): Promise<Sources> {
  const { older, newer } = sources;
  const fill = (registry: typeof older, name: string, images: ReadonlyMap<string, Sample>): Promise<SourceRepository> =>
    seedSource(registry.repository(name), name, images);
  const [alpine, legacy, api, web, worker, tools] = await Promise.all([
    fill(older, "library/alpine", alpineImages()),
    fill(older, "library/legacy", releases("legacy", 25, [AMD64, ARM64], asDocker)),
    fill(newer, "acme/api", releases("api", 80, [AMD64, ARM64])),
    fill(newer, "acme/web", releases("web", 60, [AMD64, ARM64])),
    fill(newer, "acme/jobs/worker", releases("worker", 40, [AMD64])),
    fill(newer, "acme/tools", releases("tools", 20, [AMD64], asDocker)),
  ]);
  const attachTo = attach ?? attachBySelf(newer.repository("acme/web"));
  const [signed, attached] = await Promise.all([
    cosign(newer.repository("acme/api"), [...api.tags.values()].slice(-28, -18)),
    attachAll(attachTo, "acme/web", [...web.tags.values()].slice(-28, -18)),
  ]);
  return {
    alpine,
    legacy,
    api: { ...api, cosignTags: signed },
    web: { ...web, referrers: attached },
    worker,
    tools,
  };
}

async function seedSource(
  store: RegistryStore,
  name: string,
  images: ReadonlyMap<string, Sample>,
): Promise<SourceRepository> {
  const tags = await seedRepository(store, images);
  const blobs = new Set(
    [...images.values()].flatMap((sample) => sample.blobs.map(({ descriptor }) => descriptor.digest)),
  );
  return { name, tags, cosignTags: new Map(), referrers: new Map(), blobs: blobs.size };
}

/** 3.16.0 to 3.20.11 and names for the newest of each, two pre-releases, and tags that are no versions. */
function alpineImages(): ReadonlyMap<string, Sample> {
  const image = (version: string): Sample => releaseImage({ of: "alpine", version, platforms: [AMD64, ARM64, S390X] });
  const images = new Map<string, Sample>();
  for (const minor of [16, 17, 18, 19, 20]) {
    for (let patch = 0; patch < 12; patch += 1) images.set(`3.${minor}.${patch}`, image(`3.${minor}.${patch}`));
    images.set(`3.${minor}`, image(`3.${minor}.11`));
  }
  for (const version of ["3.21.0-rc1", "3.21.0-rc2", "edge", "20260131", "20260228", "20260331", "20260430", "test"])
    images.set(version, image(version));
  images.set("latest", image("3.20.11"));
  images.set("3", image("3.20.11"));
  return images;
}

function releases(
  of: string,
  count: number,
  platforms: readonly Platform[],
  convert: (sample: Sample) => Sample = (sample) => sample,
): ReadonlyMap<string, Sample> {
  return new Map(
    Array.from({ length: count }, (_, at) => {
      const version = `v1.${Math.floor(at / 10)}.${at % 10}`;
      return [version, convert(releaseImage({ of, version, platforms }))];
    }),
  );
}

/** Signs and attests images by cosign's tag scheme. */
async function cosign(store: RegistryStore, subjects: readonly Digest[]): Promise<ReadonlyMap<string, Digest>> {
  const tags = new Map<string, Digest>();
  await eachAtOnce(subjects, async (subject) => {
    for (const suffix of ["sig", "att"] as const) {
      const tag = `${subject.replace(":", "-")}.${suffix}`;
      tags.set(tag, (await seed(store, cosignArtifact(subject, suffix), tag)).digest);
    }
  });
  return tags;
}

/** What cosign 2 puts under its tags: an image whose layers are signatures or attestations, the signature itself an annotation. */
function cosignArtifact(subject: Digest, kind: "sig" | "att"): Sample {
  const layerType =
    kind === "sig" ? "application/vnd.dev.cosign.simplesigning.v1+json" : "application/vnd.dsse.envelope.v1+json";
  const payload = { critical: { image: { "docker-manifest-digest": subject }, type: `cosign ${kind}` } };
  const layer = contentOf(layerType, Buffer.from(JSON.stringify(payload)));
  const config = contentOf(
    "application/vnd.oci.image.config.v1+json",
    Buffer.from(JSON.stringify({ rootfs: { type: "layers", diff_ids: [layer.descriptor.digest] } })),
  );
  const annotations = { "dev.cosignproject.cosign/signature": Buffer.from(subject).toString("base64") };
  const root = contentOf(
    "application/vnd.oci.image.manifest.v1+json",
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: config.descriptor,
        layers: [{ ...layer.descriptor, annotations }],
      }),
    ),
  );
  return { root, manifests: [root], blobs: [config, layer] };
}

/** A signature and an SBOM to each. */
async function attachAll(
  attach: Attach,
  repository: string,
  subjects: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
  const referrers = new Map<Digest, readonly Digest[]>();
  await eachAtOnce(subjects, async (subject) => {
    const signature = await attach(repository, subject, "signature");
    referrers.set(subject, [signature, await attach(repository, subject, "sbom")]);
  });
  return referrers;
}

function attachBySelf(store: RegistryStore): Attach {
  return async (_repository, digest, kind) => {
    const subject: Descriptor = await store.resolve(digest);
    const sample = sampleArtifact({ subject, seed: `${kind} of ${digest}`, artifactType: artifactType(kind) });
    for (const blob of sample.blobs) await store.push(blob.descriptor, openBytes(blob.bytes));
    await store.push(sample.root.descriptor, openBytes(sample.root.bytes));
    return sample.root.descriptor.digest;
  };
}

/** The type of what is attached. */
export function artifactType(kind: string): string {
  return `application/vnd.example.${kind}.v1+json`;
}
