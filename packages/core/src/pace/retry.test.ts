import { describe, expect, it } from "vitest";
import { RegistryError } from "../errors/errors.ts";
import { retrying } from "./retry.ts";

function failure(code: string, status?: number, retryAfterMs?: number): RegistryError {
  return new RegistryError(code, "Cannot do it: failed", {
    method: "GET",
    url: "https://r.example/v2/",
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Runs a task that fails with each error in turn and then succeeds; gives the waits. */
async function waitsFor(
  errors: readonly unknown[],
  options: Parameters<typeof retrying>[1] = {},
): Promise<readonly number[]> {
  const waits: number[] = [];
  const left = [...errors];
  await retrying(
    async () => {
      if (left.length > 0) throw left.shift();
    },
    { sleep: async (ms) => void waits.push(ms), random: () => 1, ...options },
  );
  return waits;
}

describe("retrying()", () => {
  it("waits twice as long each time, up to the longest", async () => {
    const errors = Array.from({ length: 4 }, () => failure("NETWORK"));
    expect(await waitsFor(errors, { baseDelayMs: 100, maxDelayMs: 300 })).toEqual([100, 200, 300, 300]);
  });

  it("takes a random part of the wait, all of it included", async () => {
    expect(await waitsFor([failure("TIMEOUT")], { baseDelayMs: 100, random: () => 0.25 })).toEqual([25]);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])("tries again after %i", async (status) => {
    expect(await waitsFor([failure("PROTOCOL", status)])).toHaveLength(1);
  });

  it.each([failure("DENIED", 403), failure("PROTOCOL", 501), failure("TLS"), new TypeError("bad")])(
    "does not try again after %s",
    async (error) => {
      await expect(waitsFor([error])).rejects.toBe(error);
    },
  );

  it("throws the last error after the last try", async () => {
    const errors = [failure("NETWORK"), failure("NETWORK"), failure("TIMEOUT")];
    await expect(waitsFor(errors, { attempts: 3 })).rejects.toBe(errors[2]);
  });

  it("never comes back before the time told", async () => {
    expect(await waitsFor([failure("TOOMANYREQUESTS", 429, 9000)], { random: () => 0 })).toEqual([9000]);
  });

  it("ends in RATE_LIMITED with the time to come back where the wait is too long, and does not try that again", async () => {
    const error = failure("TOOMANYREQUESTS", 429, 9000);
    const limited = await waitsFor([error], { maxRetryAfterMs: 8999 }).catch((thrown: unknown) => thrown);
    expect(limited).toMatchObject({ code: "RATE_LIMITED", status: 429, retryAfterMs: 9000 });
    expect(String(limited)).toMatch(/come back at \d{4}-/);
    await expect(waitsFor([limited])).rejects.toBe(limited);
  });

  it("says so too where nothing would be tried again", async () => {
    const error = failure("TOOMANYREQUESTS", 429, 9000);
    await expect(waitsFor([error], { maxRetryAfterMs: 1000, attempts: 1 })).rejects.toMatchObject({
      code: "RATE_LIMITED",
    });
  });

  it("stops at once when aborted during a wait", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = retrying(async () => Promise.reject(failure("NETWORK")), {
      signal: controller.signal,
      random: () => 1,
      baseDelayMs: 3_600_000,
      maxDelayMs: 3_600_000,
      onRetry: () => queueMicrotask(() => controller.abort(reason)),
    });
    await expect(running).rejects.toBe(reason);
  });

  it("tells of each retry before it waits", async () => {
    const told: unknown[] = [];
    const error = failure("NETWORK");
    await waitsFor([error], { onRetry: (retry) => told.push(retry), baseDelayMs: 10 });
    expect(told).toEqual([{ attempt: 1, delayMs: 10, error }]);
  });
});
