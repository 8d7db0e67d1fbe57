/** What a token lets its holder do, as it is written into the token. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Reads `repository:team/app:pull,push`; a name may have a port, so the type ends at the first colon and the actions begin at the last. */
export function parseScope(text: string): Access {
  const [first, last] = [text.indexOf(":"), text.lastIndexOf(":")];
  if (first < 0 || first === last) throw new SyntaxError(`Bad scope "${text}": expected TYPE:NAME:ACTIONS`);
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions: text.slice(last + 1).split(",") };
}

export function formatScope({ type, name, actions }: Access): string {
  return `${type}:${name}:${actions.join(",")}`;
}
