import { readdir, readFile } from "node:fs/promises";
import { MemoryJournal, type Open, Registry, type RegistryOptions } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { startCraneRegistry } from "../peers/crane-registry.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { serveFolder } from "../serve/folder-server.ts";
import { BigBlob } from "../support/big-blob.ts";

const MIB = 1024 * 1024;
const BLOB = new BigBlob(6 * MIB);
const open: Open = async (offset) => BLOB.from(offset);

/** Pushes a blob that is big by these settings, and gives what was learned of the host. */
async function learnedBy(options: RegistryOptions): Promise<Readonly<Record<string, unknown>>> {
  const journal = new MemoryJournal();
  await using registry = new Registry({ ...options, journal, uploads: { probeFrom: 4 * MIB, chunkSize: 2 * MIB } });
  const repository = registry.repository("team/app");
  expect(await repository.push(BLOB.descriptor, open)).toBe("pushed");
  expect(await repository.push(BLOB.descriptor, open)).toBe("existed");
  await registry.close();
  expect(await Array.fromAsync(journal.uploads.list())).toEqual([]);
  const facts = await journal.profiles.facts(registry.host);
  return Object.fromEntries(facts.map(({ name, value }) => [name, value]));
}

/** The sessions that are open at a distribution: of those that ended it may leave folders, but not when they were started. */
async function openSessions(data: string): Promise<readonly string[]> {
  const files = await readdir(data, { recursive: true });
  return files.filter((file) => /_uploads\/[^/]+\/startedat$/.test(file));
}

/** The content of sessions, ended or not. The state of a hash (108 bytes) stays after each DELETE, in both versions. */
async function bytesOfSessions(data: string): Promise<readonly string[]> {
  const files = await readdir(data, { recursive: true });
  return files.filter((file) => /_uploads\/[^/]+\/data$/.test(file));
}

describePeers("push() of a big blob to distribution 3.1", ["registry"], ({ registry }) => {
  it("finds out that it keeps any byte, and leaves no session", async () => {
    await using peer = await startDistribution(registry);
    expect(await learnedBy({ host: peer.host, plainHttp: true })).toEqual({
      resume: "any-byte",
      checksDigest: true,
      singlePost: false,
      existence: "proven",
    });
    expect(await openSessions(peer.data)).toEqual([]);
    expect(await bytesOfSessions(peer.data)).toEqual([]);
  });
});

describePeers("push() of a big blob to distribution 2.8", ["docker-registry"], (peers) => {
  it("finds out that it keeps whole chunks, and leaves no session", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    expect(await learnedBy({ host: peer.host, plainHttp: true })).toEqual({
      resume: "whole-chunks",
      checksDigest: true,
      singlePost: false,
      existence: "proven",
    });
    expect(await openSessions(peer.data)).toEqual([]);
    expect(await bytesOfSessions(peer.data)).toEqual([]);
  });

  it("leaves nothing of its probe where no journal remembers the host either, run after run", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    for (const [name, size] of [
      ["one", 4 * MIB],
      ["two", 5 * MIB],
      ["three", 6 * MIB],
    ] as const) {
      const blob = new BigBlob(size);
      await using registry = new Registry({
        host: peer.host,
        plainHttp: true,
        uploads: { probeFrom: 4 * MIB, chunkSize: 2 * MIB },
      });
      const outcome = await registry.repository(name).push(blob.descriptor, async (offset) => blob.from(offset));
      expect(outcome).toBe("pushed");
    }
    expect(await openSessions(peer.data)).toEqual([]);
    expect(await bytesOfSessions(peer.data)).toEqual([]);
  });

  it("asks nothing in the run after the probe, of which a journal knows", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    const journal = new MemoryJournal();
    const requests: string[][] = [];
    for (const [name, size] of [
      ["one", 4 * MIB],
      ["two", 5 * MIB],
    ] as const) {
      const blob = new BigBlob(size);
      await using registry = new Registry({
        host: peer.host,
        plainHttp: true,
        journal,
        uploads: { probeFrom: 4 * MIB, chunkSize: 2 * MIB },
      });
      const asked: string[] = [];
      const onRequest = ({ method }: { readonly method: string }): undefined => void asked.push(method);
      await registry.repository(name).push(blob.descriptor, async (offset) => blob.from(offset), { onRequest });
      requests.push(asked);
    }
    expect(requests[0]?.filter((method) => method === "DELETE")).toHaveLength(2);
    expect(requests[1]?.filter((method) => method === "DELETE" || method === "GET")).toEqual([]);
    expect(requests[1]?.filter((method) => method === "POST")).toHaveLength(1);
  });
});

describePeers("push() of a big blob to crane's registry", ["crane"], ({ crane }) => {
  it("finds out that it keeps nothing", async () => {
    await using peer = await startCraneRegistry(crane);
    expect(await learnedBy({ host: peer.host, plainHttp: true })).toEqual({
      resume: "none",
      checksDigest: true,
      singlePost: true,
      existence: "head-first",
    });
  });
});

describe("push() of a big blob to tranship serve", () => {
  it("finds out that it keeps any byte", async () => {
    await using folder = await serveFolder();
    expect(await learnedBy({ host: new URL(folder.url).host, plainHttp: true })).toEqual({
      resume: "any-byte",
      checksDigest: true,
      singlePost: true,
      existence: "proven",
    });
  });
});

describe("push() of a big blob to the ACR fake", () => {
  it("finds out that it keeps whole chunks", async () => {
    await using fake = await startAcrFake();
    const credentials = { kind: "basic", username: fake.adminUser, password: fake.adminPassword } as const;
    expect(
      await learnedBy({ host: fake.host, credentials, tls: { ca: [await readFile(fake.caFile, "utf8")] } }),
    ).toMatchObject({ resume: "whole-chunks", checksDigest: true });
  });
});
