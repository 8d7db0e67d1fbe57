import { writeFile } from "node:fs/promises";
import { Registry } from "@tranship/core";
import { expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { scriptedRegistry } from "../support/scripted-registry.ts";
import { Workbench } from "./workbench.ts";

/** Copies from a registry whose first answers to a GET of a manifest are these. Gives how often it was asked for one. */
async function copyAfter(
  answers: readonly { readonly status: number; readonly wait?: number }[],
  flags: readonly string[],
) {
  await using bench = await Workbench.open();
  const to = await bench.serve();
  let asked = 0;
  await using from = await scriptedRegistry(({ method, path }) => {
    if (method !== "GET" || !path.includes("/manifests/")) return undefined;
    const answer = answers[asked];
    asked += 1;
    if (answer === undefined) return undefined;
    const headers: Record<string, string> = answer.wait === undefined ? {} : { "retry-after": String(answer.wait) };
    return { status: answer.status, headers };
  });
  await using registry = new Registry({ host: from.host, plainHttp: true });
  await seed(registry.repository("app"), sampleImage({ layers: 1 }), "v1");
  const { code, stderr } = await bench.run(["copy", ...flags, `${from.host}/app:v1`, `${to.address}/app:v1`]);
  return { code, stderr, asked };
}

it("plan takes them too", async () => {
  await using bench = await Workbench.open();
  let asked = 0;
  await using from = await scriptedRegistry(({ path }) => {
    if (!path.includes("/tags/")) return undefined;
    asked += 1;
    return { status: 503 };
  });
  const mirrors = [{ from: `${from.host}/app`, to: `${from.host}/mirror` }];
  await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors }));
  const run = await bench.run(["plan", "-f", "mirror.yaml", "--retries", "0", "--max-wait", "1", "--pull-floor", "9"]);
  expect(run.code).toBe(1);
  // A list a side.
  expect(asked).toBe(2);
});

it("--retries 0 sends nothing again; more is sent again as often as said", async () => {
  const twice = [{ status: 503 }, { status: 503 }];
  expect(await copyAfter(twice, ["--retries", "0"])).toMatchObject({ code: 1, asked: 1 });
  expect(await copyAfter(twice, ["--retries", "1"])).toMatchObject({ code: 1, asked: 2 });
  expect(await copyAfter(twice, ["--retries", "2"])).toMatchObject({ code: 0, stderr: "" });
});

it("--max-wait is the longest wait that a registry may ask for; beyond it the command ends at once and says when to come back", async () => {
  const later = [{ status: 429, wait: 1 }];
  expect(await copyAfter(later, ["--max-wait", "1"])).toMatchObject({ code: 0, asked: 2 });
  const { code, stderr, asked } = await copyAfter(later, ["--max-wait", "0"]);
  expect({ code, asked }).toEqual({ code: 1, asked: 1 });
  expect(stderr).toMatch(/come back at 20\d\d-.*--max-wait SECONDS/);
});

it("--max-total-wait is the most that a run waits in all for a registry, which is said before and after", async () => {
  const later = Array.from({ length: 3 }, () => ({ status: 429, wait: 1 }));
  expect(await copyAfter(later, ["--max-total-wait", "3"])).toMatchObject({ code: 0, asked: 4 });
  const { code, stderr, asked } = await copyAfter(later, ["--max-total-wait", "2"]);
  expect({ code, asked }).toEqual({ code: 1, asked: 3 });
  expect(stderr).toMatch(
    /^tranship: warning: 127\.0\.0\.1:\d+ asked to wait again after 2\.0 s of waiting: what is left for it fails; come back at 20/m,
  );
  expect(stderr).toMatch(/^tranship: Cannot .* \(2 s in all\); come back at 20\d\d-.*--max-total-wait SECONDS\n$/m);
  const long = await copyAfter([{ status: 429, wait: 60 }], ["--max-total-wait", "0"]);
  expect(long).toMatchObject({ code: 1, asked: 1 });
});

it("--max-total-wait is taken by each command that may wait long", async () => {
  await using bench = await Workbench.open();
  for (const command of ["copy", "sync", "plan", "apply", "verify", "prune"]) {
    const { stdout } = await bench.run([command, "--help"]);
    expect(stdout, command).toMatch(/--max-wait <SECONDS>[\s\S]*--max-total-wait <SECONDS>/);
  }
});
