import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileCredentials } from "./file-credentials.ts";
import { removeCredential } from "./remove-credential.ts";
import { saveCredential } from "./save-credential.ts";

const SECRET = "hunter2-secret";
const AUTH = Buffer.from(`me:${SECRET}`).toString("base64");
let home: string;
let config: string;
let env: Record<string, string>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tranship-login-"));
  config = join(home, ".docker", "config.json");
  env = { HOME: home, PATH: `${home}:/usr/bin:/bin`, XDG_RUNTIME_DIR: join(home, "run"), OUT: home };
});
afterEach(() => rm(home, { recursive: true, force: true }));

function login(host: string, authFile?: string): ReturnType<typeof saveCredential> {
  return saveCredential({ host, username: "me", password: SECRET, env, authFile });
}

async function given(content: string): Promise<void> {
  await mkdir(join(home, ".docker"), { recursive: true });
  await writeFile(config, content, { mode: 0o644 });
}

/** A helper that keeps what it is given in one file. */
async function keepingHelper(): Promise<void> {
  const path = join(home, "docker-credential-keep");
  const body = `#!/bin/sh
case "$1" in
store) cat > $OUT/kept ;;
get) cat >/dev/null; if [ -e $OUT/kept ]; then cat $OUT/kept; else echo 'credentials not found'; exit 1; fi ;;
erase) cat >/dev/null; rm $OUT/kept ;;
esac
`;
  await writeFile(path, body);
  await chmod(path, 0o755);
}

describe("saveCredential()", () => {
  it("saveCredential() makes docker's file, private, in docker's form, and says where the secret lies", async () => {
    const saved = await login("r.example:5000");
    expect(await readFile(config, "utf8")).toBe(
      `{\n\t"auths": {\n\t\t"r.example:5000": {\n\t\t\t"auth": "${AUTH}"\n\t\t}\n\t}\n}`,
    );
    expect((await stat(config)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, ".docker"))).mode & 0o777).toBe(0o700);
    expect(saved).toMatchObject({ kind: "file", path: config });
    expect(saved.kind === "file" && saved.warning).toContain(`stored unencrypted in "${config}"`);
    expect(await fileCredentials({ env })({ host: "r.example:5000" })).toMatchObject({
      username: "me",
      password: SECRET,
    });
    expect(await readdir(join(home, ".docker"))).toEqual(["config.json"]);
  });

  it("saveCredential() keeps everything else, the indent and the last newline, and makes the file private", async () => {
    await given(`{
  "HttpHeaders": {"X": "1"},
  "auths": {"other.example": {"auth": "${AUTH}", "email": "e"}, "r.example/ns": {"auth": "${AUTH}"}},
  "plugins": {"a": {"b": "c"}}
}
`);
    await login("r.example");
    const text = await readFile(config, "utf8");
    expect(text).toMatch(/^\{\n {2}"HttpHeaders": \{\n {4}"X"/);
    expect(text.endsWith("}\n")).toBe(true);
    expect(JSON.parse(text)).toEqual({
      HttpHeaders: { X: "1" },
      auths: {
        "other.example": { auth: AUTH, email: "e" },
        "r.example/ns": { auth: AUTH },
        "r.example": { auth: AUTH },
      },
      plugins: { a: { b: "c" } },
    });
    expect((await stat(config)).mode & 0o777).toBe(0o600);
  });

  it("saveCredential() replaces other spellings of the registry, so that none hides the new one", async () => {
    const old = Buffer.from("old:old").toString("base64");
    await given(JSON.stringify({ auths: { "docker.io": { auth: old }, "index.docker.io": { auth: old } } }));
    await login("docker.io");
    expect(JSON.parse(await readFile(config, "utf8"))).toEqual({
      auths: { "https://index.docker.io/v1/": { auth: AUTH } },
    });
  });

  it("saveCredential() writes the named file, absent or empty, and through a symbolic link also where it dangles", async () => {
    const link = join(home, "link.json");
    await mkdir(join(home, "real"));
    await symlink("real/target.json", link);
    await login("a.example", link);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    await login("b.example", link);
    const target = join(home, "real", "target.json");
    expect(Object.keys(JSON.parse(await readFile(target, "utf8")).auths)).toEqual(["a.example", "b.example"]);
    await writeFile(target, "");
    await login("c.example", link);
    expect(Object.keys(JSON.parse(await readFile(target, "utf8")).auths)).toEqual(["c.example"]);
    expect(await readdir(join(home, "real"))).toEqual(["target.json"]);
  });

  it("saveCredential() leaves a malformed file, what is no regular file, and a looping link alone", async () => {
    await given(`{"auths": {"r.example": {"auth": ${SECRET}}}}`);
    await expect(login("r.example")).rejects.toMatchObject({ code: "CREDENTIALS" });
    expect(await readFile(config, "utf8")).toContain(SECRET);
    // A pipe of our own stands for a device: a failing test must not replace a real one.
    const pipe = join(home, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    await expect(login("r.example", pipe)).rejects.toThrow(`to "${pipe}": it is not a regular file`);
    expect((await lstat(pipe)).isFIFO()).toBe(true);
    await symlink("loop", join(home, "loop"));
    await expect(login("r.example", join(home, "loop"))).rejects.toThrow("too many symbolic links");
    const error: unknown = await login("r.example", join(config, "x.json")).catch((error: unknown) => error);
    expect(inspect(error)).toContain(`Cannot write credentials to "${config}/x.json": E`);
    expect(inspect(error)).not.toContain(SECRET);
  });

  it("saveCredential() refuses a user with a colon, and an aborted signal, before anything is written", async () => {
    const reason = new Error("stop");
    const base = { host: "r.example", password: SECRET, env };
    await expect(saveCredential({ ...base, username: "a:b" })).rejects.toThrow(TypeError);
    await expect(saveCredential({ ...base, username: "a", signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(stat(config)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("saveCredential() and removeCredential() use the helper that the file names, and the file holds no secret", async () => {
    await keepingHelper();
    await given(JSON.stringify({ auths: { "r.example": { auth: AUTH } }, credsStore: "keep" }));
    expect(await login("r.example")).toEqual({ kind: "helper", program: "docker-credential-keep", path: config });
    expect(JSON.parse(await readFile(config, "utf8"))).toEqual({ auths: { "r.example": {} }, credsStore: "keep" });
    expect(await fileCredentials({ env })({ host: "r.example" })).toMatchObject({ password: SECRET });
    const removed = { path: config, program: "docker-credential-keep", stillIn: [] };
    expect(await removeCredential({ host: "r.example", env })).toEqual({ ...removed, removed: true });
    expect(JSON.parse(await readFile(config, "utf8"))).toEqual({ auths: {}, credsStore: "keep" });
    expect(await removeCredential({ host: "r.example", env })).toEqual({ ...removed, removed: false });
  });

  it("saveCredential() changes nothing when the helper fails", async () => {
    const before = JSON.stringify({ credHelpers: { "r.example": "gone" } });
    await given(before);
    await expect(login("r.example")).rejects.toThrow('"docker-credential-gone"');
    expect(await readFile(config, "utf8")).toBe(before);
  });
});

describe("removeCredential()", () => {
  it("removeCredential() removes each spelling of the registry and nothing else", async () => {
    const auth = { auth: AUTH };
    await given(
      JSON.stringify({
        auths: { "https://r.example/v1/": auth, "r.example": auth, "r.example/ns": auth, "q.example": auth },
      }),
    );
    await expect(removeCredential({ host: "r.example", env })).resolves.toMatchObject({ removed: true, path: config });
    expect(JSON.parse(await readFile(config, "utf8"))).toEqual({ auths: { "r.example/ns": auth, "q.example": auth } });
  });

  it("removeCredential() says when there was nothing, and writes nothing then", async () => {
    await expect(removeCredential({ host: "r.example", env })).resolves.toEqual({
      removed: false,
      path: config,
      program: undefined,
      stillIn: [],
    });
    await expect(stat(join(home, ".docker"))).rejects.toMatchObject({ code: "ENOENT" });
    await given('{ "auths": {} }');
    await removeCredential({ host: "r.example", env });
    expect(await readFile(config, "utf8")).toBe('{ "auths": {} }');
  });

  it("removeCredential() names another tool's file that still holds a credential", async () => {
    const podman = join(home, "run", "containers", "auth.json");
    await mkdir(join(home, "run", "containers"), { recursive: true });
    await writeFile(podman, JSON.stringify({ auths: { "r.example": { auth: AUTH } } }));
    await login("r.example");
    const result = await removeCredential({ host: "r.example", env });
    expect(result).toMatchObject({ removed: true, stillIn: [podman] });
  });
});
