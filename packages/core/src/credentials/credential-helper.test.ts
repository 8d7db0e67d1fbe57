import { getEventListeners } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../errors/errors.ts";
import { checkHelper, eraseFromHelper, getFromHelper, storeInHelper } from "./credential-helper.ts";

const HELPER = { name: "fake", namedBy: 'credsStore in "/cfg"' };
const SECRET = "hunter2-secret";
let bin: string;
let env: Record<string, string>;

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), "tranship-helper-"));
  env = { PATH: `${bin}:/usr/bin:/bin`, OUT: bin };
});
afterEach(() => rm(bin, { recursive: true, force: true }));

async function script(body: string, name = "fake"): Promise<void> {
  const path = join(bin, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof StoreError)) throw new TypeError(`expected a StoreError, got ${inspect(error)}`);
  expect(error.code).toBe("CREDENTIALS");
  expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  expect(error.message).toContain('"docker-credential-fake" (named by credsStore in "/cfg")');
  expect(error.message).not.toContain("\n");
  return error;
}

describe("getFromHelper()", () => {
  it("getFromHelper() gives the host on stdin, docker's URL for Docker Hub, and reads user and secret", async () => {
    await script(`[ "$1" = get ] && printf '{"ServerURL":"x","Username":"%s","Secret":"${SECRET}"}' "$(cat)"`);
    const answer = { kind: "basic", password: SECRET };
    await expect(getFromHelper(HELPER, "r.example:5000", { env })).resolves.toEqual({
      ...answer,
      username: "r.example:5000",
    });
    await expect(getFromHelper(HELPER, "docker.io", { env })).resolves.toEqual({
      ...answer,
      username: "https://index.docker.io/v1/",
    });
  });

  it("getFromHelper() takes the user <token> for an identity token", async () => {
    await script(`echo '{"Username":"<token>","Secret":"${SECRET}"}'`);
    await expect(getFromHelper(HELPER, "h", { env })).resolves.toEqual({ kind: "identity", token: SECRET });
  });

  it.each([
    "echo 'credentials not found in native keychain'; exit 1",
    "echo 'Error: Credentials not found' >&2; exit 1",
    `echo '{"Username":"","Secret":""}'`,
  ])("getFromHelper() has nothing after: %s", async (body) => {
    await script(body);
    await expect(getFromHelper(HELPER, "h", { env })).resolves.toBeUndefined();
  });

  it.each([
    [`echo ${SECRET}`, "its answer is not the JSON of a credential"],
    [`echo '"${SECRET}"'`, "its answer is not the JSON of a credential"],
    [`echo '{"Password":"${SECRET}"}'`, "its answer is not the JSON of a credential"],
    [`echo '{"Username":1,"Secret":"${SECRET}"}'`, "its answer is not the JSON of a credential"],
    [`echo ${SECRET}; echo ${SECRET} >&2; exit 3`, "it failed with exit code 3"],
    ["kill -TERM $$", "it failed with exit code unknown"],
    ["head -c 3000000 /dev/zero; sleep 1000", "it printed more than 1 MiB"],
  ])("getFromHelper() refuses without showing it: %s", async (body, message) => {
    await script(body);
    expect((await failure(getFromHelper(HELPER, "h", { env }))).message).toContain(message);
  });

  it("getFromHelper() and checkHelper() say that the program is missing or may not be run", async () => {
    const message = "there is no such program on PATH";
    expect((await failure(getFromHelper(HELPER, "h", { env }))).message).toContain(message);
    expect((await failure(checkHelper(HELPER, { env }))).message).toContain(message);
    await writeFile(join(bin, "docker-credential-fake"), "#!/bin/sh\n", { mode: 0o600 });
    expect((await failure(getFromHelper(HELPER, "h", { env }))).message).toContain("EACCES");
    expect((await failure(checkHelper(HELPER, { env }))).message).toContain(message);
    await script("exit 1");
    await expect(checkHelper(HELPER, { env })).resolves.toBeUndefined();
  });

  it("getFromHelper() uses no shell: a host is data", async () => {
    await script("cat > $OUT/host; echo 'credentials not found'; exit 1");
    await getFromHelper(HELPER, "$(touch pwned);`id`", { env });
    await expect(readFile(join(bin, "host"), "utf8")).resolves.toBe("$(touch pwned);`id`");
  });

  it("getFromHelper() leaves no listener on a signal that outlives it", async () => {
    await script("echo 'credentials not found'; exit 1");
    const { signal } = new AbortController();
    await getFromHelper(HELPER, "h", { env, signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("getFromHelper() stops a helper that hangs, with what it started", async () => {
    await script("sleep 1000 & echo $! > $OUT/child; wait");
    const error = await failure(getFromHelper(HELPER, "h", { env, helperTimeoutMs: 300 }));
    expect(error.message).toContain("it did not answer in time and was stopped");
    await expectGone();
  });

  it("getFromHelper() aborts with the signal's reason, leaving no process and no listener", async () => {
    await script("sleep 1000 & echo $! > $OUT/child; echo > $OUT/started; wait");
    const controller = new AbortController();
    const asking = getFromHelper(HELPER, "h", { env, signal: controller.signal });
    while (!existsSync(join(bin, "started"))) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error("stop");
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await expectGone();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    await expect(getFromHelper(HELPER, "h", { env, signal: controller.signal })).rejects.toBe(reason);
  });
});

/** Waits until the helper's own child has ended; a killed process may stay for a moment as a zombie without a parent. */
async function expectGone(): Promise<void> {
  const pid = Number(await readFile(join(bin, "child"), "utf8").catch(() => "0"));
  const state = (): Promise<string> =>
    readFile(`/proc/${pid}/stat`, "utf8").then(
      (stat) => stat.replace(/^.*\) /, "").charAt(0),
      () => "gone",
    );
  if (pid === 0) return;
  while (!["gone", "Z", "X"].includes(await state())) await new Promise((resolve) => setImmediate(resolve));
}

describe("storeInHelper(), eraseFromHelper()", () => {
  it("storeInHelper() writes docker's JSON to stdin", async () => {
    await script("cat > $OUT/$1");
    await storeInHelper(HELPER, { host: "docker.io", username: "me", password: SECRET }, { env });
    expect(JSON.parse(await readFile(join(bin, "store"), "utf8"))).toEqual({
      ServerURL: "https://index.docker.io/v1/",
      Username: "me",
      Secret: SECRET,
    });
  });

  it("storeInHelper() fails with a helper that fails or is missing, without the secret", async () => {
    const credential = { host: "r.example", username: "me", password: SECRET };
    expect((await failure(storeInHelper(HELPER, credential, { env }))).message).toContain("no such program");
    await script("cat; exit 1");
    const { message } = await failure(storeInHelper(HELPER, credential, { env }));
    expect(message).toMatch(/^Cannot store the credential for "r.example" with /);
  });

  it("eraseFromHelper() erases what the helper has, and says when it has nothing", async () => {
    await script(`[ "$1" = get ] && [ "$(cat)" = r.example ] && echo '{"Username":"me","Secret":"${SECRET}"}' && exit
      [ "$1" = get ] && echo 'credentials not found' && exit 1
      cat > $OUT/erased`);
    await expect(eraseFromHelper(HELPER, "other.example", { env })).resolves.toBe(false);
    expect(existsSync(join(bin, "erased"))).toBe(false);
    await expect(eraseFromHelper(HELPER, "r.example", { env })).resolves.toBe(true);
    await expect(readFile(join(bin, "erased"), "utf8")).resolves.toBe("r.example");
  });
});
