import { UsageError } from "../errors/usage-error.ts";
import { formatLocation, type Location, referenceOf } from "./location.ts";

/** Refuses tags and digests where repositories are meant: `--all-tags`. @param does what the command does with them. @throws {UsageError} */
export function refuseReferences(does: "copies" | "compares", locations: readonly Location[]): void {
  const named = locations.find((location) => referenceOf(location) !== undefined);
  if (named === undefined) return;
  throw new UsageError(
    `--all-tags ${does} repositories: leave out "${referenceOf(named)}" of "${formatLocation(named)}"`,
  );
}
