import { connectContent, HELLO, print, refused } from "./connect.ts";

const content = connectContent(HELLO);
const { content: bytes } = await content.getManifest("latest");
const manifest: { config: { digest: string }; layers: { digest: string }[] } = JSON.parse(bytes.toString());
const { digest: spare } = await content.uploadBlob(Buffer.from("a blob to be deleted"));
const { digest: keep } = await content.uploadBlob(Buffer.from("a blob to be kept"));

const deleted = [manifest.config.digest, ...manifest.layers.map(({ digest }) => digest), spare];
const downloads: number[] = [];
for (const digest of deleted) {
  await content.deleteBlob(digest);
  // What is gone already is no error.
  await content.deleteBlob(digest);
  downloads.push(await refused(content.downloadBlob(digest)));
}
let kept = "";
for await (const chunk of (await content.downloadBlob(keep)).content) kept += chunk.toString();
print({ deleted, downloads, kept });
