import type { Descriptor } from "@tranship/core";
import type { Hook, RunningServer } from "tranship";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Sample, sampleArtifact, sampleIndex, seed } from "../support/sample-image.ts";
import { runExample } from "./run-example.ts";
import { ServedRegistries } from "./served-registries.ts";

const OLD = sampleIndex({ seed: "old" });
const NEW = sampleIndex({ seed: "new" });
const AMOUNT = { count: NEW.blobs.length + NEW.manifests.length, bytes: bytesOf(NEW) };

describe("promote-release", () => {
  let registries: ServedRegistries;
  let staging: RunningServer;
  let production: RunningServer;
  let root: Descriptor;
  /** What the staging registry does to blobs. */
  let altered: (bytes: Uint8Array) => Uint8Array;

  const alterBlobs: Hook = async (request, next) => {
    const answer = await next();
    if (request.method !== "GET" || !request.path.includes("/blobs/") || answer.body === undefined) return answer;
    const bytes = typeof answer.body === "string" ? Buffer.from(answer.body) : await bytesIn(answer.body);
    return { ...answer, body: altered(bytes) };
  };

  beforeEach(async () => {
    altered = (bytes) => bytes;
    registries = await ServedRegistries.open();
    staging = await registries.start(alterBlobs);
    production = await registries.start();
    root = await seed(registries.repository(staging, "team/app"), NEW, "candidate");
  });
  afterEach(() => registries[Symbol.asyncDispose]());

  const promote = (args: readonly string[], source = `@${root.digest}`): Promise<unknown> =>
    runExample("promote-release", {
      args: [`${staging.address}/team/app${source}`, `${production.address}/app`, ...args],
      home: registries.home,
    });
  const released = async (tag: string): Promise<string> =>
    (await registries.repository(production, "app").resolve(tag)).digest;
  const tagsReleased = (): Promise<string[]> => Array.fromAsync(registries.repository(production, "app").tags());

  it("copies by digest, signatures too, and sets the tags", async () => {
    const signature = sampleArtifact({ subject: root });
    await seed(registries.repository(staging, "team/app"), signature);
    const count = AMOUNT.count + signature.blobs.length + 1;
    expect(await promote(["--tag", "v1.4.0", "--move", "latest"])).toMatchObject({
      digest: root.digest,
      from: `${staging.address}/team/app@${root.digest}`,
      to: `${production.address}/app@${root.digest}`,
      tags: [
        { tag: "v1.4.0", before: null },
        { tag: "latest", before: null },
      ],
      moved: { count },
      skipped: { count: 0 },
    });
    expect(await released("v1.4.0")).toBe(root.digest);
    expect(await released("latest")).toBe(root.digest);
    const referrers = await Array.fromAsync(registries.repository(production, "app").referrers(root));
    expect(referrers.map(({ digest }) => digest)).toEqual([signature.root.descriptor.digest]);
  });

  it("moves what --move names, and says what it stood for", async () => {
    const old = await seed(registries.repository(production, "app"), OLD, "latest");
    expect(await promote(["--tag", "v1.4.0", "--move", "latest"])).toMatchObject({
      tags: [
        { tag: "v1.4.0", before: null },
        { tag: "latest", before: old.digest },
      ],
      moved: AMOUNT,
    });
    expect(await released("latest")).toBe(root.digest);
  });

  it("is the same again when it is run again", async () => {
    await promote(["--tag", "v1.4.0"]);
    expect(await promote(["--tag", "v1.4.0"])).toMatchObject({
      tags: [{ tag: "v1.4.0", before: root.digest }],
      moved: { count: 0, bytes: 0 },
    });
  });

  it("releases nothing where the version stands for another image", async () => {
    const old = await seed(registries.repository(production, "app"), OLD, "v1.4.0");
    await expect(promote(["--tag", "v1.4.0", "--move", "latest"])).rejects.toThrow(`it stands for ${old.digest}`);
    expect(await tagsReleased()).toEqual(["v1.4.0"]);
    expect(await released("v1.4.0")).toBe(old.digest);
    expect(await registries.repository(production, "app").has(root)).toBe(false);
  });

  it("sets no tag where staging gives wrong bytes", async () => {
    await seed(registries.repository(production, "app"), OLD, "latest");
    altered = (bytes) => Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte ^ 1 : byte));
    await expect(promote(["--tag", "v1.4.0", "--move", "latest"])).rejects.toThrow(
      /promote-release: Cannot read "sha256:[^\n]+ bytes that came hash to [^\n]+\n$/,
    );
    expect(await tagsReleased()).toEqual(["latest"]);
    expect(await released("latest")).toBe(OLD.root.descriptor.digest);
  });

  it("wants a digest, and a tag to release under", async () => {
    await expect(promote(["--tag", "v1.4.0"], ":candidate")).rejects.toThrow("Expected the source by digest");
    await expect(promote([])).rejects.toThrow("Expected a tag to release under");
  });
});

function bytesOf({ blobs, manifests }: Sample): number {
  return [...blobs, ...manifests].reduce((sum, { descriptor }) => sum + descriptor.size, 0);
}

async function bytesIn(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return body instanceof Uint8Array ? body : Buffer.concat(await Array.fromAsync(body));
}
