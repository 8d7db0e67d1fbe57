import { Worker } from "node:worker_threads";
import { type Lease, shareLease } from "../bytes/lease.ts";
import { algorithmOf, type Digest } from "./digest.ts";
import type { HashState } from "./hash-state.ts";
import { type HashAnswer, type HashOrder, hashWork } from "./hash-work.ts";

/** How long an idle worker is kept, in ms: its memory is some 10 MiB. */
const IDLE_MS = 5_000;

/** The worker ended, and what it had hashed is gone with it. */
export class HashWorkerLost extends Error {
  override readonly name = "HashWorkerLost";
}

interface Waiting {
  answered(answer: HashAnswer): void;
  lost(error: HashWorkerLost): void;
}

/**
 * A thread that hashes what lies in shared memory. It is started when it is needed, ends when it was idle for some seconds, and keeps no process alive
 * but while somebody waits for it. Where none can be started, or one ended by itself, none is tried again.
 */
export class HashWorker {
  #worker: Worker | undefined;
  #broken = false;
  #hashes = 0;
  #nextId = 1;
  #waiting: Waiting[] = [];
  #idle: NodeJS.Timeout | undefined;

  /** Hashes that were begun and not dropped. */
  get hashes(): number {
    return this.#hashes;
  }

  /** Whether a thread is there. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Begins a hash; undefined where no thread can be had. */
  start(digest: Digest): HashState | undefined {
    const worker = this.#get();
    if (worker === undefined) return undefined;
    const id = this.#add();
    this.#order({ kind: "start", id, algorithm: algorithmOf(digest) });
    return new WorkerHash(this, worker, id);
  }

  /** Ends the thread; who waits for it is told. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** @internal Whether it is the thread that the hash was begun in. */
  has(worker: Worker): boolean {
    return this.#worker === worker;
  }

  /** @internal */
  copy(id: number): number {
    const as = this.#add();
    this.#order({ kind: "copy", id, as });
    return as;
  }

  /** @internal Resolves when it is done. */
  ask(order: Extract<HashOrder, { kind: "update" | "digest" }>): Promise<HashAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HashAnswer>();
    if (this.#waiting.length === 0) this.#worker?.ref();
    this.#waiting.push({ answered: resolve, lost: reject });
    this.#order(order);
    return promise;
  }

  /** @internal */
  drop(id: number): void {
    this.#order({ kind: "drop", id });
    this.#hashes -= 1;
    if (this.#hashes > 0) return;
    this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
  }

  #add(): number {
    clearTimeout(this.#idle);
    this.#hashes += 1;
    this.#nextId += 1;
    return this.#nextId;
  }

  #order(order: HashOrder): void {
    this.#worker?.postMessage(order);
  }

  #get(): Worker | undefined {
    if (this.#broken || this.#worker !== undefined) return this.#worker;
    try {
      // Neither our loaders nor our environment are its business.
      const options = { eval: true, execArgv: [], env: {}, name: "tranship-hash", resourceLimits: LIMITS };
      const worker = new Worker(`(${hashWork.toString()})()`, options);
      worker.unref();
      worker.on("message", (answer: HashAnswer) => {
        const waiting = this.#waiting.shift();
        if (this.#waiting.length === 0) worker.unref();
        waiting?.answered(answer);
      });
      worker.on("error", () => {
        this.#broken = true;
      });
      worker.on("exit", () => this.#lose());
      this.#worker = worker;
    } catch {
      // As where the process may start no threads.
      this.#broken = true;
    }
    return this.#worker;
  }

  #lose(): void {
    clearTimeout(this.#idle);
    // It ends by itself only where something is wrong with it.
    if (this.#hashes > 0) this.#broken = true;
    this.#worker = undefined;
    this.#hashes = 0;
    for (const { lost } of this.#waiting.splice(0)) lost(new HashWorkerLost("The thread that hashes has ended"));
  }
}

/** Its heap holds a few objects. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } as const;

class WorkerHash implements HashState {
  readonly #owner: HashWorker;
  readonly #worker: Worker;
  readonly #id: number;
  #dropped = false;

  constructor(owner: HashWorker, worker: Worker, id: number) {
    this.#owner = owner;
    this.#worker = worker;
    this.#id = id;
  }

  get #isLost(): boolean {
    return !this.#owner.has(this.#worker);
  }

  update(piece: Lease): Lease | Promise<Lease> {
    // What is lost is said when the digest is asked for.
    if (this.#dropped || this.#isLost) return piece;
    const { bytes } = piece;
    const done = this.#owner.ask({ kind: "update", id: this.#id, bytes });
    if (!isShared(bytes)) return done.then(givesPiece, givesPiece);
    const [hashed, handedOn] = shareLease(piece);
    done.then(hashed.release, hashed.release);
    return handedOn;

    // It got a copy: one at a time.
    function givesPiece(): Lease {
      return piece;
    }
  }

  copy(): HashState {
    return new WorkerHash(this.#owner, this.#worker, this.#isLost ? 0 : this.#owner.copy(this.#id));
  }

  async digest(): Promise<string> {
    if (this.#dropped || this.#isLost) throw new HashWorkerLost("The thread that hashes has ended");
    return String(await this.#owner.ask({ kind: "digest", id: this.#id }));
  }

  drop(): void {
    if (this.#dropped || this.#isLost) return;
    this.#dropped = true;
    this.#owner.drop(this.#id);
  }
}

/** Whether another thread sees the bytes where they lie. */
export function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer;
}
