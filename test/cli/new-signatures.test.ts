import { copy, verifyMirrors } from "@tranship/copy";
import type { Hook, RunningServer } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleArtifact, sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** Two registries; the source gets an API for referrers when it is upgraded, and with it a signature of `app:v1`. */
class UpgradedSource implements AsyncDisposable {
  readonly bench: Workbench;
  readonly from: RunningServer;
  readonly to: RunningServer;
  /** Requests for referrers at the source. */
  asked = 0;
  #hasApi = false;

  static async start(): Promise<UpgradedSource> {
    const bench = await Workbench.open();
    let started: UpgradedSource | undefined;
    const hook: Hook = async (request, next) => (started === undefined ? next() : started.#answer(request, next));
    started = new UpgradedSource(bench, await bench.serve(hook), await bench.serve());
    await seed(bench.repository(started.from, "app"), sampleImage({ seed: "v1" }), "v1");
    return started;
  }

  private constructor(bench: Workbench, from: RunningServer, to: RunningServer) {
    this.bench = bench;
    this.from = from;
    this.to = to;
  }

  get places(): readonly [string, string] {
    return [`${this.from.address}/app:v1`, `${this.to.address}/app:v1`];
  }

  async upgrade(): Promise<void> {
    this.#hasApi = true;
    const app = this.bench.repository(this.from, "app");
    await seed(app, sampleArtifact({ subject: (await app.open("v1")).descriptor }));
  }

  /** Signatures at the target. */
  async signatures(): Promise<number> {
    const app = this.bench.repository(this.to, "app");
    return (await Array.fromAsync(app.referrers((await app.open("v1")).descriptor))).length;
  }

  readonly #answer: Hook = async (request, next) => {
    if (request.route.kind === "referrers") this.asked += 1;
    if (request.route.kind !== "referrers" || this.#hasApi) return next();
    return { status: 404, body: "404 page not found" };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}

describe("tranship, at a source that gets an API for referrers", () => {
  it("copies new signatures in the next run", async () => {
    await using source = await UpgradedSource.start();
    const copying = ["copy", "--referrers", ...source.places];
    expect(await source.bench.run(copying)).toMatchObject({ code: 0 });
    await source.upgrade();
    expect(await source.bench.run(copying)).toMatchObject({ code: 0 });
    expect(await source.signatures()).toBe(1);
  });

  it("misses them in verify, whatever earlier runs have seen", async () => {
    await using source = await UpgradedSource.start();
    expect(await source.bench.run(["copy", "--referrers", ...source.places])).toMatchObject({ code: 0 });
    await source.upgrade();
    const verifying = ["verify", "--referrers", ...source.places];
    expect(await source.bench.run(verifying)).toMatchObject({ code: 3, stdout: expect.stringContaining("referrer") });
    expect(await source.bench.run([...verifying, "--repair"])).toMatchObject({ code: 0 });
    expect(await source.signatures()).toBe(1);
  });
});

describe("verifyMirrors()", () => {
  it("requests the API for referrers of each manifest, also where this very client has seen that there is none", async () => {
    await using source = await UpgradedSource.start();
    const [from, to] = [source.bench.repository(source.from, "app"), source.bench.repository(source.to, "app")];
    const verify = async (): Promise<object> => {
      const spec = { mirror: "m", from: "a", targets: [{ to: "b" }], tags: ["v1"], referrers: true };
      return verifyMirrors([spec], { source: async () => from, target: async () => to });
    };
    const copying = (): Promise<unknown> =>
      copy({ store: from, reference: "v1" }, { store: to, reference: "v1" }, { referrers: true });
    await copying();
    expect(source.asked).toBe(1);
    expect(await verify()).toMatchObject({ outcomes: { same: 1 } });
    expect(source.asked).toBe(2);
    // What it found is of a moment ago.
    await copying();
    expect(source.asked).toBe(2);
    await source.upgrade();
    expect(await verify()).toMatchObject({ outcomes: { different: 1 } });
  });
});
