// Keeps the newest three manifests of every repository and deletes the rest, what is locked too.
// For images of several platforms use `tranship prune`: it keeps what a kept index needs.
import "./shared/errors.ts";
import { connect } from "./shared/connect.ts";
import { print } from "./shared/print.ts";

const KEEP = 3;
const NEWEST_FIRST = { orderBy: "LastUpdatedOnDescending" } as const;

await using client = connect();
const result: Record<string, object> = {};
for await (const repository of client.listRepositoryNames()) {
  const manifests = await Array.fromAsync(client.listManifestProperties(repository, NEWEST_FIRST));
  const deleted: string[] = [];
  for (const { digest, tags } of manifests.slice(KEEP)) {
    const { tags: now, canDelete, canWrite } = await client.getManifestProperties(repository, digest);
    // Somebody has tagged it since it was listed: it is in use.
    if (now.some((tag) => !tags.includes(tag))) continue;
    if (canDelete === false || canWrite === false) {
      await client.updateManifestProperties(repository, digest, { canDelete: true, canWrite: true });
    }
    await client.deleteManifest(repository, digest);
    deleted.push(digest);
  }
  const left = await Array.fromAsync(client.listManifestProperties(repository, NEWEST_FIRST));
  result[repository] = { deleted, kept: left.map(({ digest, tags }) => ({ digest, tags })) };
}
print(result);
