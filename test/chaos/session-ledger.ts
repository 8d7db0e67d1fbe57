/** What a connection's bytes told of the upload sessions of a registry, by the last part of their paths. */
export interface SessionLedger {
  /** The newest Location that went to the client whole. */
  location(session: string): string | undefined;
  /** Whether the client ever made a request to it. */
  wasUsed(session: string): boolean;
  /** Bytes that came from the registry and go to the client, on one connection. */
  answered(connection: object, bytes: Buffer): void;
  /** Bytes that came from the client. */
  asked(bytes: Buffer): void;
}

const LOCATION = /^location: (\S*\/blobs\/uploads\/([^\s?]+)\S*)\r\n/gim;
/** A client that waits for each answer begins each request with a packet of its own. */
const REQUEST = /^(?:GET|PATCH|PUT|DELETE) \S*\/blobs\/uploads\/([^\s?]+)\S* HTTP/;
/** Of an answer that comes in pieces, so much is looked at again. */
const TAIL = 4096;

export function sessionLedger(): SessionLedger {
  const locations = new Map<string, string>();
  const used = new Set<string>();
  const tails = new WeakMap<object, string>();
  return {
    location: (session) => locations.get(session),
    wasUsed: (session) => used.has(session),
    answered(connection, bytes) {
      const text = (tails.get(connection) ?? "") + bytes.toString("latin1");
      for (const [, location, session] of text.matchAll(LOCATION)) {
        if (location !== undefined && session !== undefined) locations.set(session, location);
      }
      tails.set(connection, text.slice(-TAIL));
    },
    asked(bytes) {
      const session = REQUEST.exec(bytes.toString("latin1", 0, TAIL))?.[1];
      if (session !== undefined) used.add(session);
    },
  };
}
