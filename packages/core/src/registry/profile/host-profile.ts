import { KeyedLock } from "../keyed-lock.ts";
import type { ReferrerUpdate } from "../referrer-update.ts";
import type { HostFactName, HostFacts } from "./host-facts.ts";
import { knownHostFacts } from "./known-host.ts";

/**
 * What one registry was seen to do. Losing it costs requests, never correctness.
 * What a user has set wins over what was learned from answers, and this over what is known of the host's name.
 */
export class HostProfile {
  /** Updates of referrers tags under way, by repository and subject. */
  readonly referrerUpdates: Map<string, ReferrerUpdate> = new Map();
  readonly referrerLock: KeyedLock = new KeyedLock();
  /** Whether a PUT with the blob as its body was taken, since this process began. */
  putWorked = false;
  readonly #known: HostFacts;
  #learned: HostFacts = {};
  readonly #refusedMounts = new Set<string>();

  /** @param host `host` or `host:port`. */
  constructor(host: string) {
    this.#known = knownHostFacts(host);
  }

  /** What is believed of the host; undefined where nothing is. */
  get<N extends HostFactName>(name: N): HostFacts[N] {
    return this.#learned[name] ?? this.#known[name];
  }

  /** Believes from now on what an answer has shown. */
  learn(facts: HostFacts): void {
    this.#learned = { ...this.#learned, ...facts };
  }

  /** Remembers that mounting from one repository into another is refused. */
  refuseMount(from: string, into: string): void {
    this.#refusedMounts.add(`${from} ${into}`);
  }

  refusesMount(from: string, into: string): boolean {
    return this.#refusedMounts.has(`${from} ${into}`);
  }
}
