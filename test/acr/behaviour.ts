import type { Hook } from "tranship";

/** What the fake does wrong. Read at every request, so that a test changes it while clients are at work. */
export interface AcrBehaviour {
  /** `expired`: Entra says that its token is good for an hour, and the registry that it is over. Default `valid`. */
  aadToken: "valid" | "expired" | "malformed";
  /** `refused`: the exchange answers 401 whatever the token is. Default `accepted`. */
  exchange: "accepted" | "refused";
  /** `malformed`: three parts, of which the second one is no JSON; the registry doesn't take it. Default `valid`. */
  refreshToken: "valid" | "malformed";
  /** As `refreshToken`. */
  accessToken: "valid" | "malformed";
  /** What `WWW-Authenticate` says. Default `whole`. */
  challenge: "whole" | "without scope" | "missing";
  /** `unauthorized`: 401 with a challenge, whatever the token is; `forbidden`: 403 for every token. Default `none`. */
  refusal: "none" | "unauthorized" | "forbidden";
  /** How far the fake's clock is ahead of the client's, in seconds; below 0: behind. Tokens and `Date` go by it. Default 0. */
  clockSkewSeconds: number;
  /** `loop`: the page after each page of a list is the same page. Default `end`. */
  pages: "end" | "loop";
  /** `wrong`: manifests come with a `Docker-Content-Digest` that is not theirs. Default `right`. */
  manifestDigest: "right" | "wrong";
  /** `altered`: the first byte of a download is another one; `cut`: the connection breaks in the middle. Default `intact`. */
  blobs: "intact" | "altered" | "cut";
  /** How many of the next requests to the registry are answered 429 (`Retry-After: 0`). Counts down. Default 0. */
  throttled: number;
  /** Stands before everything else on all three servers: answers by itself, or by its `next`. */
  intercept: Hook | undefined;
}

/** A registry without faults, but for those named. */
export function behaviourOf(faults: Partial<AcrBehaviour> = {}): AcrBehaviour {
  return {
    aadToken: "valid",
    exchange: "accepted",
    refreshToken: "valid",
    accessToken: "valid",
    challenge: "whole",
    refusal: "none",
    clockSkewSeconds: 0,
    pages: "end",
    manifestDigest: "right",
    blobs: "intact",
    throttled: 0,
    intercept: undefined,
    ...faults,
  };
}
