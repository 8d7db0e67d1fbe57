import { chmod, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCreateCommand } from "./run-create-command.ts";

const PLACE = { host: "harbor.example:5000", repository: "team/app" };
const stack = new AsyncDisposableStack();
let folder: string;
const env = { PATH: process.env["PATH"], HARBOR_PASSWORD: "s3cret-word" };

beforeAll(async () => {
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-create-"))).path;
});
afterAll(() => stack.disposeAsync());

/** A program of this text. */
async function script(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

const run = (program: string, args: readonly string[] = []) =>
  runCreateCommand({ kind: "command", program, args }, PLACE, { env });

describe("runCreateCommand()", () => {
  it("gives host and repository as arguments and in the environment, and no shell a say in them", async () => {
    const out = join(folder, "said");
    const program = await script("say", `printf '%s\\n' "$@" "$TRANSHIP_HOST" "$TRANSHIP_REPOSITORY" > ${out}`);
    await run(program, ["--project={repository}", "{host}", "$(touch x); {tag}", "a b"]);
    expect((await readFile(out, "utf8")).trimEnd().split("\n")).toEqual([
      "--project=team/app",
      "harbor.example:5000",
      "$(touch x); {tag}",
      "a b",
      "harbor.example:5000",
      "team/app",
    ]);
  });

  it("says what the program wrote to stderr, without secrets of the environment", async () => {
    const program = await script("fail", 'echo "no project\n for $HARBOR_PASSWORD" >&2; exit 3');
    await expect(run(program)).rejects.toMatchObject({
      code: "NOT_CREATED",
      message: `Cannot create repository "harbor.example:5000/team/app": ${JSON.stringify(program)} exited with 3: no project for (secret)`,
    });
  });

  it("says that there is no such program", async () => {
    await expect(run("no-such-program-here")).rejects.toMatchObject({
      code: "NOT_CREATED",
      message: expect.stringContaining('"no-such-program-here" can\'t be started (ENOENT)'),
    });
  });

  it("ends with the reason of an abort", async () => {
    const program = await script("hang", "sleep 60");
    const reason = new Error("enough");
    const controller = new AbortController();
    const running = runCreateCommand({ kind: "command", program, args: [] }, PLACE, { env, signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });
});
