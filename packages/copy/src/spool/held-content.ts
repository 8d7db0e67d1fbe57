import type { Open } from "@tranship/core";

/** Content that lies on this machine, whole and verified. */
export interface HeldContent {
  /** Reads it from here. */
  readonly open: Open;
  /** Ends it. `kept`: it stays for a later process, where it lies in the state directory. Else it is removed. */
  end(how: "sent" | "kept"): Promise<void>;
}
