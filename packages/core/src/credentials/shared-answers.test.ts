import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { sharedAnswers } from "./shared-answers.ts";

describe("sharedAnswers()", () => {
  it("sharedAnswers() asks once for all who ask at once, and keeps the answer", async () => {
    const asked: string[] = [];
    const ask = sharedAnswers((key) => {
      asked.push(key);
      return Promise.resolve(key.toUpperCase());
    }, 1e9);
    await expect(Promise.all([ask("a"), ask("a"), ask("b")])).resolves.toEqual(["A", "A", "B"]);
    await ask("a");
    expect(asked).toEqual(["a", "b"]);
  });

  it("sharedAnswers() asks again when the answer is too old, and after a failure", async () => {
    let asked = 0;
    const ask = sharedAnswers(() => {
      asked += 1;
      return asked === 1 ? Promise.reject(new RangeError("first")) : Promise.resolve(asked);
    }, 0);
    await expect(ask("a")).rejects.toThrow("first");
    await expect(ask("a")).resolves.toBe(2);
    await expect(ask("a")).resolves.toBe(3);
  });

  it("sharedAnswers() keeps each answer as long as is said of it", async () => {
    const asked: string[] = [];
    const ask = sharedAnswers(
      async (key) => {
        asked.push(key);
        return key;
      },
      (answer) => (answer === "long" ? 1e9 : 0),
    );
    for (const key of ["long", "long", "short", "short"]) await ask(key);
    expect(asked).toEqual(["long", "short", "short"]);
  });

  it("sharedAnswers() lets one asker go without disturbing the other", async () => {
    const answer = Promise.withResolvers<string>();
    const signals: AbortSignal[] = [];
    const ask = sharedAnswers((_, signal) => {
      signals.push(signal);
      return answer.promise;
    }, 1e9);
    const first = new AbortController();
    const second = new AbortController();
    const gone = ask("a", first.signal);
    const stays = ask("a", second.signal);
    const reason = new Error("gone");
    first.abort(reason);
    await expect(gone).rejects.toBe(reason);
    expect(signals[0]?.aborted).toBe(false);
    answer.resolve("yes");
    await expect(stays).resolves.toBe("yes");
    expect(getEventListeners(first.signal, "abort")).toEqual([]);
    expect(getEventListeners(second.signal, "abort")).toEqual([]);
  });

  it("sharedAnswers() aborts the question with the last asker, waits for its end, and starts anew for the next", async () => {
    let ended = false;
    let asked = 0;
    const ask = sharedAnswers((_, signal) => {
      asked += 1;
      if (asked === 2) return Promise.resolve("second");
      const end = Promise.withResolvers<string>();
      signal.addEventListener("abort", () =>
        setImmediate(() => {
          ended = true;
          end.reject(signal.reason);
        }),
      );
      return end.promise;
    }, 1e9);
    const controller = new AbortController();
    const asking = ask("a", controller.signal);
    const reason = new Error("gone");
    controller.abort(reason);
    const next = ask("a");
    await expect(asking).rejects.toBe(reason);
    expect(ended).toBe(true);
    await expect(next).resolves.toBe("second");
  });
});
