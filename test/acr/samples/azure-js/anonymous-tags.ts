import { ContainerRegistryContentClient } from "@azure/container-registry";
import { connectAnonymously, HELLO, print, refused } from "./connect.ts";

const client = connectAnonymously();
const artifact = client.getArtifact(HELLO, "latest");
const { repositoryName, tags, digest, sizeInBytes, architecture, operatingSystem } =
  await artifact.getManifestProperties();
// The content client declares its credential as required, and takes its absence for anonymous access.
const content: ContainerRegistryContentClient = Reflect.construct(ContainerRegistryContentClient, [
  client.endpoint,
  HELLO,
]);
const { mediaType } = await content.getManifest("latest");

print({
  repository: repositoryName,
  tags,
  digest,
  sizeInBytes,
  architecture,
  operatingSystem,
  mediaType,
  refused: await refused(artifact.deleteTag("latest")),
});
