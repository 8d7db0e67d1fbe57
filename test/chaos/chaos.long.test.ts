import { expect, it } from "vitest";
import { runChaos } from "./run-chaos.ts";

const MIB = 1024 * 1024;
const ROUNDS = Number(process.env["TRANSHIP_CHAOS_ROUNDS"] ?? 10);

it(
  "copies that are killed and cut at random end complete, with no tag on less, and leave nothing behind, here or at the target",
  async () => {
    const seed = process.env["TRANSHIP_CHAOS_SEED"] ?? "one";
    console.log(`chaos: ${ROUNDS} rounds, seed ${seed}`);
    const rounds = await runChaos({ rounds: ROUNDS, seed, bigLayer: 72 * MIB, log: console.log });
    expect(rounds).toHaveLength(ROUNDS);
    expect(rounds.some(({ killed }) => killed > 0)).toBe(true);
    expect(rounds.some(({ broken }) => broken > 0)).toBe(true);
    // Distribution 2.8 alone forgets a session whose connection breaks.
    for (const { killed, broken, unheard, forgotten, target } of rounds) {
      if (target !== "distribution 2.8") expect(forgotten).toBe(0);
      expect(unheard).toBeLessThanOrEqual(killed + broken);
    }
  },
  30 * 60_000,
);
