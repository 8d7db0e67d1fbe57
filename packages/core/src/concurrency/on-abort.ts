import { type Member, Roster } from "./roster.ts";

/** Who wants to know of a signal. */
interface Watcher extends Member {
  readonly action: () => void;
}

/** Those who watch a signal, and the one listener that tells them. */
interface Watch {
  readonly watchers: Roster<Watcher>;
  readonly tell: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Acts when a signal aborts, until the function that this gives is called; not for one that is aborted already.
 * All who watch a signal share a listener: Node links the listeners of a signal to each other, and those that were removed to later ones, so that with one for each request of a long run all that
 * their closures hold would stay in memory until the next full collection, as with a Set (see Roster).
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const { watchers, tell } = watchOf(signal);
  if (watchers.size === 0) signal.addEventListener("abort", tell, { once: true });
  const watcher: Watcher = { action, place: -1 };
  watchers.join(watcher);
  return () => {
    if (watcher.place < 0) return;
    watchers.leave(watcher);
    if (watchers.size === 0) signal.removeEventListener("abort", tell);
  };
}

function watchOf(signal: AbortSignal): Watch {
  const known = watches.get(signal);
  if (known !== undefined) return known;
  const watchers = new Roster<Watcher>();
  const tell = (): void => {
    for (const watcher of watchers) {
      // One that was told before may have made this one leave.
      if (watcher.place >= 0) watcher.action();
      watchers.leave(watcher);
    }
  };
  const watch = { watchers, tell };
  watches.set(signal, watch);
  return watch;
}
