import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type Lease, ownLease } from "../bytes/lease.ts";
import type { HashState } from "./hash-state.ts";
import { HashWorker, HashWorkerLost } from "./hash-worker.ts";

const SHA256 = `sha256:${"0".repeat(64)}` as const;
const SHA512 = `sha512:${"0".repeat(128)}` as const;

const workers: HashWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
});

function start(digest: `${string}:${string}` = SHA256, worker = made()): HashState {
  const hash = worker.start(digest);
  if (hash === undefined) throw new Error("no thread");
  return hash;
}

function made(): HashWorker {
  const worker = new HashWorker();
  workers.push(worker);
  return worker;
}

/** A lease of shared memory, which says when it was released. */
function shared(text: string): { readonly lease: Lease; readonly released: Promise<void>; isReleased(): boolean } {
  const bytes = Buffer.from(new SharedArrayBuffer(Buffer.byteLength(text)));
  bytes.write(text);
  const { promise, resolve } = Promise.withResolvers<void>();
  let released = false;
  const release = (): void => {
    released = true;
    bytes.fill(0);
    resolve();
  };
  return { lease: { bytes, isOwn: false, release }, released: promise, isReleased: () => released };
}

function hex(text: string, algorithm = "sha256"): string {
  return createHash(algorithm).update(text).digest("hex");
}

describe("HashWorker", () => {
  it("hashes what is lent, and holds it until that is done and the next one has released it", async () => {
    const hash = start();
    const [first, second] = [shared("tran"), shared("ship")];
    const handedOn = await hash.update(first.lease);
    (await hash.update(second.lease)).release();
    expect(Buffer.from(handedOn.bytes).toString()).toBe("tran");
    await second.released;
    expect(first.isReleased()).toBe(false);
    handedOn.release();
    await first.released;
    expect(await hash.digest()).toBe(hex("tranship"));
  });

  it("hashes any pieces, lent and own ones, and goes on from any copy, as one that is here does", async () => {
    const worker = made();
    const step = fc.record({ text: fc.string({ minLength: 1 }), own: fc.boolean(), copy: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.constantFrom(SHA256, SHA512), async (steps, digest) => {
        const hash = start(digest, worker);
        const copies: { readonly hash: HashState; readonly text: string }[] = [];
        let all = "";
        for (const { text, own, copy } of steps) {
          if (copy) copies.push({ hash: hash.copy(), text: all });
          const lease = own ? ownLease(Buffer.from(text)) : shared(text).lease;
          (await hash.update(lease)).release();
          all += text;
        }
        const algorithm = digest === SHA512 ? "sha512" : "sha256";
        for (const one of [...copies, { hash, text: all }]) {
          expect(await one.hash.digest()).toBe(hex(one.text, algorithm));
          (await one.hash.update(shared("more").lease)).release();
          expect(await one.hash.digest()).toBe(hex(`${one.text}more`, algorithm));
          one.hash.drop();
          one.hash.drop();
        }
        expect(worker.hashes).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("says that it is lost where the thread ends, releases what it held, and starts no other", async () => {
    const worker = made();
    const hash = start(SHA256, worker);
    const piece = shared("tranship");
    const digest = hash.digest();
    (await hash.update(piece.lease)).release();
    const lost = expect(digest).rejects.toThrow(HashWorkerLost);
    await worker.close();
    await lost;
    await piece.released;
    const later = shared("more");
    (await hash.update(later.lease)).release();
    await later.released;
    await expect(hash.digest()).rejects.toThrow(HashWorkerLost);
    hash.copy().drop();
    expect(worker).toMatchObject({ isRunning: false, hashes: 0 });
    expect(worker.start(SHA256)).toBeUndefined();
  });

  it("keeps no process alive, and has one wait for what it asked for", async () => {
    const module = join(import.meta.dirname, "hash-worker.ts");
    const program = `
      import { HashWorker } from ${JSON.stringify(module)};
      const hash = new HashWorker().start("${SHA256}");
      const bytes = Buffer.from(new SharedArrayBuffer(1 << 26));
      hash.update({ bytes, isOwn: false, release() {} });
      hash.digest().then((hex) => console.log(hex));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    expect(stdout.trim()).toBe(
      createHash("sha256")
        .update(Buffer.alloc(1 << 26))
        .digest("hex"),
    );
  });
});
