/** Prints a result as one line of JSON: what another program reads. */
export function print(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
