import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { VerifyResult } from "@tranship/copy";
import type { Answer, Hook, RunningServer } from "tranship";
import { describe, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { spoilableDistribution } from "../verify/broken-registries.ts";
import { Workbench } from "./workbench.ts";

const index = sampleIndex({ seed: "v1" });
const [first, second] = index.blobs.slice(-2).map(({ descriptor }) => descriptor);
if (first === undefined || second === undefined) throw new Error("too few blobs");

/** What the target's registry was asked, in its order, and what it answers otherwise than usual. */
interface Target {
  readonly log: string[];
  answer: ((method: string, path: string) => Promise<Answer> | undefined) | undefined;
}

interface Setup extends Target {
  readonly from: string;
  readonly to: string;
  readonly server: RunningServer;
  /** How often each of these was asked of the source for blobs. */
  readonly read: string[];
}

/** `app:v1`, mirrored into a registry whose folder is `registry-1`. */
async function setup(bench: Workbench): Promise<Setup> {
  const target: Target = { log: [], answer: undefined };
  const read: string[] = [];
  const source = await bench.serve(({ method, path }, next) => {
    if (method === "GET" && path.includes("/blobs/")) read.push(path);
    return next();
  });
  const hook: Hook = ({ method, path }, next) => {
    target.log.push(`${method} ${path}`);
    return target.answer?.(method, path) ?? next();
  };
  const server = await bench.serve(hook);
  await seed(bench.repository(source, "app"), index, "v1");
  const [from, to] = [`${source.address}/app:v1`, `${server.address}/app:v1`];
  expect(await bench.run(["copy", "--no-state", from, to])).toMatchObject({ code: 0 });
  const mirror = { from: `${source.address}/app`, to: `${server.address}/app` };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
  target.log.length = 0;
  read.length = 0;
  return Object.assign(target, { from, to, server, read });
}

/** Puts other bytes of the same length into the target's storage. */
async function corrupt(bench: Workbench, ...blobs: readonly { readonly digest: string; readonly size: number }[]) {
  for (const { digest, size } of blobs) {
    const file = join(bench.path("registry-1"), "app/blobs", digest.replace(":", "/"));
    await rm(file);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.alloc(size, "x"));
  }
}

function deletions({ log }: Target): readonly string[] {
  return log.filter((line) => line.startsWith("DELETE") && !line.includes("/uploads/"));
}

const lastLine = (output: string): VerifyResult => JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");

describe("tranship verify --repair", () => {
  it.each([
    [
      "verify --repair, of another image",
      (at: Setup) => ["verify", "--repair", at.from, `${at.server.address}/app:none`],
    ],
    ["verify --repair", (at: Setup) => ["verify", "--repair", at.from, at.to]],
    ["copy", (at: Setup) => ["copy", at.from, at.to]],
    ["sync", () => ["sync", "-f", "mirror.yaml"]],
  ])("is finished by the next run where it was killed between the deletion and the upload: %s", async (_, args) => {
    await using bench = await Workbench.open();
    const at = await setup(bench);
    await corrupt(bench, first);
    const uploading = Promise.withResolvers<void>();
    const killing = Promise.withResolvers<Answer>();
    at.answer = (method, path) => {
      if (method !== "POST" || !path.includes("/uploads/")) return undefined;
      uploading.resolve();
      return killing.promise;
    };
    const killed = bench.start(["verify", "--deep", "--repair", at.from, at.to]);
    await Promise.race([uploading.promise, killed.ended]);
    expect(deletions(at)).toHaveLength(1);
    killed.process.kill("SIGKILL");
    expect((await killed.ended).code).toBeUndefined();
    killing.resolve({ status: 503 });
    const repository = bench.repository(at.server, "app");
    expect(await repository.has(first)).toBe(false);
    expect((await bench.run(["state"])).stdout).toMatch(/^Unfinished repairs +1$/m);

    at.answer = undefined;
    at.log.length = 0;
    at.read.length = 0;
    const seen = await bench.run(["verify", at.from, at.to]);
    expect(seen).toMatchObject({ code: 3, stdout: expect.stringContaining("--repair finishes it") });
    const next = await bench.run(args(at));
    expect(`${next.stdout}${next.stderr}`).toContain(`Finished the repair of blob "${first.digest}"`);
    expect(await repository.readBack(first)).toEqual({ digest: first.digest, size: first.size });
    // The replacement lay here.
    expect(at.read).toEqual([]);
    expect(deletions(at)).toEqual([]);
    expect((await bench.run(["state"])).stdout).toMatch(/^Unfinished repairs +0$/m);
    expect(await bench.run(["verify", "--deep", at.from, at.to])).toMatchObject({ code: 0 });
  });

  it("reports a blob that the registry does not delete, and goes on with the rest", async () => {
    await using bench = await Workbench.open();
    const at = await setup(bench);
    await corrupt(bench, first, second);
    const inUse = {
      status: 405,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ errors: [{ code: "UNSUPPORTED", message: "blob is in use" }] }),
    };
    at.answer = (method, path) =>
      method === "DELETE" && path.includes(first.digest) ? Promise.resolve(inUse) : undefined;
    const run = await bench.run(["verify", "--deep", "--repair", at.from, at.to]);
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(new RegExp(`${first.digest} .* has other bytes: not repaired`));
    expect(run.stdout).toMatch(new RegExp(`${second.digest} .* has other bytes: repaired`));
    expect(run.stderr).toMatch(
      new RegExp(
        `^tranship: Cannot replace blob "${first.digest}".*does not let the wrong bytes be deleted.*\\(405\\)`,
      ),
    );
  });

  it("deletes nothing where the source has not the blob either", async () => {
    await using bench = await Workbench.open();
    const at = await setup(bench);
    await corrupt(bench, first);
    await rm(join(bench.path("registry-0"), "app/blobs", first.digest.replace(":", "/")));
    const run = await bench.run(["verify", "--deep", "--repair", at.from, at.to]);
    expect(run.code).toBe(3);
    expect(run.stderr).toContain(first.digest);
    expect(deletions(at)).toEqual([]);
  });

  it("deletes nothing where the repair cannot be recorded, and repairs without a state directory where that is wanted", async () => {
    await using bench = await Workbench.open();
    const at = await setup(bench);
    await corrupt(bench, first);
    await writeFile(bench.path("file"), "");
    const verify = ["verify", "--deep", "--repair", at.from, at.to];
    const unrecorded = await bench.run([...verify, "--state", "file"]);
    expect(unrecorded).toMatchObject({ code: 3, stderr: expect.stringContaining("it cannot be recorded") });
    expect(deletions(at)).toEqual([]);
    expect(await bench.run([...verify, "--no-state"])).toMatchObject({ code: 0 });
    expect(deletions(at)).toHaveLength(1);
    expect(await bench.run(["verify", "--deep", at.from, at.to])).toMatchObject({ code: 0 });
  });

  describePeers("of distribution, whose storage keeps wrong bytes,", ["docker-registry", "registry"], (peers) => {
    it.each(["docker-registry", "registry"] as const)(
      "exits with 3, says that the storage must be mended by hand, and deletes nothing more there: %s",
      async (name) => {
        await using bench = await Workbench.open();
        await using target = await spoilableDistribution(peers[name]);
        const source = await bench.serve();
        await seed(bench.repository(source, "app"), index, "v1");
        const [from, to] = [`${source.address}/app:v1`, `${target.host}/app:v1`];
        await bench.run(["copy", from, to]);
        for (const { digest } of [first, second]) await target.corrupt("app", digest);
        for (const deletions of [1, undefined]) {
          const run = await bench.run(["verify", "--deep", "--repair", "--json", from, to]);
          expect(run.code).toBe(3);
          expect(run.stderr.match(/mend its storage by hand/g)).toHaveLength(2);
          expect(lastLine(run.stdout).requests[target.host]?.["DELETE blob"]).toBe(deletions);
        }
        const { stdout } = await bench.run(["hosts", "show", target.host]);
        expect(stdout).toMatch(/replacesBlobs +false/);
      },
    );
  });

  it("mends a layout without a time in which it has not the blob", async () => {
    await using bench = await Workbench.open();
    const at = await setup(bench);
    await bench.run(["copy", at.from, "oci:layout:v1"]);
    const file = bench.path("layout/blobs", first.digest.replace(":", "/"));
    for (const bytes of [Buffer.alloc(first.size, "x"), Buffer.alloc(3)]) {
      await writeFile(file, bytes);
      const found = await bench.run(["verify", "--deep", "--json", at.from, "oci:layout:v1"]);
      expect(lastLine(found.stdout).images.flatMap(({ differences }) => differences)).toMatchObject([
        { kind: "blob", problem: "corrupt", digest: first.digest },
      ]);
      expect(await bench.run(["verify", "--deep", "--repair", at.from, "oci:layout:v1"])).toMatchObject({ code: 0 });
    }
  });
});
