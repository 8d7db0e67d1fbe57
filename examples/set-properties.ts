// Locks an image, a tag and a repository, tries what that forbids, unlocks them, and deletes the image.
import { connect } from "./shared/connect.ts";
import { permissions } from "./shared/permissions.ts";
import { print } from "./shared/print.ts";
import { refused } from "./shared/refused.ts";

const REPOSITORY = "library/hello-world";
const LOCKED = { canWrite: false, canDelete: false };
const UNLOCKED = { canWrite: true, canDelete: true };

await using client = connect();

const image = permissions(await client.updateManifestProperties(REPOSITORY, "v1", LOCKED));
const other = await client.getManifest(REPOSITORY, "v2");
const overwrite = await refused(client.setManifest(REPOSITORY, other.bytes, { tag: "v1" }));
const deleteImage = await refused(client.deleteManifest(REPOSITORY, "v1"));

const tag = permissions(await client.updateTagProperties(REPOSITORY, "v2", { canDelete: false }));
const deleteTag = await refused(client.deleteTag(REPOSITORY, "v2"));
await client.updateTagProperties(REPOSITORY, "v2", { canDelete: true });

const repository = permissions(await client.updateRepositoryProperties(REPOSITORY, { canWrite: false }));
const upload = await refused(client.uploadBlob(REPOSITORY, Buffer.from("a layer")));
await client.updateRepositoryProperties(REPOSITORY, { canWrite: true });

const unlocked = permissions(await client.updateManifestProperties(REPOSITORY, "v1", UNLOCKED));
await client.deleteManifest(REPOSITORY, "v1");
const missing = await refused(client.getManifestProperties(REPOSITORY, "v1"));
const left = await Array.fromAsync(client.listTags(REPOSITORY));

print({ image, overwrite, deleteImage, tag, deleteTag, repository, upload, unlocked, missing, left });
