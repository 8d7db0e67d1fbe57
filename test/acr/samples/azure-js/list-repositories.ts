import { connect, HELLO, permissions, print, refused } from "./connect.ts";

const client = connect();
const hello = client.getRepository(HELLO);
const repositories = await Array.fromAsync(client.listRepositoryNames());
const { name, manifestCount, tagCount, ...flags } = await hello.getProperties();
const refusedWhileLocked = await refused(hello.delete());

const tags: object[] = [];
for await (const tag of hello.getArtifact("latest").listTagProperties()) {
  tags.push({ name: tag.name, digest: tag.digest, ...permissions(tag) });
  await hello.getArtifact(tag.digest).updateManifestProperties({ canWrite: true, canDelete: true });
}
await client.deleteRepository(HELLO);

print({
  repositories,
  tags,
  properties: { name, manifestCount, tagCount, ...permissions(flags) },
  refusedWhileLocked,
  after: await Array.fromAsync(client.listRepositoryNames()),
  missing: await refused(hello.getProperties()),
});
