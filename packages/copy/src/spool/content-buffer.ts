/** Where content that grows is kept: written from its start to its end, read wherever it was written. */
export interface ContentBuffer {
  /** Bytes that are in it. */
  readonly length: number;
  /** Adds bytes at the end; they are lent. @throws what the system says, and is good for nothing any more. */
  append(bytes: Uint8Array): Promise<void>;
  /** Bytes that were written, at least one and at most so many, the caller's own. @throws what the system says. */
  piece(position: number, length: number): Promise<Uint8Array>;
  /** Lets it go. */
  close(): Promise<void>;
}
