import { connect, print } from "./connect.ts";

const KEEP = 3;
const order = { order: "LastUpdatedOnDescending" } as const;

const client = connect();
const result: Record<string, object> = {};
for await (const name of client.listRepositoryNames()) {
  const repository = client.getRepository(name);
  const deleted: string[] = [];
  let count = 0;
  for await (const { digest } of repository.listManifestProperties(order)) {
    count += 1;
    if (count <= KEEP) continue;
    const artifact = repository.getArtifact(digest);
    await artifact.updateManifestProperties({ canWrite: true, canDelete: true });
    await artifact.delete();
    deleted.push(digest);
  }
  const kept: object[] = [];
  for await (const { digest, tags } of repository.listManifestProperties(order)) kept.push({ digest, tags });
  result[name] = { deleted, kept };
}
print(result);
