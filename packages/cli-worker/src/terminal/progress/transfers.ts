import type { CopyEvent } from "@tranship/copy";
import { type Descriptor, isManifestMediaType, UNKNOWN_SIZE } from "@tranship/core";
import { Rate } from "./rate.ts";

/** A blob on its way. */
export interface Transfer {
  readonly descriptor: Descriptor;
  readonly to: string;
  readonly startedAtMs: number;
  /** Bytes that were sent: of a known size never more than that, however often some were sent again. */
  readonly bytes: number;
  /** Bytes of the whole; undefined where nothing states them. */
  readonly size: number | undefined;
  readonly rate: Rate;
}

/** What a copy's events add up to: what is on its way, how much is done, how much is planned. Sizes are bytes. */
export class Transfers {
  readonly #active = new Map<string, Transfer & { bytes: number }>();
  readonly #planned = new Map<string, number>();
  readonly #rate = new Rate();
  #total = 0;
  #expected = 0;
  #mostDone = 0;
  #settled = 0;
  #sent = 0;

  /** Takes an event; gives the transfer that it ended, if it was a blob's. */
  observe(event: CopyEvent, nowMs: number): Transfer | undefined {
    if (event.type === "bytes") this.#addBytes(`${event.to} ${event.digest}`, event.bytes);
    if (!("descriptor" in event)) return undefined;
    const { descriptor, to } = event;
    const key = `${to} ${descriptor.digest}`;
    if (event.type === "planned") {
      // What is planned again before it has settled counts once.
      const size = sizeOf(descriptor) ?? 0;
      this.#total += size - (this.#planned.get(key) ?? 0);
      this.#planned.set(key, size);
    } else if (event.type === "started" && !isManifestMediaType(descriptor.mediaType)) {
      const rate = new Rate();
      rate.sample(0, nowMs);
      if (this.#active.size === 0) this.#rate.sample(this.#sent, nowMs);
      this.#active.set(key, { descriptor, to, startedAtMs: nowMs, bytes: 0, size: sizeOf(descriptor), rate });
    } else if (event.type === "resumed") {
      const transfer = this.#active.get(key);
      if (transfer !== undefined) transfer.bytes = within(event.offset, transfer.size);
    } else if (event.type === "done" || event.type === "mounted" || event.type === "skipped") {
      return this.#settle(key);
    }
    return undefined;
  }

  /** Takes the measure of every rate; also where no bytes come, so that a stalled transfer is seen to be slow. */
  measure(nowMs: number): void {
    this.#rate.sample(this.#sent, nowMs);
    for (const { rate, bytes } of this.#active.values()) rate.sample(bytes, nowMs);
  }

  /** The blobs of which bytes have been sent, the oldest first. */
  get active(): readonly Transfer[] {
    return [...this.#active.values()].filter(({ bytes }) => bytes > 0);
  }

  /** Says what will be planned in the end, at most. */
  expect(bytes: number): void {
    this.#expected = Math.max(0, bytes);
  }

  /** What a plan said, or what is planned so far: it grows while the source is read, and never shrinks. */
  get total(): number {
    return Math.max(this.#total, this.#expected);
  }

  /** Of the total, what was sent, mounted, or found to be there. What has to be sent again does not make it less. */
  get done(): number {
    let partly = 0;
    // What was not planned, or has settled already, is no part of the total.
    for (const [key, planned] of this.#planned) partly += Math.min(this.#active.get(key)?.bytes ?? 0, planned);
    this.#mostDone = Math.max(this.#mostDone, Math.min(this.#settled + partly, this.total));
    return this.#mostDone;
  }

  /** Bytes a second that are sent, all together. */
  get perSecond(): number {
    return this.#rate.perSecond;
  }

  #addBytes(key: string, bytes: number): void {
    this.#sent += bytes;
    const transfer = this.#active.get(key);
    if (transfer !== undefined) transfer.bytes = within(transfer.bytes + bytes, transfer.size);
  }

  #settle(key: string): Transfer | undefined {
    const transfer = this.#active.get(key);
    this.#active.delete(key);
    this.#settled += this.#planned.get(key) ?? 0;
    this.#planned.delete(key);
    return transfer;
  }
}

function sizeOf({ size }: Descriptor): number | undefined {
  return size === UNKNOWN_SIZE ? undefined : size;
}

/** Of content that has other bytes than its descriptor says, or whose bytes were sent again, no more than its size. */
function within(bytes: number, size: number | undefined): number {
  return Math.min(bytes, size ?? Number.POSITIVE_INFINITY);
}
