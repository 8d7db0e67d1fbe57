/** What a connection's bytes told of the upload sessions of a registry, by the last part of their paths. */
export interface SessionLedger {
  /** The newest Location that went to the client whole. */
  location(session: string): string | undefined;
  /** Whether the client made a request to the newest Location: else it may have been answered to a process that was killed. */
  usedNewest(session: string): boolean;
  /** What the client asked of it, and what it was answered: `POST 202`, `PATCH`, `GET 404`, … */
  history(session: string): readonly string[];
  /** Bytes that came from the registry and go to the client, on one connection. */
  answered(connection: object, bytes: Buffer): void;
  /** Bytes that came from the client. */
  asked(connection: object, bytes: Buffer): void;
}

const LOCATION = /^location: (\S*\/blobs\/uploads\/([^\s?]+)\S*)\r\n/gim;
/** A client that waits for each answer begins each request with a packet of its own. */
const REQUEST = /^(GET|PATCH|PUT|DELETE) (\S*\/blobs\/uploads\/([^\s?]+)\S*) HTTP/;
/** Of an answer that comes in pieces, so much is looked at again. */
const TAIL = 4096;
const STATUS = /^HTTP\/1\.1 (\d{3})/;

export function sessionLedger(): SessionLedger {
  const locations = new Map<string, string>();
  const used = new Set<string>();
  const histories = new Map<string, string[]>();
  const tails = new WeakMap<object, string>();
  /** What was asked last on a connection. */
  const asking = new WeakMap<object, { readonly history: string[]; readonly at: number }>();
  const historyOf = (session: string): string[] => {
    const history = histories.get(session) ?? [];
    histories.set(session, history);
    return history;
  };
  // The digest of a commit comes after the query that was given.
  const isNewest = (session: string, path: string): boolean => {
    const { pathname, search } = new URL(locations.get(session) ?? "/", "http://registry.example");
    return path.startsWith(pathname + search);
  };
  return {
    location: (session) => locations.get(session),
    usedNewest: (session) => used.has(session),
    history: (session) => histories.get(session) ?? [],
    answered(connection, bytes) {
      const text = (tails.get(connection) ?? "") + bytes.toString("latin1");
      for (const [, location, session] of text.matchAll(LOCATION)) {
        if (location === undefined || session === undefined || locations.get(session) === location) continue;
        locations.set(session, location);
        used.delete(session);
      }
      tails.set(connection, text.slice(-TAIL));
      const status = STATUS.exec(bytes.toString("latin1", 0, TAIL))?.[1];
      const asked = asking.get(connection);
      if (status !== undefined && asked !== undefined) asked.history[asked.at] += ` ${status}`;
    },
    asked(connection, bytes) {
      const [, method, path, session] = REQUEST.exec(bytes.toString("latin1", 0, TAIL)) ?? [];
      if (method === undefined || path === undefined || session === undefined) return;
      const stale = !isNewest(session, path);
      if (!stale) used.add(session);
      const history = historyOf(session);
      asking.set(connection, { history, at: history.push(stale ? `${method} (stale)` : method) - 1 });
    },
  };
}
