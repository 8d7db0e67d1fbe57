/** The rest that is read rather than closing the connection, in bytes and ms. */
const SHORT_REST = 64 * 1024;
const SHORT_REST_MS = 1000;

export interface Rest {
  /** Bytes that the head promised, where it did. */
  readonly length: number | undefined;
  /** Reads to the end. @throws where it is longer than `limit`. */
  read(limit: number): Promise<unknown>;
  /** Closes the connection. */
  destroy(): void;
}

/** Gets rid of a body that nobody wants: a short one is read, so that its connection can be used again; a long or slow one costs the connection. */
export async function dropRest(rest: Rest): Promise<void> {
  if ((rest.length ?? 0) > SHORT_REST) {
    rest.destroy();
    return;
  }
  const timer = setTimeout(() => rest.destroy(), SHORT_REST_MS);
  try {
    await rest.read(SHORT_REST);
  } catch {
    // The connection is closed, which is what dropping may do.
  } finally {
    clearTimeout(timer);
  }
}
