// Deletes the config and the layers of an image, and a blob that no image has; deleting again is no error.
import { text } from "node:stream/consumers";
import { blobsOf } from "@tranship/core";
import "./shared/errors.ts";
import { connect } from "./shared/connect.ts";
import { neededImage } from "./shared/needed-image.ts";
import { print } from "./shared/print.ts";
import { refused } from "./shared/refused.ts";

const REPOSITORY = "library/hello-world";

await using client = connect();
const { manifest } = await neededImage(client, REPOSITORY, "latest");
const spare = await client.uploadBlob(REPOSITORY, Buffer.from("a blob to be deleted"));
const keep = await client.uploadBlob(REPOSITORY, Buffer.from("a blob to be kept"));

const deleted = [...blobsOf(manifest), spare].map(({ digest }) => digest);
const downloads: number[] = [];
for (const digest of deleted) {
  await client.deleteBlob(REPOSITORY, digest);
  await client.deleteBlob(REPOSITORY, digest);
  downloads.push(await refused(client.downloadBlob(REPOSITORY, digest)));
}
const kept = await text(await client.downloadBlob(REPOSITORY, keep.digest));
print({ deleted, downloads, kept });
