import type { Descriptor } from "../../content/descriptor.ts";

/** What this process wants listed for one subject, as long as someone waits for it. */
export interface ReferrerUpdate {
  readonly wanted: Map<string, Descriptor>;
  waiting: number;
}
