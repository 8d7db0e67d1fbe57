/** What a fact may be; what it means and which values are valid, `HOST_FACTS` says. */
export type FactValue = string | number | boolean;

/** Something that is known of a host. */
export interface HostFact {
  readonly name: string;
  /** As it was recorded, maybe by another version: to be validated by who reads it. */
  readonly value: FactValue;
  /** Whether the user has set it: then it never expires, and what is learned does not replace it. */
  readonly setByUser: boolean;
  readonly learned: number;
  /** Undefined for one that the user has set. */
  readonly expires: number | undefined;
}

/** How a host behaves: what it taught, and what the user said of it. */
export interface ProfileJournal {
  /** What holds now, each name once, in the names' order. */
  facts(host: string): Promise<readonly HostFact[]>;
  /** The host has shown it; kept for `keepMs` from now. */
  learned(host: string, name: string, value: FactValue, options: { readonly keepMs: number }): Promise<void>;
  /** The user has said it. */
  set(host: string, name: string, value: FactValue): Promise<void>;
  /** Forgets one fact of a host, or all, the user's too. Gives how many. */
  forget(host: string, name?: string): Promise<number>;
  /** Every host of which something is known, in the hosts' order. */
  hosts(): AsyncIterable<string>;
  /** Forgets every host. Gives how many facts there were. */
  clear(): Promise<number>;
}
