import { type Lease, type LeaseReader, lentContent } from "../../../bytes/lease.ts";
import { watchContent } from "../../../bytes/watch-content.ts";
import type { HashedReading } from "./hashed-reading.ts";
import { ContentFailure, type OutgoingPart } from "./outgoing.ts";

/** Which bytes of the content it is. */
export type PartRange = Pick<OutgoingPart, "offset" | "length" | "isLast">;

/** The streams of content that parts are read from. */
export interface Readings {
  /** One that stands at that place. */
  readingAt(offset: number): Promise<HashedReading>;
  /** Closes one that doesn't go on. */
  drop(reading: HashedReading): void;
}

/** A part of content that is opened when its body is asked for. */
export class KnownPart implements OutgoingPart {
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  failure: ContentFailure | undefined;
  sent: number;
  readonly #readings: Readings;

  constructor({ offset, length, isLast }: PartRange, readings: Readings) {
    this.offset = offset;
    this.length = length;
    this.isLast = isLast;
    this.sent = offset;
    this.#readings = readings;
  }

  body(): AsyncIterable<Uint8Array> {
    this.failure = undefined;
    let offset = this.offset;
    return watchContent(lentContent(new PartReader(this, this.#readings)), {
      received: (length) => {
        offset += length;
        this.sent = Math.max(this.sent, offset);
      },
      failed: (error) => {
        this.failure = new ContentFailure(error);
        return error;
      },
    });
  }
}

/** Reads the bytes of one part; of the last one, the end is held back until it is known to be right. */
class PartReader implements LeaseReader {
  readonly #content: Readings;
  readonly #range: PartRange;
  #reading: HashedReading | undefined;
  #held: Lease | undefined;
  #over = false;

  constructor(range: PartRange, content: Readings) {
    this.#range = range;
    this.#content = content;
  }

  async read(): Promise<Lease | undefined> {
    const { offset, length, isLast } = this.#range;
    try {
      if (this.#over) return undefined;
      const reading = this.#reading ?? (await this.#content.readingAt(offset));
      this.#reading = reading;
      const end = offset + length;
      while (!this.#over && reading.offset < end) {
        const piece = await reading.read(end - reading.offset);
        if (this.#over) piece.release();
        else if (isLast && reading.offset === end) this.#held = piece;
        else return piece;
      }
      if (this.#over) {
        this.#content.drop(reading);
        return undefined;
      }
      if (isLast) await reading.finish();
      this.#over = true;
      if (isLast) this.#content.drop(reading);
      const last = this.#held;
      this.#held = undefined;
      return last;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#held?.release();
    this.#held = undefined;
    if (this.#over) return;
    this.#over = true;
    const reading = this.#reading;
    const { offset, length, isLast } = this.#range;
    // The next part goes on where this one ended.
    if (reading !== undefined && (isLast || reading.offset < offset + length)) this.#content.drop(reading);
  }
}
