// Without credentials: shows an image with all its tags, and sees that deleting is refused.
import "./shared/errors.ts";
import { connectAnonymously } from "./shared/connect.ts";
import { print } from "./shared/print.ts";
import { refused } from "./shared/refused.ts";

const REPOSITORY = "library/hello-world";

await using client = connectAnonymously();
const { repositoryName, tags, digest, sizeInBytes, architecture, operatingSystem } = await client.getManifestProperties(
  REPOSITORY,
  "latest",
);
const { mediaType } = await client.getManifest(REPOSITORY, "latest");

print({
  repository: repositoryName,
  tags,
  digest,
  sizeInBytes,
  architecture,
  operatingSystem,
  mediaType,
  refused: await refused(client.deleteTag(REPOSITORY, "latest")),
});
