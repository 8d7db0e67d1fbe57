import { connect, connectContent, HELLO, permissions, print, refused } from "./connect.ts";

const repository = connect().getRepository(HELLO);
const content = connectContent(HELLO);
const v1 = repository.getArtifact("v1");
const v2 = repository.getArtifact("v2");

const image = permissions(await v1.updateManifestProperties({ canWrite: false, canDelete: false }));
const other = await content.getManifest("v2");
const overwrite = await refused(content.setManifest(other.content, { tag: "v1", mediaType: other.mediaType }));
const deleteImage = await refused(v1.delete());

const tag = permissions(await v2.updateTagProperties("v2", { canDelete: false }));
const deleteTag = await refused(v2.deleteTag("v2"));
await v2.updateTagProperties("v2", { canDelete: true });

const locked = permissions(await repository.updateProperties({ canWrite: false }));
const upload = await refused(content.uploadBlob(Buffer.from("a layer")));
await repository.updateProperties({ canWrite: true });

const unlocked = permissions(await v1.updateManifestProperties({ canWrite: true, canDelete: true }));
await v1.delete();
const missing = await refused(repository.getArtifact("v1").getManifestProperties());
const left: string[] = [];
for await (const { name } of v2.listTagProperties({ order: "LastUpdatedOnAscending" })) left.push(name);

print({
  image,
  overwrite,
  deleteImage,
  tag,
  deleteTag,
  repository: locked,
  upload,
  unlocked,
  missing,
  left: left.toSorted(),
});
