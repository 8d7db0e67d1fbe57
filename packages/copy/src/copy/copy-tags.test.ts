import { type Descriptor, MemoryStore, RegistryError, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore, rendezvous } from "../../../../test/support/recording-store.ts";
import { type BuiltImage, buildImage, putManifest } from "../../../../test/support/small-image.ts";
import type { CopyEvent } from "../events/events.ts";
import { copyTags, failures } from "./copy-tags.ts";

let from: RecordingStore;
let to: RecordingStore;
let images: readonly BuiltImage[];

beforeEach(async () => {
  from = new RecordingStore(new MemoryStore("source"));
  to = new RecordingStore(new MemoryStore("target"), { host: "r.example", repository: "target", access: {} });
  images = await Promise.all([1, 2, 3].map((version) => buildImage(from, "linux/amd64", ["base", `v${version}`])));
  for (const [position, { manifest }] of images.entries()) await from.tag(manifest, `v${position + 1}`);
  await from.tag(images[2]?.manifest as Descriptor, "latest");
  from.calls.length = 0;
});

describe("copyTags()", () => {
  it("copies every tag, and asks a target that lists none for none", async () => {
    const result = await copyTags(from, to);

    expect(result.outcomes.map(({ tag }) => tag)).toEqual(["v1", "v2", "v3", "latest"]);
    expect(failures(result)).toEqual([]);
    expect(await Array.fromAsync(to.tags())).toEqual(expect.arrayContaining(["v1", "v2", "v3", "latest"]));
    expect(to.about("resolve")).toEqual([]);
  });

  it("copies what came of a source's list whose end is not proven, and says that there may be more", async () => {
    from.listedTagsAtMost = 2;
    const result = await copyTags(from, to);

    expect(result.outcomes.map(({ tag }) => tag)).toEqual(["v1", "v2"]);
    expect(failures(result)).toMatchObject([
      { error: { side: "source", code: "PROTOCOL", message: expect.stringContaining("cut short") } },
    ]);
    expect(await Array.fromAsync(to.tags())).toEqual(["v1", "v2"]);
  });

  it("asks a target for each tag where the end of its list is not proven", async () => {
    await copyTags(from, to);
    from.calls.length = to.calls.length = 0;
    to.listedTagsAtMost = 2;
    const result = await copyTags(from, to);

    expect(failures(result)).toEqual([]);
    expect(result.outcomes).toHaveLength(4);
    expect(to.about("resolve")).toHaveLength(4);
    expect(to.about("push", "tag")).toEqual([]);
  });

  it("sends shared content once", async () => {
    await copyTags(from, to);

    const pushed = to.about("push");
    expect(new Set(pushed).size).toBe(pushed.length);
  });

  it("costs one question a tag and side where nothing changed", async () => {
    await copyTags(from, to);
    from.calls.length = to.calls.length = 0;

    const result = await copyTags(from, to);

    expect(result.outcomes.map((outcome) => "result" in outcome && outcome.result.outcome)).toEqual(
      Array(4).fill("unchanged"),
    );
    expect(to.about("resolve")).toHaveLength(4);
    expect(from.about("resolve")).toHaveLength(4);
    expect([...from.about("open", "fetch"), ...to.about("push", "tag")]).toEqual([]);
  });

  it("asks both sides at the same time for a tag that the target's list shows", async () => {
    await copyTags(from, to);
    const { before, met } = rendezvous("v1");
    from.before = before;
    to.before = before;

    const result = await copyTags(from, to);

    await met;
    expect(failures(result)).toEqual([]);
  });

  it("ends what it asks of one side where the other fails, before that tag has failed", async () => {
    await copyTags(from, to);
    to.before = ({ method, about }) => {
      if (method === "resolve" && about === "v1") throw new RegistryError("TIMEOUT", "no", { method: "HEAD", url: "" });
    };
    const result = await copyTags(from, to);
    expect(failures(result)).toMatchObject([{ tag: "v1", error: { code: "TIMEOUT" } }]);
    expect(from.running).toBe(0);
  });

  it("copies the others where one image fails", async () => {
    const bad = images[1]?.layers[1]?.digest;
    to.before = ({ method, about }) => {
      if (method === "push" && about === bad) throw new StoreError("DENIED", "no");
    };
    const result = await copyTags(from, to);

    expect(failures(result)).toMatchObject([{ tag: "v2", error: { code: "DENIED" } }]);
    expect(await Array.fromAsync(to.tags())).toEqual(expect.arrayContaining(["v1", "v3", "latest"]));
  });

  it("takes a repository that is not there for an empty one", async () => {
    to.before = ({ method }) => {
      if (method === "tags")
        throw new RegistryError("NAME_UNKNOWN", "none", { method: "GET", url: "http://r.example/", status: 404 });
    };
    expect(failures(await copyTags(from, to))).toEqual([]);
    expect(to.about("resolve")).toEqual([]);
  });

  it("asks for each tag where the target may not be listed", async () => {
    to.before = ({ method }) => {
      if (method === "tags")
        throw new RegistryError("DENIED", "no", { method: "GET", url: "http://r.example/", status: 403 });
    };
    expect(failures(await copyTags(from, to))).toEqual([]);
    expect(to.about("resolve")).toHaveLength(4);
  });

  it("leaves digest tags out and says so", async () => {
    const signature = digestTag(images[0], ".sig");
    await putManifest(from, images[0]?.document ?? {}, signature);
    const events: CopyEvent[] = [];

    await copyTags(from, to, { onEvent: (event) => events.push(event) });

    expect(await Array.fromAsync(to.tags())).not.toContain(signature);
    expect(events.filter(({ type }) => type === "notice")).toHaveLength(1);
  });

  it("takes cosign's tags with their subjects when referrers are asked for, and never a fallback index", async () => {
    const signature = digestTag(images[0], ".sig");
    const fallback = digestTag(images[0], "");
    const stray = `sha256-${"0".repeat(64)}.sig`;
    for (const tag of [signature, fallback, stray]) await putManifest(from, images[0]?.document ?? {}, tag);

    await copyTags(from, to, { referrers: true });

    const tags = await Array.fromAsync(to.tags());
    expect(tags).toContain(signature);
    expect(tags).not.toContain(fallback);
    expect(tags).not.toContain(stray);
  });

  it("rejects an abort with the signal's own reason, with nothing running", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    to.before = ({ method }) => {
      if (method === "push") controller.abort(reason);
    };
    await expect(copyTags(from, to, { signal: controller.signal })).rejects.toBe(reason);
    expect([from.running, to.running]).toEqual([0, 0]);
  });
});

function digestTag(image: BuiltImage | undefined, suffix: string): string {
  return `${image?.manifest.digest.replace(":", "-")}${suffix}`;
}
