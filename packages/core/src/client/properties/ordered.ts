import type { PropertiesOrder } from "../../registry/azure/properties.ts";

interface Dated {
  readonly createdOn?: Date | undefined;
  readonly lastUpdatedOn?: Date | undefined;
}

/** @throws {TypeError} for what is no order. */
export function checkOrder(orderBy: PropertiesOrder | undefined): void {
  if (orderBy !== undefined) isAscending(orderBy);
}

/** Whether the oldest come first. @throws {TypeError} for what is no order. */
export function isAscending(orderBy: PropertiesOrder): boolean {
  if (orderBy === "LastUpdatedOnAscending") return true;
  if (orderBy === "LastUpdatedOnDescending") return false;
  throw new TypeError("Bad orderBy: expected LastUpdatedOnDescending or LastUpdatedOnAscending");
}

/** Sorted by time; what has none comes last. Items of the same time stay in their order. */
export function ordered<T extends Dated>(items: readonly T[], orderBy: PropertiesOrder): readonly T[] {
  const sign = isAscending(orderBy) ? 1 : -1;
  return items.toSorted((a, b) => {
    const left = timeOf(a);
    const right = timeOf(b);
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return sign * (left - right);
  });
}

function timeOf({ lastUpdatedOn, createdOn }: Dated): number | undefined {
  return (lastUpdatedOn ?? createdOn)?.getTime();
}
