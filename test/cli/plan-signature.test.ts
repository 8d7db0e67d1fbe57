import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const IMAGE = sampleImage({ layers: 1 });

const TYPES: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["ed25519", ["-t", "ed25519"]],
  ["rsa", ["-t", "rsa", "-b", "2048"]],
  ["ecdsa-256", ["-t", "ecdsa", "-b", "256"]],
  ["ecdsa-384", ["-t", "ecdsa", "-b", "384"]],
  ["ecdsa-521", ["-t", "ecdsa", "-b", "521"]],
  ["rsa-pem", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
];

class SignedPlans {
  readonly #bench: Workbench;

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  keygen(args: readonly string[], input = ""): string {
    const options = { cwd: this.#bench.folder, input, stdio: ["pipe", "pipe", "pipe"] as const };
    return execFileSync("ssh-keygen", args, { ...options, stdio: [...options.stdio], encoding: "utf8" });
  }

  key(name: string, args: readonly string[] = ["-t", "ed25519"], passphrase = ""): void {
    this.keygen(["-q", ...args, "-N", passphrase, "-C", "me", "-f", name]);
  }

  async plan(...flags: readonly string[]): Promise<void> {
    const source = await this.#bench.serve();
    await seed(this.#bench.repository(source, "app"), IMAGE, "v1");
    const file = `version: 1\nmirrors:\n  - from: ${source.address}/app\n    to: ${source.address}/copy\n`;
    await writeFile(this.#bench.path("mirror.yaml"), file);
    const run = await this.#bench.run(["plan", "-q", "-f", "mirror.yaml", "-o", "plan.json", ...flags]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
  }
}

describe.skipIf(!existsSync("/usr/bin/ssh-keygen"))("plan --sign-key and apply --verify-key", () => {
  it.each(TYPES)("sign as ssh-keygen verifies, and verify what ssh-keygen signs: %s", async (_, args) => {
    await using bench = await Workbench.open();
    const plans = new SignedPlans(bench);
    plans.key("key", args);
    await plans.plan("--sign-key", "key");
    const [type, blob] = (await readFile(bench.path("key.pub"), "utf8")).split(" ");
    await writeFile(bench.path("allowed"), `me@example namespaces="git,tranship-plan" ${type} ${blob}\n`);
    const plan = await readFile(bench.path("plan.json"), "utf8");
    const verify = ["-Y", "verify", "-f", "allowed", "-I", "me@example", "-n", "tranship-plan", "-s", "plan.json.sig"];
    expect(plans.keygen(verify, plan)).toContain("Good");
    const apply = (keys: string) => bench.run(["apply", "-q", "plan.json", "--verify-key", keys]);
    expect(await apply("key.pub")).toMatchObject({ code: 0, stderr: "" });
    await writeFile(bench.path("other"), plan);
    plans.keygen(["-q", "-Y", "sign", "-n", "tranship-plan", "-f", "key", "other"]);
    await copyFile(bench.path("other.sig"), bench.path("plan.json.sig"));
    expect(await apply("allowed")).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuse what is not signed by a trusted key for a plan, before anything starts", async () => {
    await using bench = await Workbench.open();
    const plans = new SignedPlans(bench);
    for (const name of ["key", "stranger"]) plans.key(name);
    plans.key("locked", ["-t", "ed25519"], "secret-phrase");
    await plans.plan("--sign-key", "key");
    const [plan, good] = [await readFile(bench.path("plan.json")), await readFile(bench.path("plan.json.sig"), "utf8")];
    const publicKey = await readFile(bench.path("key.pub"), "utf8");
    const signed = async (namespace: string, key: string, content: Uint8Array): Promise<string> => {
      await writeFile(bench.path("x"), content);
      await rm(bench.path("x.sig"), { force: true });
      plans.keygen(["-q", "-Y", "sign", "-n", namespace, "-f", key, "x"]);
      return readFile(bench.path("x.sig"), "utf8");
    };
    const cases: readonly (readonly [name: string, signature: string, keys: string, says: string])[] = [
      ["another namespace", await signed("git", "key", plan), publicKey, 'for the namespace "git"'],
      ["another key", await signed("tranship-plan", "stranger", plan), publicKey, "a key that is not trusted"],
      ["other bytes", await signed("tranship-plan", "key", Buffer.from("{}")), publicKey, "not of these bytes"],
      ["an empty signature", "", publicKey, "not a signature of ssh-keygen"],
      ["a cut signature", good.replace(/\n.{70}\n/, "\n"), publicKey, "Cannot accept the plan"],
      ["two signatures", `${good}${good}`, publicKey, "not a signature of ssh-keygen"],
      ["no keys", good, "# none\n", "it has no key"],
      ["keys for other namespaces", good, `me namespaces="git" ${publicKey}`, "it has no key"],
      ["an authority", good, `me cert-authority ${publicKey}`, "only the option namespaces"],
      ["a key with an end", good, `me valid-before="20200101" ${publicKey}`, "only the option namespaces"],
      ["what is not a key", good, "hello\n", "line 1: expected a public key"],
      ["a broken key", good, "ssh-ed25519 AAAA me\n", "Cannot use the keys"],
    ];
    for (const [name, signature, keys, says] of cases) {
      await writeFile(bench.path("plan.json.sig"), signature);
      await writeFile(bench.path("trusted"), keys);
      const run = await bench.run(["apply", "plan.json", "--verify-key", "trusted"]);
      expect(run, name).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(says) });
    }
    await writeFile(bench.path("plan.json.sig"), good);
    await writeFile(bench.path("plan.json"), `${plan.toString()} `);
    expect(await bench.run(["apply", "plan.json", "--verify-key", "key.pub"])).toMatchObject({ code: 2 });
    await copyFile(bench.path("plan.json"), bench.path("alone.json"));
    expect((await bench.run(["apply", "alone.json", "--verify-key", "key.pub"])).stderr).toContain('"alone.json.sig"');
    expect(await bench.run(["apply", "-", "--verify-key", "key.pub"], { input: "{}" })).toMatchObject({ code: 2 });
  });

  it("refuse keys that cannot sign, before anything is read", async () => {
    await using bench = await Workbench.open();
    const plans = new SignedPlans(bench);
    plans.key("locked", ["-t", "ed25519"], "secret-phrase");
    plans.key("key");
    await writeFile(
      bench.path("mirror.yaml"),
      "version: 1\nmirrors:\n  - from: 127.0.0.1:1/a\n    to: 127.0.0.1:1/b\n",
    );
    const plan = (...flags: readonly string[]) => bench.run(["plan", "-f", "mirror.yaml", ...flags]);
    const output = ["-o", "plan.json", "--sign-key"];
    expect(await plan(...output, "locked")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ssh-keygen -Y sign"),
    });
    expect(await plan(...output, "key.pub")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("not a private key"),
    });
    expect(await plan("--sign-key", "key")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--output FILE"),
    });
  });
});
