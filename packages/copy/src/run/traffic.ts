import type { Source, Target } from "@tranship/core";

/** Bytes of content that went over the line, what was sent again too. */
export interface Traffic {
  /** Read from it. */
  readonly read: number;
  /** Written to it. */
  readonly written: number;
}

/** By host; a layout goes under its name. `{ "r.example": { read: 1024, written: 0 } }` */
export type TrafficCount = Readonly<Record<string, Traffic>>;

/** Adds up bytes of blobs and manifests, by host. What a mirror answers in a registry's place counts for the registry. */
export class TrafficMeter {
  readonly #hosts = new Map<string, { read: number; written: number }>();

  /** So many bytes came. */
  read(from: Pick<Source, "name" | "place">, bytes: number): void {
    this.#at(from).read += bytes;
  }

  /** So many bytes went. */
  wrote(to: Pick<Target, "name" | "place">, bytes: number): void {
    this.#at(to).written += bytes;
  }

  /** The sum so far. */
  result(): TrafficCount {
    return Object.fromEntries([...this.#hosts].map(([host, traffic]) => [host, { ...traffic }]));
  }

  #at({ name, place }: Pick<Source | Target, "name" | "place">): { read: number; written: number } {
    const host = place?.host ?? name;
    const traffic = this.#hosts.get(host) ?? { read: 0, written: 0 };
    this.#hosts.set(host, traffic);
    return traffic;
  }
}
