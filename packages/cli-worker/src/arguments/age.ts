const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Reads an age such as `30d`, `12h`, `90m` or `2w`, in ms. @throws {SyntaxError} for another form. */
export function parseAge(text: string): number {
  const [, number, unit] = /^([0-9]{1,6})([mhdw])$/.exec(text) ?? [];
  for (const [name, ms] of Object.entries(UNITS)) {
    if (name === unit) return Number(number) * ms;
  }
  throw new SyntaxError(`Bad age ${JSON.stringify(text)}: expected a number and m, h, d or w, as in 30d`);
}
