import { type LeaseReader, leasesOf, lentContent } from "./lease.ts";

/** Who looks at content on its way. */
export interface ContentWatcher {
  /** A piece of so many bytes passes. */
  received?(length: number): void;
  /** It can't be read any further. What this gives is thrown in the place of the error. */
  failed?(error: unknown): unknown;
}

/** Passes content on as it is, and tells of it. Nothing is copied: what a registry's answer lends, the next one gets lent too. */
export function watchContent(content: AsyncIterable<Uint8Array>, watcher: ContentWatcher): AsyncIterable<Uint8Array> {
  const leases = leasesOf(content);
  const watched: LeaseReader = {
    async read() {
      try {
        const lease = await leases.read();
        if (lease !== undefined) watcher.received?.(lease.bytes.length);
        return lease;
      } catch (error) {
        throw watcher.failed === undefined ? error : watcher.failed(error);
      }
    },
    close: () => leases.close(),
  };
  return lentContent(watched);
}
