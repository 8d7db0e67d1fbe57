import { openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { codesOf, type Reply, send } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

describe("manifests", () => {
  it("one pushed under a tag is had by tag and digest, as it was sent; core reads the layout", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "team/app");
    const { bytes, digest } = artifact();
    const put = await putManifest(folder.url, "team/app", "v1", bytes);
    expect([put.status, put.headers["docker-content-digest"]]).toEqual([201, digest]);
    for (const reference of ["v1", digest]) {
      const reply = await send(`${folder.url}/v2/team/app/manifests/${reference}`);
      expect(reply.headers["content-type"]).toBe(OCI_MANIFEST);
      expect(reply.body.equals(bytes)).toBe(true);
      const head = await send(`${folder.url}/v2/team/app/manifests/${reference}`, { method: "HEAD" });
      expect(head.headers["content-length"]).toBe(String(bytes.length));
    }
    const layout = await openLayout(`${folder.dir}/team/app`);
    expect((await layout.resolve("v1")).digest).toBe(digest);
  });

  it("one whose children are missing is refused, a blob as well as a manifest; a missing subject is not", async () => {
    await using folder = await serveFolder();
    const { bytes, digest, size } = artifact();
    const refused = await putManifest(folder.url, "a", "v1", bytes);
    expect([refused.status, codesOf(refused)]).toEqual([400, ["MANIFEST_BLOB_UNKNOWN"]]);
    const index = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [{ mediaType: OCI_MANIFEST, digest, size }],
      }),
    );
    expect((await putManifest(folder.url, "a", "v1", index, OCI_INDEX)).status).toBe(400);
    await pushEmptyBlob(folder.url, "a");
    expect((await putManifest(folder.url, "a", digest, bytes)).status).toBe(201);
    expect((await putManifest(folder.url, "a", "v1", index, OCI_INDEX)).status).toBe(201);
    const referrer = artifact({ subject: { digest: someBytes(1).digest, size: 1 } });
    expect((await putManifest(folder.url, "a", referrer.digest, referrer.bytes)).status).toBe(201);
  });

  it("what is no manifest, another one than its digest, or too large, is refused", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "a");
    const { bytes } = artifact();
    const refusal = async (reply: Promise<Reply>) => [(await reply).status, codesOf(await reply)];
    const put = (reference: string, body: Uint8Array, type?: string) =>
      putManifest(folder.url, "a", reference, body, type);
    expect(await refusal(put("v1", Buffer.from("<html>")))).toEqual([400, ["MANIFEST_INVALID"]]);
    expect(await refusal(put("v1", bytes, OCI_INDEX))).toEqual([400, ["MANIFEST_INVALID"]]);
    expect(await refusal(put("-bad-", bytes))).toEqual([400, ["MANIFEST_INVALID"]]);
    expect(await refusal(put("sha256:12", bytes))).toEqual([400, ["DIGEST_INVALID"]]);
    expect(await refusal(put(someBytes(1).digest, bytes))).toEqual([400, ["DIGEST_INVALID"]]);
    expect(await refusal(put("v1", Buffer.alloc(4 * 1024 * 1024 + 1)))).toEqual([413, ["SIZE_INVALID"]]);
    const chunked = send(`${folder.url}/v2/a/manifests/v1`, {
      method: "PUT",
      headers: { "transfer-encoding": "chunked" },
      body: Buffer.alloc(5 * 1024 * 1024),
    });
    expect(await refusal(chunked)).toEqual([413, ["SIZE_INVALID"]]);
    expect((await send(`${folder.url}/v2/a/manifests/v1`)).status).toBe(404);
  });

  it("DELETE of a tag leaves the manifest and its other tags; of a digest takes them all", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "a");
    const { bytes, digest } = artifact();
    for (const tag of ["v1", "v2", "v3"]) await putManifest(folder.url, "a", tag, bytes);
    const request = async (method: string, reference: string) =>
      (await send(`${folder.url}/v2/a/manifests/${reference}`, { method })).status;
    expect(await request("DELETE", "v1")).toBe(202);
    expect([await request("GET", "v1"), await request("GET", "v2"), await request("GET", digest)]).toEqual([
      404, 200, 200,
    ]);
    expect(await request("DELETE", "v1")).toBe(404);
    expect(await request("DELETE", digest)).toBe(202);
    expect([await request("GET", "v2"), await request("GET", digest), await request("DELETE", digest)]).toEqual([
      404, 404, 404,
    ]);
  });

  it("thirty tags pushed at once are all there", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "a");
    const tags = Array.from({ length: 30 }, (_, number) => `t${String(number).padStart(2, "0")}`);
    await Promise.all(tags.map((tag) => putManifest(folder.url, "a", tag, artifact({ note: tag }).bytes)));
    const list = await send(`${folder.url}/v2/a/tags/list`);
    expect(JSON.parse(list.body.toString())).toEqual({ name: "a", tags });
  });
});

describe("referrers", () => {
  it("are listed by their subject, those pushed before it too, and filtered by type", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "a");
    const subject = artifact({ note: "subject" });
    const early = artifact({ artifactType: "test/early", subject, note: "early" });
    const late = artifact({ artifactType: "test/late", subject, note: "late" });
    const put = await putManifest(folder.url, "a", early.digest, early.bytes);
    expect(put.headers["oci-subject"]).toBe(subject.digest);
    await putManifest(folder.url, "a", "v1", subject.bytes);
    await putManifest(folder.url, "a", "late", late.bytes);
    const list = async (query: string) => {
      const reply = await send(`${folder.url}/v2/a/referrers/${subject.digest}${query}`);
      expect([reply.status, reply.headers["content-type"]]).toEqual([200, OCI_INDEX]);
      return { manifests: JSON.parse(reply.body.toString()).manifests, filters: reply.headers["oci-filters-applied"] };
    };
    const described = (which: typeof early, artifactType: string, note: string) => ({
      mediaType: OCI_MANIFEST,
      digest: which.digest,
      size: which.size,
      artifactType,
      annotations: { note },
    });
    const [isEarly, isLate] = [described(early, "test/early", "early"), described(late, "test/late", "late")];
    expect((await list("")).manifests).toEqual(expect.arrayContaining([isEarly, isLate]));
    expect(await list("?artifactType=test/late")).toEqual({ manifests: [isLate], filters: "artifactType" });
    await send(`${folder.url}/v2/a/manifests/${early.digest}`, { method: "DELETE" });
    expect((await list("")).manifests).toEqual([isLate]);
  });

  it("of what is unknown are an empty list, never 404", async () => {
    await using folder = await serveFolder();
    const reply = await send(`${folder.url}/v2/nothing/referrers/${someBytes(1).digest}`);
    expect([reply.status, JSON.parse(reply.body.toString()).manifests]).toEqual([200, []]);
    expect((await send(`${folder.url}/v2/nothing/referrers/latest`)).status).toBe(400);
  });
});

describe("lists", () => {
  it("tags are paged by n and last, and Link leads through all of them", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "a");
    const tags = ["1.0", "Beta", "beta", "rc_1", "v1", "v1.0-x"];
    const { bytes } = artifact();
    for (const tag of tags.toReversed()) await putManifest(folder.url, "a", tag, bytes);
    expect(await follow(folder.url, "/v2/a/tags/list?n=2", "tags")).toEqual([
      ["1.0", "Beta"],
      ["beta", "rc_1"],
      ["v1", "v1.0-x"],
    ]);
    const list = async (query: string) =>
      JSON.parse((await send(`${folder.url}/v2/a/tags/list${query}`)).body.toString());
    expect((await list("?last=nothing-like-it")).tags).toEqual(["rc_1", "v1", "v1.0-x"]);
    expect((await list("?n=0")).tags).toEqual([]);
    expect((await send(`${folder.url}/v2/a/tags/list?n=-1`)).status).toBe(400);
    const unknown = await send(`${folder.url}/v2/b/tags/list`);
    expect([unknown.status, codesOf(unknown)]).toEqual([404, ["NAME_UNKNOWN"]]);
  });

  it("the catalog lists repositories, nested ones too, in pages", async () => {
    await using folder = await serveFolder();
    for (const name of ["team/app/sub", "team/app", "zoo", "alone"]) await pushEmptyBlob(folder.url, name);
    expect(await follow(folder.url, "/v2/_catalog?n=3", "repositories")).toEqual([
      ["alone", "team/app", "team/app/sub"],
      ["zoo"],
    ]);
  });
});

async function follow(registry: string, start: string, field: string): Promise<readonly string[][]> {
  const pages: string[][] = [];
  for (let next: string | undefined = start; next !== undefined; ) {
    const reply: Reply = await send(new URL(next, registry));
    pages.push(JSON.parse(reply.body.toString())[field]);
    next = /^<(.+)>; rel="next"$/.exec(String(reply.headers["link"] ?? ""))?.[1];
  }
  return pages;
}
