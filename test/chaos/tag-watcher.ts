import { setTimeout as delay } from "node:timers/promises";
import { verifyImage } from "@tranship/copy";
import { Registry, StoreError } from "@tranship/core";

/** Looks at a tag all the while. */
export interface TagWatcher {
  /** Ends it, and tells how often the tag was there. @throws what was wrong with what the tag stood for. */
  end(): Promise<number>;
}

/** Reads whatever the tag stands for, down to the last byte, each time that it stands for something. */
export function watchTag(host: string, repository: string, tag: string): TagWatcher {
  const ended = new AbortController();
  const watching = watch(host, repository, tag, ended.signal);
  watching.catch(() => {});
  return {
    end: () => {
      ended.abort();
      return watching;
    },
  };
}

async function watch(host: string, repository: string, tag: string, ended: AbortSignal): Promise<number> {
  await using registry = new Registry({ host, plainHttp: true });
  const store = registry.repository(repository);
  let seen = 0;
  while (!ended.aborted) {
    const there = await store.resolve(tag).catch((error: unknown) => {
      if (error instanceof StoreError && ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"].includes(error.code)) return undefined;
      throw error;
    });
    if (there !== undefined) {
      await verifyImage({ store, reference: tag });
      seen += 1;
    }
    await delay(20, undefined, { signal: ended }).catch(() => {});
  }
  return seen;
}
