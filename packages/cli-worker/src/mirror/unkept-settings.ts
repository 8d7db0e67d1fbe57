import { formatProblem } from "./file/problem.ts";
import type { MirrorFile } from "./mirror-file.ts";

/** Settings of a mirror file that are read and checked, and that this release does not carry out: a line for each, so that nobody relies on them. */
export function unkeptSettings({ name, mirrors }: MirrorFile): readonly string[] {
  return mirrors.flatMap(({ index, at, prune }) => {
    const wrong = (message: string): string => formatProblem(name, { at, path: `mirrors[${index}]`, message });
    return [
      ...(prune === undefined ? [] : [wrong("prune is not carried out: this release deletes nothing at a target")]),
    ];
  });
}
