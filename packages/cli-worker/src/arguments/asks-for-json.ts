/** Whether the arguments ask for JSON output: read from them, since what is wrong may be the arguments. */
export function asksForJson(arguments_: readonly string[]): boolean {
  const end = arguments_.indexOf("--");
  return arguments_.slice(0, end === -1 ? undefined : end).includes("--json");
}
