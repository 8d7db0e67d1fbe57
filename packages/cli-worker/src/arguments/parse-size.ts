/** `50MB`, `1.5 GiB`. */
export const SIZE: RegExp = /^([0-9]{1,15}(?:\.[0-9]{1,3})?) ?(B|[kKMGT]B|[KMGT]iB)$/;

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  kiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a size such as `50MB`, `1.5 GiB`. @throws {SyntaxError} for another form. */
export function parseSize(size: number | string): number {
  if (typeof size === "number") return size;
  const [, number, unit = ""] = SIZE.exec(size) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
  if (!(bytes >= 1))
    throw new SyntaxError(`${JSON.stringify(size)} is no size: write 50MB, 512KiB or a number of bytes`);
  return bytes;
}
