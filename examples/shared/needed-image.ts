import { type AcrClient, type ImageManifest, RegistryError, type RetrievedManifest } from "@tranship/core";

export interface NeededImage extends RetrievedManifest {
  readonly manifest: ImageManifest;
}

/** The manifest of an image that a program needs. @throws {TypeError} where there is none under that tag, or an index. */
export async function neededImage(client: AcrClient, repository: string, tag: string): Promise<NeededImage> {
  const name = `${client.host}/${repository}:${tag}`;
  try {
    const { manifest, ...retrieved } = await client.getManifest(repository, tag);
    if (manifest.kind === "image") return { ...retrieved, manifest };
  } catch (error) {
    if (!(error instanceof RegistryError && error.status === 404)) throw error;
    throw new TypeError(`Expected an image at ${name}, which this program works on: nothing is there`, {
      cause: error,
    });
  }
  throw new TypeError(`Expected a single image at ${name}, which this program works on: an index is there`);
}
