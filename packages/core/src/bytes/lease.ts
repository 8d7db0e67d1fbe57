/** Bytes lent for a while: they must be neither read nor written after `release()`. Private to this package; never what an AsyncIterable gives. */
export interface Lease {
  readonly bytes: Uint8Array;
  /** Whether the bytes stay as they are after `release()` too, so that who wants to keep them needs no copy. */
  readonly isOwn: boolean;
  /** Gives them back. Whoever has a lease releases it, once, or hands it on. */
  release(): void;
}

/** Content as leases, read once and by one reader. */
export interface LeaseReader {
  /** The next one, which is the caller's to release; undefined at the end. Not called again before it has settled. */
  read(): Promise<Lease | undefined>;
  /** Gives up, also while a `read` is under way, which then gives nothing. What was handed out stays lent until it is released. */
  close(): Promise<void>;
}

/** Content that gives pieces of its own to whoever iterates it, and lends them to who asks for leases: the one or the other, once. */
export abstract class LentContent implements AsyncIterable<Uint8Array> {
  abstract leases(): LeaseReader;

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined, void> {
    return new OwnPieces(this.leases());
  }
}

/** Bytes that are the consumer's own. */
export function ownLease(bytes: Uint8Array): Lease {
  return { bytes, isOwn: true, release() {} };
}

/** A lease in two parts; it is released when both are. */
export function splitLease(lease: Lease, length: number): readonly [Lease, Lease] {
  const { bytes } = lease;
  return inTwo(lease, bytes.subarray(0, length), bytes.subarray(length));
}

/** A lease for two who read the same bytes; it is released when both have. */
export function shareLease(lease: Lease): readonly [Lease, Lease] {
  return inTwo(lease, lease.bytes, lease.bytes);
}

function inTwo(lease: Lease, first: Uint8Array, second: Uint8Array): readonly [Lease, Lease] {
  const { isOwn } = lease;
  let parts = 2;
  function part(of: Uint8Array): Lease {
    function release(): void {
      parts -= 1;
      if (parts === 0) lease.release();
    }
    return { bytes: of, isOwn, release };
  }
  return [part(first), part(second)];
}

/** Any content as leases: lent where it can be, else its own pieces. */
export function leasesOf(content: AsyncIterable<Uint8Array>): LeaseReader {
  if (content instanceof LentContent) return content.leases();
  const pieces = content[Symbol.asyncIterator]();
  let over = false;
  return {
    async read() {
      const next = await pieces.next();
      return over || next.done === true ? undefined : ownLease(next.value);
    },
    async close() {
      over = true;
      await pieces.return?.();
    },
  };
}

/** Leases as content that is iterated, or lent. */
export function lentContent(leases: LeaseReader): LentContent & AsyncIterableIterator<Uint8Array, undefined, void> {
  return new OwnPieces(leases);
}

/** Who iterates it owns the pieces: what is not its own already is copied. */
class OwnPieces extends LentContent implements AsyncIterableIterator<Uint8Array, undefined, void> {
  readonly #leases: LeaseReader;
  #over = false;

  constructor(leases: LeaseReader) {
    super();
    this.#leases = leases;
  }

  leases(): LeaseReader {
    return this.#leases;
  }

  override [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const lease = this.#over ? undefined : await this.#leases.read();
    if (lease === undefined) {
      this.#over = true;
      return { done: true, value: undefined };
    }
    const value = lease.isOwn ? lease.bytes : new Uint8Array(lease.bytes);
    lease.release();
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#over = true;
    await this.#leases.close();
    return { done: true, value: undefined };
  }
}
