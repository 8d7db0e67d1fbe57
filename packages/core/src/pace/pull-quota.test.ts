import { describe, expect, it } from "vitest";
import { PullQuota } from "./pull-quota.ts";

const HOURS = 3_600_000;

function left(count: string): Readonly<Record<string, string>> {
  return { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": count };
}

describe("PullQuota", () => {
  it("is spent at the floor, until the window is over", () => {
    const quota = new PullQuota(10);
    expect(quota.spent(0)).toBeUndefined();
    quota.answered(left("11;w=21600"), 1000);
    expect(quota.spent(1000)).toBeUndefined();
    quota.answered(left("10;w=21600"), 2000);
    expect(quota.spent(3000)).toEqual({ detail: "10 of 100 pulls are left", endsInMs: 6 * HOURS - 1000 });
    expect(quota.spent(2000 + 6 * HOURS)).toBeUndefined();
  });

  it("counts the pulls that are under way", () => {
    const quota = new PullQuota(10);
    quota.answered(left("12;w=21600"), 0);
    quota.pulling();
    expect(quota.spent(0)).toBeUndefined();
    quota.pulling();
    expect(quota.spent(0)).toMatchObject({ detail: "10 of 100 pulls are left" });
  });

  it("goes on when the registry says that there are more again", () => {
    const quota = new PullQuota(0);
    quota.answered(left("0;w=21600"), 0);
    expect(quota.spent(0)).toBeDefined();
    quota.answered({ "ratelimit-remaining": "5;w=21600" }, 0);
    expect(quota.spent(0)).toBeUndefined();
  });

  it.each(["", "many;w=1", "-1;w=21600", "5", "5;w=", "5, 6;w=9"])("takes %j for no word of it", (text) => {
    const quota = new PullQuota(1000);
    quota.answered({ "ratelimit-remaining": text }, 0);
    expect(quota.spent(0)).toBeUndefined();
  });

  it("reads a policy with other parameters", () => {
    const quota = new PullQuota(7);
    quota.answered({ "ratelimit-remaining": "7;comment=x; w=60" }, 0);
    expect(quota.spent(0)).toEqual({ detail: "7 pulls are left", endsInMs: 60_000 });
  });
});
