/** Whether the operating system refused with one of the codes: `ENOENT`, `EEXIST`, …. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
