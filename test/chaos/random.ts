import { createHash } from "node:crypto";

/** Numbers that follow from a seed. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** A whole number within the limits, both included. */
  between(least: number, most: number): number;
}

/** The same numbers each time for a seed. */
export function randomOf(seed: string): Random {
  let count = 0;
  const next = (): number => {
    count += 1;
    return createHash("sha256").update(`${seed} ${count}`).digest().readUInt32LE() / 2 ** 32;
  };
  return { next, between: (least, most) => least + Math.floor(next() * (most - least + 1)) };
}
