import { processSlabs, type SlabPool } from "../bytes/slab-pool.ts";
import { BlobLane } from "./blob-lane/blob-lane.ts";
import { ControlLane } from "./control-lane/control-lane.ts";
import { Dispatchers, type DispatchersOptions } from "./control-lane/dispatchers.ts";
import { refusesHttp1 } from "./errors/connection-failure.ts";
import type { ExchangeTimeouts, Lane } from "./lane.ts";
import { isOddAnswer } from "./lenient/odd-head.ts";
import { carriesBigBody } from "./message/big-body.ts";
import { OddFramingError } from "./message/framing.ts";
import type { Carrier, HttpRequest } from "./message/message.ts";

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
  readonly #control: Lane;
  readonly #blob: Lane;
  readonly #choice: LaneChoice;
  readonly #dispatchers: Dispatchers;
  readonly #isOwn: boolean;

  constructor(options: LanesOptions) {
    const { lane = "auto", timeouts, slabs = processSlabs, dispatcher } = options;
    this.#choice = lane;
    this.#isOwn = dispatcher === undefined;
    this.#dispatchers = new Dispatchers(options);
    this.#control = new ControlLane(this.#dispatchers, timeouts);
    this.#blob = new BlobLane({ ...options, dispatchers: this.#dispatchers, slabs });
  }

  /** By which lane a request goes first. */
  carrierOf(request: HttpRequest): Carrier {
    if (this.#isOwn && this.#dispatchers.readsLeniently(request.url)) return control(oddAnswers(request.url));
    const isBig = carriesBigBody(request);
    if (this.#choice === "control") return control(isBig ? "as was asked" : undefined);
    if (this.#choice === "auto" && !isBig) return control();
    const because = this.#hindrance(request);
    return because === undefined ? { name: "blob" } : control(because);
  }

  /** By which lane it goes after this failure, which says that another one may do better; undefined where none may. */
  carrierAfter(failure: unknown, { url }: HttpRequest): Carrier | undefined {
    if (failure instanceof OddFramingError) return control(failure.message);
    if (!this.#isOwn) return undefined;
    if (isOddAnswer(failure)) {
      this.#dispatchers.readLeniently(url);
      return control(oddAnswers(url));
    }
    if (!refusesHttp1(failure)) return undefined;
    this.#dispatchers.useHttp2(url);
    return control(onlyHttp2(url));
  }

  lane({ name }: Carrier): Lane {
    return name === "blob" ? this.#blob : this.#control;
  }

  async close(): Promise<void> {
    await Promise.all([this.#blob.close(), this.#control.close()]);
  }

  /** Why the blob lane can't carry it: it goes directly, speaks HTTP/1.1, and moves bytes in large pieces. */
  #hindrance({ url, inSmallPieces = false }: HttpRequest): string | undefined {
    if (!this.#isOwn) return "the caller's dispatcher sends it";
    const { proxy } = this.#dispatchers.to(url).route;
    if (proxy !== undefined) return `it goes through the proxy ${proxy.host}`;
    if (this.#dispatchers.usesHttp2(url)) return onlyHttp2(url);
    return inSmallPieces ? "its bytes are counted while they pass" : undefined;
  }
}

function control(because?: string): Carrier {
  return because === undefined ? { name: "control" } : { name: "control", because };
}

function oddAnswers({ host }: URL): string {
  return `${host} has sent an answer that only a lenient reader takes`;
}

function onlyHttp2({ host }: URL): string {
  return `${host} speaks HTTP/2 and nothing else`;
}
