// Lists the repositories and the tags of one of them; unlocks its images, deletes it, and lists again.
import "./shared/errors.ts";
import { connect } from "./shared/connect.ts";
import { permissions } from "./shared/permissions.ts";
import { print } from "./shared/print.ts";
import { refused } from "./shared/refused.ts";

const REPOSITORY = "library/hello-world";

await using client = connect();
const repositories = await Array.fromAsync(client.listRepositoryNames());
const properties = await client.getRepositoryProperties(REPOSITORY);
const { name, manifestCount, tagCount } = properties;
if (!(await hasLockedImage())) throw new TypeError(`Expected a locked image in ${client.host}/${REPOSITORY}`);
const refusedWhileLocked = await refused(client.deleteRepository(REPOSITORY));

const tags: object[] = [];
for await (const tag of client.listTagProperties(REPOSITORY)) {
  tags.push({ name: tag.name, digest: tag.digest, ...permissions(tag) });
  await client.updateManifestProperties(REPOSITORY, tag.digest, { canWrite: true, canDelete: true });
}
await client.deleteRepository(REPOSITORY);

print({
  repositories,
  tags,
  properties: { name, manifestCount, tagCount, ...permissions(properties) },
  refusedWhileLocked,
  after: await Array.fromAsync(client.listRepositoryNames()),
  missing: await refused(client.getRepositoryProperties(REPOSITORY)),
});

/** A lock on one image keeps the whole repository. */
async function hasLockedImage(): Promise<boolean> {
  for await (const { canDelete, canWrite } of client.listManifestProperties(REPOSITORY)) {
    if (canDelete === false || canWrite === false) return true;
  }
  return false;
}
