import type { Repository } from "@tranship/core";
import type { Mirror } from "../mirror-file.ts";
import { writtenRepositories } from "./find-loops.ts";
import { patternsOverlap } from "./name-overlap.ts";
import { registryKey } from "./one-registry.ts";
import type { RepositoryMirror, ResolvedRepositories } from "./resolve-repositories.ts";

/** Who writes to which repository. Memory: about 150 bytes a target. */
export class RepositoryWriters {
  readonly #writers = new Map<string, RepositoryMirror[]>();
  /** Of mirrors of which it is not known what they write. */
  readonly #failures: ResolvedRepositories["failures"];

  /** @param failures as they are whenever it is asked. */
  constructor({ repositories, failures }: Pick<ResolvedRepositories, "repositories" | "failures">) {
    for (const writer of repositories) this.add(writer);
    this.#failures = failures;
  }

  /** One more that writes. */
  add(writer: RepositoryMirror): void {
    for (const target of writer.targets) {
      const writers = this.#writers.get(keyOf(target)) ?? [];
      if (!writers.includes(writer)) writers.push(writer);
      this.#writers.set(keyOf(target), writers);
    }
  }

  /** Who else writes to a target, or may, as a message says it; undefined where nobody does. */
  besides(writer: RepositoryMirror, target: Repository): string | undefined {
    const other = this.#writers.get(keyOf(target))?.find((one) => one !== writer);
    if (other !== undefined) {
      const { host, repository } = other.source;
      const which = other.mirror === writer.mirror ? `${host}/${repository}` : nameOf(other.mirror);
      return `${which} is written there too`;
    }
    const unknown = this.#failures.map(({ mirror }) => mirror).find((mirror) => mayWrite(mirror, target));
    return unknown && `${nameOf(unknown)} may be written there too, and its repositories could not be listed`;
  }
}

function nameOf({ index, at, from }: Mirror): string {
  return `mirrors[${index}] (line ${at.line}, from ${from.text})`;
}

function mayWrite(mirror: Mirror, { host, repository }: Repository): boolean {
  return mirror.to.some(
    (target) =>
      registryKey(target.host) === registryKey(host) &&
      writtenRepositories(mirror, target).some((pattern) => patternsOverlap(pattern, repository)),
  );
}

function keyOf({ host, repository }: Repository): string {
  return `${registryKey(host)}/${repository}`;
}
