import type { Repository } from "@tranship/core";
import { MirrorFileError, type Problem } from "../file/problem.ts";
import type { Mirror, MirrorFile } from "../mirror-file.ts";
import { registryKey } from "./one-registry.ts";
import type { TargetTemplate } from "./target-template.ts";

/** A tag of a target that a mirror would write. */
export interface Write {
  readonly mirror: Mirror;
  readonly template: TargetTemplate;
  readonly source: Repository & { readonly tag: string };
  readonly target: Repository & { readonly tag: string };
}

/**
 * Refuses tags that two sources would be written to, by two mirrors or by one whose template gives one name to two: which of them stayed would be chance.
 * Memory: a text for each write.
 * @throws {MirrorFileError}
 */
export function checkWrites(file: MirrorFile, writes: Iterable<Write>): void {
  const writers = new Map<string, Write>();
  const problems: Problem[] = [];
  for (const write of writes) {
    const key = `${registryKey(write.target.host)}/${write.target.repository}:${write.target.tag}`;
    const other = writers.get(key);
    if (other === undefined) writers.set(key, write);
    else problems.push(collision(other, write));
  }
  if (problems.length > 0) throw new MirrorFileError(file.name, problems.slice(0, MOST));
}

/** Two mirrors that collide often do so in hundreds of tags. */
const MOST = 20;

function collision(first: Write, second: Write): Problem {
  const { mirror, template, source, target } = second;
  const by = first.mirror === mirror ? "" : ` by mirrors[${first.mirror.index}] (line ${first.mirror.at.line})`;
  const from = ({ host, repository, tag }: Write["source"]): string => `${host}/${repository}:${tag}`;
  return {
    at: template.at,
    path: `mirrors[${mirror.index}].to`,
    message: `${from(target)} would be written from ${from(source)}, and from ${from(first.source)}${by}: one tag has one source`,
  };
}
