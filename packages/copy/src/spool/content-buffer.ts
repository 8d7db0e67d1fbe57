/** Where content that grows is kept: written from its start to its end, read wherever it was written. */
export interface ContentBuffer {
  /** Bytes that are in it. */
  readonly length: number;
  /** Adds bytes at the end; they are lent. @throws what the system says, and is good for nothing any more. */
  append(bytes: Uint8Array): Promise<void>;
  /** Copies bytes that were written, from a place on, as many as there are and as there is room for; gives how many. @throws what the system says. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Lets it go. */
  close(): Promise<void>;
}
