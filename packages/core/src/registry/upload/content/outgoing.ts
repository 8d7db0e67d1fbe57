/** Content on its way to a registry, in parts that become the bodies of requests. */
export interface Outgoing {
  /**
   * The part that begins at `offset`, of `length` bytes or less where the content ends. It can be sent any number of times.
   * @throws {ContentFailure} where the content can't go back to `offset`, or can't be read.
   */
  part(offset: number, length: number): Promise<OutgoingPart>;
  /**
   * Closes what is open of the source until the next part is read, where it can be opened again.
   */
  rest?(): void;
  /** Lets the source go. */
  close(): Promise<void>;
}

/** The bytes of one request. */
export interface OutgoingPart {
  readonly offset: number;
  readonly length: number;
  /** Whether the content ends with it. */
  readonly isLast: boolean;
  /** The bytes, anew with each call: a challenge, a redirect or a dead connection has the same part sent again. */
  body(): Uint8Array | AsyncIterable<Uint8Array>;
  /** What the latest body failed with, as opposed to its connection. */
  readonly failure: ContentFailure | undefined;
  /** How far the bodies were taken by a connection, an offset in the content: the registry can't have more. */
  readonly sent: number;
}

/** The content could not be read, or is wrong: the upload is over, whatever the registry says. The `cause` is what happened. */
export class ContentFailure extends Error {
  constructor(cause: unknown) {
    super("The content to push could not be read", { cause });
    this.name = "ContentFailure";
  }
}
