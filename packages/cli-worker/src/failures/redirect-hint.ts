const OPTIONS: readonly (readonly [key: string, flag: string])[] = [
  ["allowHttpRedirectTo", "--allow-http-redirect"],
  ["allowRedirectTo", "--allow-redirect"],
];

/** The flags that allow a refused redirect, from core's message, which names the mirror file's keys. */
export function redirectHint(message: string): string | undefined {
  const [, host, options = ""] = /; to allow it, list (\S+) in ([\w ]+)$/.exec(message) ?? [];
  if (host === undefined) return undefined;
  const named = OPTIONS.filter(([key]) => options.split(" ").includes(key));
  const flags = named.map(([, flag]) => `${flag} ${host}`).join(" ");
  return `that is ${flags}, or ${named.length > 1 ? "these keys" : "this key"} of the registry under hosts in a mirror file`;
}
