import type { SyncResult } from "@tranship/copy";
import type { MirrorFile } from "../mirror/mirror-file.ts";
import type { Schedule } from "../mirror/schedule.ts";
import type { Reloaded } from "./reloaded.ts";
import type { WatchClock } from "./watch-clock.ts";
import type { OnWatchEvent } from "./watch-events.ts";

/** How often the file is looked at, in ms. */
const LOOK_MS = 5000;

/** A mirror file and when it is due. */
export interface Watched {
  readonly file: MirrorFile;
  readonly schedule: Schedule;
}

export interface WatchOptions {
  readonly watched: Reloaded<Watched>;
  /** Carries the file out. */
  readonly run: (file: MirrorFile, signal: AbortSignal) => Promise<SyncResult>;
  readonly clock: WatchClock;
  readonly onEvent: OnWatchEvent;
  /** Whether the first run begins at once. Else when it is due. */
  readonly atOnce: boolean;
}

/**
 * Carries a mirror file out whenever it is due, until the signal aborts. Runs never overlap: one that is due while another goes on is skipped. The file is looked at every
 * 5 seconds and before each run; one that is broken changes nothing. What fails in a run ends that run.
 * @throws `signal.reason`, after the run has ended, where one was under way; else it just ends.
 */
export async function watch(options: WatchOptions, signal: AbortSignal): Promise<void> {
  await new Watch(options, signal).untilAborted();
}

interface Run {
  readonly startedAt: Date;
  readonly ended: Promise<void>;
}

class Watch {
  readonly #options: WatchOptions;
  readonly #signal: AbortSignal;
  #due: Date;
  #looksAt: Date;
  #run: Run | undefined;
  /** Whether a run was ended by the signal. */
  #cutShort = false;
  /** Ends the wait that is under way. */
  #wake: () => void = () => {};

  constructor(options: WatchOptions, signal: AbortSignal) {
    const { clock, atOnce, watched } = options;
    this.#options = options;
    this.#signal = signal;
    const now = clock.now();
    this.#due = atOnce ? now : watched.current.schedule.next(now);
    this.#looksAt = new Date(now.getTime() + LOOK_MS);
  }

  async untilAborted(): Promise<void> {
    const { clock, onEvent } = this.#options;
    const onAbort = (): void => this.#wake();
    this.#signal.addEventListener("abort", onAbort);
    try {
      if (!this.#options.atOnce) onEvent({ type: "waiting", next: this.#due });
      while (!this.#signal.aborted) {
        const now = clock.now();
        if (now >= this.#due) await this.#comeDue(now);
        else if (now >= this.#looksAt) await this.#look(now);
        else await this.#sleep();
      }
      await this.#run?.ended;
      if (this.#cutShort) this.#signal.throwIfAborted();
    } finally {
      this.#signal.removeEventListener("abort", onAbort);
    }
  }

  async #comeDue(now: Date): Promise<void> {
    const due = this.#due;
    const { onEvent, watched } = this.#options;
    if (this.#run !== undefined) onEvent({ type: "skipped", due, running: this.#run.startedAt });
    else {
      await this.#look(now);
      if (this.#signal.aborted) return;
      this.#begin();
    }
    this.#due = watched.current.schedule.next(now);
    onEvent({ type: "waiting", next: this.#due });
  }

  #begin(): void {
    const { run, clock, watched, onEvent } = this.#options;
    const startedAt = clock.now();
    onEvent({ type: "started", startedAt });
    const ended = run(watched.current.file, this.#signal)
      .then(
        (result) => onEvent({ type: "ended", startedAt, endedAt: clock.now(), result }),
        (error: unknown) => {
          if (this.#signal.aborted) this.#cutShort = true;
          else onEvent({ type: "ended", startedAt, endedAt: clock.now(), error });
        },
      )
      .finally(() => {
        this.#run = undefined;
        this.#wake();
      });
    this.#run = { startedAt, ended };
  }

  async #look(now: Date): Promise<void> {
    const { watched, onEvent } = this.#options;
    this.#looksAt = new Date(now.getTime() + LOOK_MS);
    const before = watched.current.schedule.text;
    const look = await watched.look();
    if (look.state === "mended") onEvent({ type: "mended" });
    if (look.state === "broken") onEvent({ type: "broken", error: look.error, loadedAt: watched.loadedAt });
    if (look.state !== "changed") return;
    const { file, schedule } = watched.current;
    onEvent({ type: "reloaded", file: file.name, mirrors: file.mirrors.length });
    if (schedule.text === before || now >= this.#due) return;
    this.#due = schedule.next(now);
    onEvent({ type: "waiting", next: this.#due });
  }

  /** Until something is due, the run ends, or the signal aborts. Each wait has a promise of its own, so that none of them gathers what waits for it. */
  async #sleep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const until = Math.min(this.#due.getTime(), this.#looksAt.getTime());
    const cancel = this.#options.clock.wake(new Date(until), resolve);
    await promise;
    cancel();
  }
}
