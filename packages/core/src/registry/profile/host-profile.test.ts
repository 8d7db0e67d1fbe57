import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import { HOST_FACTS, type HostFactName } from "./host-facts.ts";
import { HostProfile } from "./host-profile.ts";
import { Saving } from "./saving.ts";

const HOST = "registry.example";
const FACTS = [
  ["existence", "proven"],
  ["upload", "patch"],
  ["maxBody", 1024],
  ["minChunk", 1024],
  ["resume", "none"],
  ["checksDigest", true],
  ["singlePost", false],
  ["manifestHead", false],
  ["tagDetails", "none"],
] as const satisfies readonly (readonly [HostFactName, string | number | boolean])[];

let journal: MemoryJournal;

async function profile(): Promise<HostProfile> {
  const made = new HostProfile(HOST, journal.profiles, new Saving());
  await made.ready();
  return made;
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  journal = new MemoryJournal();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("HostProfile", () => {
  it.each(FACTS)(
    "forgets that %s is %s when its time is over, in this process as in the next one",
    async (name, value) => {
      const learning = await profile();
      learning.learn({ [name]: value });
      pass(HOST_FACTS[name].keptMs - 1);
      expect(learning.get(name)).toBe(value);
      const next = await profile();
      expect(next.get(name)).toBe(value);
      pass(1);
      expect([learning.get(name), next.get(name)]).toEqual([undefined, undefined]);
    },
  );

  it.each(FACTS)(
    "believes no longer than its own rule says that %s is %s, whoever recorded it",
    async (name, value) => {
      await journal.profiles.learned(HOST, name, value, { keepMs: 1e13 });
      expect((await profile()).get(name)).toBe(value);
      pass(HOST_FACTS[name].keptMs);
      expect((await profile()).get(name)).toBeUndefined();
    },
  );

  it("believes the user alone where referrers are listed", async () => {
    await journal.profiles.learned(HOST, "referrers", "tag", { keepMs: 1e13 });
    expect((await profile()).get("referrers")).toBeUndefined();
    await journal.profiles.set(HOST, "referrers", "tag");
    pass(1e12);
    expect((await profile()).get("referrers")).toBe("tag");
  });

  it("believes nothing that was learned in the future, as after a clock was set back", async () => {
    pass(1000);
    await journal.profiles.learned(HOST, "maxBody", 1024, { keepMs: 1e9 });
    pass(-1000);
    expect((await profile()).get("maxBody")).toBeUndefined();
  });

  it("records what it learned last, also where that was learned before", async () => {
    const learning = await profile();
    for (const existence of ["proven", "head-first", "proven"] as const) learning.learn({ existence });
    expect((await profile()).get("existence")).toBe("proven");
  });

  it("records a fact that is seen again and again twice in its life, not each time", async () => {
    const learned = vi.spyOn(journal.profiles, "learned");
    const learning = await profile();
    for (let times = 0; times < 10; times += 1) {
      learning.learn({ manifestHead: false });
      pass(HOST_FACTS.manifestHead.keptMs / 10);
    }
    expect(learned).toHaveBeenCalledTimes(2);
    expect((await profile()).get("manifestHead")).toBe(false);
  });
});
