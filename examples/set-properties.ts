// Locks an image, a tag and a repository, tries what that forbids, unlocks them whatever came of it, and deletes the image.
import "./shared/errors.ts";
import type { ChangeableProperties } from "@tranship/core";
import { connect } from "./shared/connect.ts";
import { neededImage } from "./shared/needed-image.ts";
import { permissions } from "./shared/permissions.ts";
import { print } from "./shared/print.ts";
import { refused } from "./shared/refused.ts";

const REPOSITORY = "library/hello-world";
const UNLOCKED = { canWrite: true, canDelete: true };

await using client = connect();
const v1 = await neededImage(client, REPOSITORY, "v1");
const v2 = await neededImage(client, REPOSITORY, "v2");
if (v1.digest === v2.digest) throw new TypeError(`Expected v1 and v2 of ${client.host}/${REPOSITORY} to be two images`);

const setImage = (changes: ChangeableProperties) =>
  client.updateManifestProperties(REPOSITORY, v1.digest, changes).then(permissions);
const setTag = (changes: ChangeableProperties) =>
  client.updateTagProperties(REPOSITORY, "v2", changes).then(permissions);
const setRepository = (changes: ChangeableProperties) =>
  client.updateRepositoryProperties(REPOSITORY, changes).then(permissions);

const image = await setImage({ canWrite: false, canDelete: false });
let overwrite: number;
let deleteImage: number;
let unlocked: ChangeableProperties;
try {
  overwrite = await refused(client.setManifest(REPOSITORY, v2.bytes, { tag: "v1" }));
  deleteImage = await refused(client.deleteManifest(REPOSITORY, "v1"));
} finally {
  unlocked = await setImage(UNLOCKED);
}

const tag = await setTag({ canDelete: false });
let deleteTag: number;
try {
  deleteTag = await refused(client.deleteTag(REPOSITORY, "v2"));
} finally {
  await setTag({ canDelete: true });
}

const repository = await setRepository({ canWrite: false });
let upload: number;
try {
  upload = await refused(client.uploadBlob(REPOSITORY, Buffer.from("a layer")));
} finally {
  await setRepository({ canWrite: true });
}

await client.deleteManifest(REPOSITORY, "v1");
const missing = await refused(client.getManifestProperties(REPOSITORY, "v1"));
const left = await Array.fromAsync(client.listTags(REPOSITORY));

print({ image, overwrite, deleteImage, tag, deleteTag, repository, upload, unlocked, missing, left });
