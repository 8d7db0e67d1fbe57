import { expect, it } from "vitest";
import { blobOf, opening, steps } from "../../../../../../test/support/scripted-blobs.ts";
import { sha256 } from "../../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../../test/support/scripted-setup.ts";
import { accessFingerprint } from "../../../auth/access.ts";
import type { Digest } from "../../../digest/digest.ts";
import { MemoryJournal } from "../../../journal/memory/memory-journal.ts";
import { PROBE_DIGEST } from "./cancel-abandoned.ts";

const BLOB = Buffer.alloc(100_000, "a blob that is pushed ");
const OTHER = sha256(Buffer.from("a blob that nobody pushes any more"));
const ANONYMOUS = accessFingerprint(undefined);
const DAY_MS = 24 * 60 * 60 * 1000;

interface Left {
  readonly name: string;
  readonly access?: string;
  readonly repository?: string;
  readonly digest?: Digest;
  readonly ageMs?: number;
  readonly size?: number;
}

/** What is open, at the registry and in the journal, after a blob was pushed where earlier processes have left these sessions. */
async function afterPush(left: readonly Left[]) {
  let now = 0;
  const journal = new MemoryJournal({ now: () => now });
  await using setup = await scriptedSetup(undefined, { journal: journal.peer() });
  const { server, registry } = setup;
  for (const { name, access = ANONYMOUS, repository = "app", digest = OTHER, ageMs = 0, size = 1_000_000 } of left) {
    now = 30 * DAY_MS - ageMs;
    server.uploads.set(name, BLOB.subarray(0, 10));
    const location = `http://${server.host}/v2/${repository}/blobs/uploads/${name}`;
    await journal.uploads.opened({ host: server.host, access, repository, digest }, { size, location, confirmed: 0 });
    await journal.uploads.released({ host: server.host, access, repository, digest });
  }
  now = 30 * DAY_MS;
  await registry.repository("app").push(blobOf(BLOB), opening(BLOB));
  await registry.repository("app").push(blobOf(Buffer.concat([BLOB, BLOB])), opening(Buffer.concat([BLOB, BLOB])));
  const deleted = steps(server).filter((step) => step === "DELETE upload").length;
  return {
    server: [...server.uploads.keys()],
    journal: (await Array.fromAsync(journal.uploads.list())).length,
    deleted,
  };
}

it("push() cancels, once, what earlier processes left of probes and small blobs, and what is too old to be gone on with", async () => {
  const left = [
    { name: "probe", digest: PROBE_DIGEST, repository: "elsewhere" },
    { name: "small", size: 64 * 1024 },
    { name: "old", ageMs: 7 * DAY_MS },
  ];
  expect(await afterPush(left)).toEqual({ server: [], journal: 0, deleted: 3 });
});

it("push() leaves what may be gone on with, and what another role has begun", async () => {
  const left = [
    { name: "young", ageMs: 5 * DAY_MS },
    { name: "another", access: "somebody", digest: PROBE_DIGEST, repository: "b", ageMs: 7 * DAY_MS },
  ];
  expect(await afterPush(left)).toEqual({ server: ["young", "another"], journal: 2, deleted: 0 });
});
