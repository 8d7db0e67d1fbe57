/** A set of names: each written out, or with `*` for any characters, none included. */
export type NamePattern = string;

/** Whether some name is one of both. */
export function patternsOverlap(a: NamePattern, b: NamePattern): boolean {
  if (!a.includes("*") && !b.includes("*")) return a === b;
  // What is reachable in b after each character of a; a `*` takes characters of the other side, or nothing.
  let reached = closure(new Set([0]), b);
  for (const letter of a) {
    const next = new Set<number>();
    for (const at of reached) {
      if (letter === "*") for (let end = at; end <= b.length; end++) next.add(end);
      else if (b[at] === "*") next.add(at);
      else if (b[at] === letter) next.add(at + 1);
    }
    reached = closure(next, b);
    if (reached.size === 0) return false;
  }
  return reached.has(b.length);
}

function closure(positions: Set<number>, pattern: NamePattern): ReadonlySet<number> {
  // What is added while a Set is iterated is visited too.
  for (const at of positions) if (pattern[at] === "*") positions.add(at + 1);
  return positions;
}
