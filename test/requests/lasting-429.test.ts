import { sync } from "@tranship/copy";
import { OCI_MANIFEST, Registry, WaitBudget } from "@tranship/core";
import { expect, it } from "vitest";
import { HandClock } from "../support/hand-clock.ts";
import { type Script, type ScriptedAnswer, scriptedRegistry, sha256 } from "../support/scripted-registry.ts";

const TAGS = Array.from({ length: 1000 }, (_, at) => `v${at}`);
const MINUTE = 60_000;

/** The list of tags, whole in its first page. */
function tagList(path: string): ScriptedAnswer | undefined {
  const { pathname, searchParams } = new URL(path, "http://registry");
  if (!pathname.endsWith("/tags/list")) return undefined;
  return { status: 200, body: JSON.stringify({ name: "app", tags: searchParams.has("last") ? [] : TAGS }) };
}

const listing: Script = ({ path }) => tagList(path);

/** A clock of which nobody waits for more than the next thing that is due. */
function virtualTime(): {
  readonly clock: HandClock;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
} {
  const clock = new HandClock(new Date(0));
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const at = new Date(clock.now().getTime() + ms);
      const cancel = clock.wake(at, () => {
        cancel();
        resolve();
      });
      const leave = (): void => {
        cancel();
        reject(signal?.reason);
      };
      if (signal?.aborted) return leave();
      signal?.addEventListener("abort", leave, { once: true });
      setImmediate(() => {
        if (clock.now() < at) clock.moveTo(at);
      });
    });
  return { clock, sleep };
}

it("sync() ends 1,000 tags of a host that answers 429 for ever after 30 min of waiting, and copies to the others", async () => {
  const { clock, sleep } = virtualTime();
  await using from = await scriptedRegistry(listing);
  const config = Buffer.from("{}");
  from.blobs.set(`app@${sha256(config)}`, config);
  for (const tag of TAGS) {
    const descriptor = { mediaType: "application/vnd.oci.image.config.v1+json", digest: sha256(config), size: 2 };
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor,
      layers: [],
      annotations: { tag },
    };
    const bytes = Buffer.from(JSON.stringify(document));
    const stored = { mediaType: OCI_MANIFEST, bytes };
    from.manifests.set(`app:${tag}`, stored).set(`app@${sha256(bytes)}`, stored);
  }
  await using good = await scriptedRegistry();
  const askedAt: number[] = [];
  await using throttled = await scriptedRegistry(({ path }) => {
    const list = tagList(path);
    if (list !== undefined) return list;
    askedAt.push(clock.now().getTime());
    return { status: 429, headers: { "retry-after": 60 } };
  });
  const waited: number[] = [];
  const spent: number[] = [];
  const waitBudget = new WaitBudget({
    onWait: ({ waitedMs }) => void waited.push(waitedMs),
    onSpent: ({ waitedMs }) => void spent.push(waitedMs),
  });
  const options = { plainHttp: true, sleep, waitBudget };
  await using source = new Registry({ host: from.host, ...options });
  await using other = new Registry({ host: good.host, ...options });
  await using target = new Registry({ host: throttled.host, ...options });
  const registries: Readonly<Record<string, Registry>> = { source, other, target };
  const store = async (name: string) => (registries[name] ?? source).repository("app");

  const targets = [{ to: "target" }, { to: "other" }];
  const tags = async () => ({ tags: TAGS });
  const result = await sync([{ mirror: "app", from: "source", targets, tags }], { source: store, target: store });

  const outcomes = (to: string) => result.images.filter((image) => image.to === to);
  expect(outcomes("other").filter(({ outcome }) => outcome === "copied")).toHaveLength(1000);
  const failed = outcomes("target").filter(({ outcome }) => outcome === "failed");
  expect(failed).toHaveLength(1000);
  const limited = failed.filter(({ error }) => error?.code === "RATE_LIMITED");
  expect(limited.length).toBeGreaterThan(950);
  for (const { error } of limited) expect(error?.message).toMatch(/\(1800 s in all\); come back at \d{4}-/);
  // The others had their five tries before.
  for (const { error } of failed) expect(["RATE_LIMITED", "TOOMANYREQUESTS"]).toContain(error?.code);

  expect(clock.now().getTime()).toBeLessThanOrEqual(30 * MINUTE);
  expect(clock.now().getTime()).toBeGreaterThan(29 * MINUTE);
  expect(Math.round((waited.at(-1) ?? 0) / MINUTE)).toBe(30);
  expect(spent).toHaveLength(1);
  // Nothing is asked before the time told: what came together aside, a minute lies between.
  const times = [...new Set(askedAt)];
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(MINUTE - 2000);
  expect(times.length).toBeGreaterThanOrEqual(30);
});
