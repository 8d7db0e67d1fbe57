import {
  type Content,
  type Descriptor,
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "@tranship/core";
import { contentOf, type Sample } from "./sample-image.ts";

const DOCKER_TYPES: ReadonlyMap<string, string> = new Map([
  [OCI_INDEX, DOCKER_MANIFEST_LIST],
  [OCI_MANIFEST, DOCKER_MANIFEST],
  [OCI_CONFIG, DOCKER_CONFIG],
  [OCI_LAYER_GZIP, DOCKER_LAYER_GZIP],
]);

/** The parts of a manifest or index that differ between OCI and Docker. */
interface Document {
  readonly mediaType: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
}

/** The same image or index in Docker's schema 2: the blobs stay, and every manifest is another. */
export function asDocker({ root, manifests, blobs }: Sample): Sample {
  const converted = new Map<string, Content>();
  for (const manifest of manifests) converted.set(manifest.descriptor.digest, convert(manifest, converted));
  const of = ({ descriptor }: Content): Content => converted.get(descriptor.digest) ?? convert(root, converted);
  return { root: of(root), manifests: manifests.map(of), blobs };
}

function convert(manifest: Content, converted: ReadonlyMap<string, Content>): Content {
  const { mediaType, config, layers, manifests } = JSON.parse(Buffer.from(manifest.bytes).toString()) as Document;
  const docker = (type: string): string => DOCKER_TYPES.get(type) ?? type;
  const typed = (descriptor: Descriptor): Descriptor => ({
    ...descriptor,
    ...converted.get(descriptor.digest)?.descriptor,
    mediaType: docker(descriptor.mediaType),
  });
  // Schema 2 has no annotations.
  const document = {
    schemaVersion: 2,
    mediaType: docker(mediaType),
    ...(config && { config: typed(config) }),
    ...(layers && { layers: layers.map(typed) }),
    ...(manifests && { manifests: manifests.map(typed) }),
  };
  return contentOf(document.mediaType, Buffer.from(JSON.stringify(document, undefined, 3)));
}
