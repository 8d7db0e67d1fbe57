import { describe, expect, it } from "vitest";
import { SingleFlight } from "./single-flight.ts";

describe("SingleFlight", () => {
  it("does at once asked work once, and later work anew", async () => {
    const flights = new SingleFlight<number>();
    let done = 0;
    const task = async (): Promise<number> => {
      await new Promise(setImmediate);
      return ++done;
    };
    expect(await Promise.all([flights.run("a", task), flights.run("a", task), flights.run("b", task)])).toEqual([
      1, 1, 2,
    ]);
    expect(await flights.run("a", task)).toBe(3);
  });

  it("gives a failure to all that wait, and forgets it", async () => {
    const flights = new SingleFlight<number>();
    const error = new Error("no");
    const failing = (): Promise<number> => Promise.reject(error);
    const results = await Promise.allSettled([flights.run("a", failing), flights.run("a", failing)]);
    expect(results.map((result) => result.status === "rejected" && result.reason)).toEqual([error, error]);
    expect(await flights.run("a", async () => 1)).toBe(1);
  });

  it("goes on for the others when one gives up, and is aborted with the last", async () => {
    const flights = new SingleFlight<number>();
    const [first, second] = [new AbortController(), new AbortController()];
    let shared: AbortSignal | undefined;
    const task = (signal: AbortSignal): Promise<number> => {
      shared = signal;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const one = flights.run("a", task, first.signal);
    const two = flights.run("a", task, second.signal);
    first.abort(new Error("first"));
    await expect(one).rejects.toThrow("first");
    expect(shared?.aborted).toBe(false);
    second.abort(new Error("second"));
    await expect(two).rejects.toThrow("second");
    expect(shared?.aborted).toBe(true);
  });

  it("rejects who aborts while the work starts", async () => {
    const stop = new AbortController();
    const reason = new Error("stop");
    const task = (signal: AbortSignal): Promise<never> => {
      stop.abort(reason);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    await expect(new SingleFlight<number>().run("a", task, stop.signal)).rejects.toBe(reason);
  });
});
