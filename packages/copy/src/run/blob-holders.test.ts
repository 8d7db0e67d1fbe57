import type { Digest, RepositoryPlace } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { turns } from "../../../../test/support/recording-store.ts";
import { BlobHolders } from "./blob-holders.ts";

const digest: Digest = `sha256:${"a".repeat(64)}`;
const never = new AbortController().signal;
const access = {};
const at = (repository: string, host = "r.example", who = access): RepositoryPlace => ({
  host,
  repository,
  access: who,
});

describe("BlobHolders.lead()", () => {
  it("lets the others of a registry wait for the first, and then all go", async () => {
    const holders = new BlobHolders();
    const first = Promise.withResolvers<void>();
    const log: string[] = [];
    const send = (name: string, until?: Promise<void>) => async () => {
      log.push(`${name} begins with ${holders.at(at(name), digest).join()}`);
      await until;
    };
    const sends = [
      holders.lead(at("a"), digest, send("a", first.promise), never),
      holders.lead(at("b"), digest, send("b"), never),
      holders.lead(at("c"), digest, send("c"), never),
    ];
    const elsewhere = holders.lead(at("d", "other.example"), digest, send("d"), never);
    const otherUser = holders.lead(at("e", "r.example", {}), digest, send("e"), never);
    await Promise.all([elsewhere, otherUser]);
    expect(log).toEqual(["a begins with ", "d begins with ", "e begins with "]);
    first.resolve();
    await Promise.all(sends);
    expect(log.slice(3)).toEqual(["b begins with a", "c begins with a"]);
  });

  it("lets the next one send where the first fails", async () => {
    const holders = new BlobHolders();
    const first = Promise.withResolvers<string>();
    const failing = holders.lead(at("a"), digest, () => first.promise, never);
    const next = holders.lead(at("b"), digest, async () => `b with ${holders.at(at("b"), digest).length}`, never);
    await turns();
    first.reject(new Error("broken"));
    await expect(failing).rejects.toThrow("broken");
    expect(await next).toBe("b with 0");
  });
});
