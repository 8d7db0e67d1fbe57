import type { Hook } from "tranship";
import { type Fault, type FaultContext, firstTimes, refusal } from "./fault.ts";

/** Refuses the first requests of each kind of path. */
function throttling({ hit }: FaultContext, status: number, headers: () => Readonly<Record<string, string>>): Hook {
  const isEarly = firstTimes(1);
  return async (request, next) => {
    if (!isEarly(`${request.method} ${request.route.kind}`)) return next();
    hit(`${status}`);
    return refusal(status, "TOOMANYREQUESTS", "too many requests", headers());
  };
}

/** What registries do that are asked too much. */
export const PACE_FAULTS: readonly Fault[] = [
  ...(["source", "target"] as const).flatMap((at): Fault[] => [
    {
      name: `429 of a ${at}, with a time in seconds`,
      row: "throttled",
      copes: "nobody asks the host before the time told; half as many requests at once after it",
      at,
      script: (context) => throttling(context, 429, () => ({ "retry-after": "3" })),
    },
    {
      name: `429 of a ${at}, with a date`,
      row: "throttled",
      copes: "the same",
      at,
      script: (context) =>
        throttling(context, 429, () => ({ "retry-after": new Date(Date.now() + 5000).toUTCString() })),
    },
    {
      name: `429 of a ${at}, without a time`,
      row: "throttled",
      copes: "all requests to the host wait as long as a backoff says",
      at,
      script: (context) => throttling(context, 429, () => ({})),
    },
    {
      name: `503 of a ${at}`,
      row: "throttled",
      copes: "the same",
      at,
      script: (context) => throttling(context, 503, () => ({})),
    },
  ]),
  {
    name: "a time that is later than anyone waits",
    row: "throttled",
    copes: "everything that asks the host ends at once, with the time to come back",
    at: "source",
    ends: { code: "RATE_LIMITED", says: /come back at \d{4}-/ },
    script:
      ({ hit }) =>
      async () => {
        hit("429");
        return refusal(429, "TOOMANYREQUESTS", "slow down", { "retry-after": "7200" });
      },
  },
  {
    name: "pulls that are counted",
    row: "hub-quota",
    copes:
      "a tag is looked at by HEAD; with a floor no manifest is read below it, and the message says when the window has ended",
    at: "source",
    options: { pullFloor: 10 },
    ends: { code: "RATE_LIMITED", says: /10 of 100 pulls are left .* come back at \d{4}-/ },
    script: ({ hit }) => {
      let left = 12;
      return async (request, next) => {
        const answer = await next();
        if (request.route.kind !== "manifest") return answer;
        if (request.method === "GET") left -= 1;
        hit(`${left} left`);
        const headers = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": `${left};w=21600` };
        return { ...answer, headers: { ...answer.headers, ...headers } };
      };
    },
  },
];
