import type { OnEvent } from "@tranship/copy";

/** Shows the events of copies to whoever waits for them. */
export interface Progress {
  /** Bound, so that it can be handed on. */
  readonly onEvent: OnEvent;
  /** Says how much there is to do at most, in bytes, where a plan knows it before anything starts. */
  expect?(bytes: number): void;
  /** Ends the showing: nothing of it stays on a terminal but what is worth keeping. */
  close(): void;
}

/** A stream of text: stdout, stderr. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}
