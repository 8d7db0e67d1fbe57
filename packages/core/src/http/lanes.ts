import { carriesBigBody } from "./big-body.ts";
import { BlobLane } from "./blob-lane/blob-lane.ts";
import { processSlabs, type SlabPool } from "./blob-lane/slab-pool.ts";
import { ControlLane } from "./control-lane.ts";
import { Dispatchers, type DispatchersOptions } from "./dispatchers.ts";
import type { ExchangeTimeouts, Lane } from "./lane.ts";
import type { HttpRequest } from "./message.ts";

/** `auto`: the bytes of big blobs by the blob lane, all else by the control lane. To find out what a lane does wrong, all that it can carry is given to one. */
export type LaneChoice = "auto" | "control" | "blob";

export interface LanesOptions extends DispatchersOptions {
  readonly timeouts: ExchangeTimeouts;
  /** Default `auto`. */
  readonly lane?: LaneChoice | undefined;
  /** The memory of the blob lane. Default: that of the process. */
  readonly slabs?: SlabPool | undefined;
}

/** The two lanes of one client, and which of them carries a request. */
export class Lanes {
  readonly control: Lane;
  readonly #blob: Lane;
  readonly #choice: LaneChoice;
  readonly #dispatchers: Dispatchers;
  readonly #isOwn: boolean;

  constructor(options: LanesOptions) {
    const { lane = "auto", timeouts, slabs = processSlabs, dispatcher } = options;
    this.#choice = lane;
    this.#isOwn = dispatcher === undefined;
    this.#dispatchers = new Dispatchers(options);
    this.control = new ControlLane(this.#dispatchers, timeouts);
    this.#blob = new BlobLane({ ...options, dispatchers: this.#dispatchers, slabs });
  }

  /** The blob lane goes directly; a proxy or a caller's dispatcher is the control lane's. */
  for(request: HttpRequest): Lane {
    const wanted =
      this.#choice === "auto" ? request.inSmallPieces !== true && carriesBigBody(request) : this.#choice === "blob";
    const direct = this.#isOwn && this.#dispatchers.routeOf(request.url).proxy === undefined;
    return wanted && direct ? this.#blob : this.control;
  }

  async close(): Promise<void> {
    await Promise.all([this.#blob.close(), this.control.close()]);
  }
}
