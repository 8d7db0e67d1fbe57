import { readdir } from "node:fs/promises";
import type { Answer, Hook } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** Sends the first half of a big blob and nothing more until the client goes away. */
const stallingBlobs: Hook = async (request, next) => {
  const answer = await next();
  if (
    request.route.kind !== "blob" ||
    request.method !== "GET" ||
    Number(answer.headers?.["content-length"]) < 100_000
  ) {
    return answer;
  }
  return { ...answer, body: firstHalf(answer, request.signal) };
};

async function* firstHalf(answer: Answer, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  if (answer.body === undefined || typeof answer.body === "string" || answer.body instanceof Uint8Array) return;
  let left = Number(answer.headers?.["content-length"]) / 2;
  for await (const bytes of answer.body) {
    yield bytes.subarray(0, left);
    left -= bytes.length;
    if (left <= 0) break;
  }
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** An image that the source can't send whole. */
async function stalling(bench: Workbench): Promise<string> {
  const server = await bench.serve(stallingBlobs);
  await seed(bench.repository(server, "app"), sampleImage({ layers: 2, layerSize: 1_000_000 }), "v1");
  return `${server.address}/app:v1`;
}

describe("Ctrl-C", () => {
  it.each([
    ["SIGINT", 130, "interrupted"],
    ["SIGTERM", 143, "terminated"],
  ] as const)("%s in mid-transfer ends with %s and leaves no tag and no upload", async (signal, exitCode, word) => {
    await using bench = await Workbench.open();
    const source = await stalling(bench);
    const asked: string[] = [];
    const target = await bench.serve(async (request, next) => {
      const answer = await next();
      asked.push(`${request.method} ${request.route.kind} ${answer.status}`);
      return answer;
    });
    const command = bench.start(["copy", "--json", source, `${target.address}/app:v1`]);
    await command.line('"type":"bytes"');
    command.process.kill(signal);
    const { code, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: `tranship: ${word}\n` });
    await expect(bench.repository(target, "app").resolve("v1")).rejects.toMatchObject({
      code: expect.stringMatching(/UNKNOWN/),
    });
    expect(asked).toContain("DELETE upload 204");
    const uploads = bench.path("registry-1", ".tranship", "uploads");
    const entries = await readdir(uploads, { recursive: true, withFileTypes: true }).catch(() => []);
    const leftovers = entries.filter((entry) => entry.isFile());
    expect(leftovers).toEqual([]);
  });

  it("leaves nothing half-written in a layout", async () => {
    await using bench = await Workbench.open();
    const command = bench.start(["copy", "--json", await stalling(bench), "oci:new:v1"]);
    await command.line('"type":"bytes"');
    command.process.kill("SIGINT");
    expect(await command.ended).toMatchObject({ code: 130, stderr: "tranship: interrupted\n" });
    const files = await readdir(bench.path("new"), { recursive: true }).catch(() => []);
    expect(files.filter((file) => file.includes(".tranship"))).toEqual([]);
    const listed = await bench.run(["ls", "oci:new"]);
    expect(listed.stdout).toBe("");
  });

  it("the second ends at once", async () => {
    await using bench = await Workbench.open();
    const source = await stalling(bench);
    let cancelling: () => void;
    const cancelled = new Promise<void>((resolve) => {
      cancelling = resolve;
    });
    const target = await bench.serve(async (request, next) => {
      if (request.method !== "DELETE") return next();
      cancelling();
      // An answer that never comes: only the second signal can end this.
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve, { once: true }));
      return { status: 204 };
    });
    const command = bench.start(["copy", "--json", source, `${target.address}/app:v1`]);
    await command.line('"type":"bytes"');
    command.process.kill("SIGINT");
    await cancelled;
    command.process.kill("SIGINT");
    await command.ended;
    // A shell reports 130.
    expect(command.process.signalCode).toBe("SIGINT");
  });
});

describe("tranship serve", () => {
  it("serves until Ctrl-C, which is a good end", async () => {
    await using bench = await Workbench.open();
    await using other = await Workbench.open();
    const command = bench.start(["serve", "--writable", "--port", "0", other.folder]);
    const address = /at (\S+),/.exec(await command.line("Serving"))?.[1];
    const layout = await bench.serve();
    await seed(bench.repository(layout, "app"), sampleImage(), "v1");
    expect((await bench.run(["copy", `${layout.address}/app:v1`, `${address}/app:v1`])).code).toBe(0);
    expect((await bench.run(["ls", `${address}/app`])).stdout).toBe("v1\n");
    command.process.kill("SIGINT");
    expect(await command.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuses a port that is taken", async () => {
    await using bench = await Workbench.open();
    await using other = await Workbench.open();
    const { port } = await bench.serve();
    const run = await bench.run(["serve", "--port", String(port), other.folder]);
    expect(run).toEqual({
      code: 2,
      stdout: "",
      stderr: `tranship: Cannot listen at 127.0.0.1:${port}: another program does\n`,
    });
  });
});
