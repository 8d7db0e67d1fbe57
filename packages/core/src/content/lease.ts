/** Bytes lent for a while: they must be neither read nor written after `release()`. Private to this package; never what an AsyncIterable gives. */
export interface Lease {
  readonly bytes: Uint8Array;
  /** Gives them back, once. Whoever has a lease releases it or hands it on. */
  release(): void;
}

/** Content as leases, read once and by one reader. */
export interface LeaseReader {
  /** The next one, which is the caller's to release; undefined at the end. Not called again before it has settled. */
  read(): Promise<Lease | undefined>;
  /** Gives up; a `read` under way ends. What was handed out stays lent until it is released. */
  close(): Promise<void>;
}

/** The key under which content that can also be lent offers it. */
export const LEASES: unique symbol = Symbol("leases");

/** Content that gives pieces of its own to whoever iterates it, and lends them to who asks for leases: the one or the other. */
export interface LentContent extends AsyncIterable<Uint8Array> {
  [LEASES](): LeaseReader;
}

export function isLent(content: AsyncIterable<Uint8Array>): content is LentContent {
  return LEASES in content;
}

/** Any content as leases: lent where it can be, else its own pieces. */
export function leasesOf(content: AsyncIterable<Uint8Array>): LeaseReader {
  if (isLent(content)) return content[LEASES]();
  const pieces = content[Symbol.asyncIterator]();
  return {
    async read() {
      const next = await pieces.next();
      return next.done === true ? undefined : { bytes: next.value, release() {} };
    },
    async close() {
      await pieces.return?.();
    },
  };
}

/** Leases as pieces that the consumer owns. Costs a copy. */
export function ownedPieces(leases: LeaseReader): AsyncIterator<Uint8Array, undefined, void> {
  let over = false;
  return {
    async next() {
      const lease = over ? undefined : await leases.read();
      if (lease === undefined) {
        over = true;
        return { done: true, value: undefined };
      }
      const value = new Uint8Array(lease.bytes);
      lease.release();
      return { done: false, value };
    },
    async return() {
      over = true;
      await leases.close();
      return { done: true, value: undefined };
    },
  };
}
