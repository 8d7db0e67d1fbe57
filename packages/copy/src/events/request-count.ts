import type { RequestRecord } from "@tranship/core";

/** Requests by host, and there by method and kind: `{ "r.example": { "GET manifest": 3, "POST upload": 4 } }`. */
export type RequestCount = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Told of a request, as it was answered. @param of whose it was, as events name it; undefined for what is of no image, such as a list of tags. */
export type OnCopyExchange = (request: RequestRecord, of?: CopyNames) => void;

/** Which copy it is: the source and the target with their references, `registry.example/app:v1`. */
export interface CopyNames {
  readonly from: string;
  readonly to: string;
}

/** Counts the requests of one copy, and hands each on to whoever counts more. */
export class RequestCounter {
  readonly #hosts = new Map<string, Map<string, number>>();
  readonly #next: OnCopyExchange | undefined;

  /** @param asked before, and counted too; `next` was told of it. */
  constructor(next?: OnCopyExchange, asked: readonly RequestRecord[] = []) {
    for (const request of asked) this.count(request);
    this.#next = next;
  }

  /** Bound, so that it can be handed to a store as its `onExchange`. */
  readonly count: OnCopyExchange = (request, of) => {
    const kinds = this.#hosts.get(request.host) ?? new Map<string, number>();
    const kind = `${request.method} ${request.kind}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.#hosts.set(request.host, kinds);
    this.#next?.(request, of);
  };

  /** The count so far. */
  result(): RequestCount {
    return Object.fromEntries([...this.#hosts].map(([host, kinds]) => [host, Object.fromEntries(kinds)]));
  }
}

/** The sum of several counts. */
export function addRequests(counts: Iterable<RequestCount>): RequestCount {
  const sum: Record<string, Record<string, number>> = {};
  for (const count of counts) {
    for (const [host, kinds] of Object.entries(count)) {
      const sumOfHost = sum[host] ?? {};
      sum[host] = sumOfHost;
      for (const [kind, requests] of Object.entries(kinds)) sumOfHost[kind] = (sumOfHost[kind] ?? 0) + requests;
    }
  }
  return sum;
}

/** All requests of a count. */
export function totalRequests(count: RequestCount): number {
  return Object.values(count)
    .flatMap((kinds) => Object.values(kinds))
    .reduce((sum, requests) => sum + requests, 0);
}
