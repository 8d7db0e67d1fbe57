import { KeyedLock } from "../../concurrency/keyed-lock.ts";
import { SingleFlight } from "../../concurrency/single-flight.ts";
import type { Digest } from "../../digest/digest.ts";
import type { ProfileJournal } from "../../journal/profile-journal.ts";
import { ComingBlobs } from "./coming-blobs.ts";
import {
  believedUntil,
  checkHostFact,
  HOST_FACTS,
  type HostFactName,
  type HostFacts,
  isHostFactName,
} from "./host-facts.ts";
import { knownHostFacts } from "./known-host.ts";
import { MissingReferrers } from "./missing-referrers.ts";
import type { ReferrerUpdate } from "./referrer-update.ts";
import { Saving } from "./saving.ts";

/**
 * What one registry was seen to do. Losing it costs requests, never correctness.
 * What a user has set wins over what was learned from answers, and this over what is known of the host's name.
 */
export class HostProfile {
  /** Updates of referrers tags under way, by repository and subject. */
  readonly referrerUpdates: Map<string, ReferrerUpdate> = new Map();
  readonly referrerLock: KeyedLock = new KeyedLock();
  readonly missingReferrers: MissingReferrers = new MissingReferrers();
  /** One blob of the host is replaced at a time: what the first one shows counts for the others. */
  readonly replaceLock: KeyedLock = new KeyedLock();
  /** Whether a PUT with the blob as its body was taken, since this process began. */
  putWorked = false;
  /** A blob that was sent there, since this process began, and the repository that has it. */
  witness: { readonly repository: string; readonly digest: Digest } | undefined;
  /** Small blobs under way, while there is no witness. */
  readonly coming: ComingBlobs = new ComingBlobs();
  /**
   * Whether the host has answered a request of Azure's own API with a document of Azure's, since this
   * process began. False: it answered otherwise. Undefined: it was not asked.
   */
  answersAsAzure: boolean | undefined;
  readonly #host: string;
  readonly #journal: ProfileJournal | undefined;
  readonly #known: HostFacts;
  #learned: HostFacts = {};
  /** Until when each learned fact is believed, in ms since 1970. */
  readonly #until = new Map<string, number>();
  #set: HostFacts = {};
  #reading: Promise<void> | undefined;
  readonly #done = new Set<string>();
  readonly #flights = new SingleFlight<void>();
  /** What the journal has of this process, and until when. */
  readonly #saved = new Map<HostFactName, { readonly value: string | number | boolean; readonly until: number }>();
  readonly #saving: Saving;

  /**
   * @param host `host` or `host:port`.
   * @param journal Where what is learned is kept for the next process. Default: it ends with this one.
   */
  constructor(host: string, journal?: ProfileJournal, saving: Saving = new Saving()) {
    this.#host = host;
    this.#saving = saving;
    this.#journal = journal;
    this.#known = knownHostFacts(host);
  }

  /** Reads what earlier processes have learned and what the user has set, once. A journal that fails is one that knows nothing. */
  ready(): Promise<void> {
    this.#reading ??= this.#read().catch(() => {});
    return this.#reading;
  }

  /** Reads once more what other processes have learned meanwhile. */
  async refresh(): Promise<void> {
    await this.#read().catch(() => {});
  }

  /**
   * Does something that every user of the host waits for and that is done once, however it ends; one that was aborted is done again.
   * @throws the signal's reason.
   */
  async once(
    what: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#done.has(what)) return;
    await this.#flights.run(
      what,
      async (shared) => {
        await work(shared);
        this.#done.add(what);
      },
      signal,
    );
  }

  /** What is believed of the host; undefined where nothing is, and where what was learned is too old. */
  get<N extends HostFactName>(name: N): HostFacts[N] {
    const isCurrent = Date.now() < (this.#until.get(name) ?? 0);
    return this.#set[name] ?? (isCurrent ? this.#learned[name] : undefined) ?? this.#known[name];
  }

  /** Believes what a response has shown, for as long as the fact's rule says. */
  learn(facts: HostFacts): void {
    this.#learned = { ...this.#learned, ...facts };
    for (const [name, value] of Object.entries(facts)) {
      if (!isHostFactName(name) || value === undefined) continue;
      const until = Date.now() + HOST_FACTS[name].keptMs;
      this.#until.set(name, until);
      this.#save(name, value, until);
    }
  }

  async #read(): Promise<void> {
    const now = Date.now();
    for (const fact of (await this.#journal?.facts(this.#host)) ?? []) {
      const { name, value, setByUser } = fact;
      const until = believedUntil(fact, now);
      if (until <= now) continue;
      const known = checkHostFact(name, value);
      if (setByUser) this.#set = { ...this.#set, ...known };
      // What was learned meanwhile is newer.
      else if (!this.#until.has(name)) {
        this.#learned = { ...this.#learned, ...known };
        this.#until.set(name, until);
      }
    }
  }

  /** A value that is seen again and again is written once in the first half of its life. */
  #save(name: HostFactName, value: string | number | boolean, until: number): void {
    const { keptMs } = HOST_FACTS[name];
    const saved = this.#saved.get(name);
    if (this.#journal === undefined || (saved?.value === value && until - saved.until < keptMs / 2)) return;
    this.#saved.set(name, { value, until });
    this.#saving.add(this.#journal.learned(this.#host, name, value, { keepMs: keptMs }));
  }
}
