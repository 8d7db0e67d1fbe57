import type { CopyEvent } from "@tranship/copy";
import { digestOf, OCI_LAYER_GZIP } from "@tranship/core";
import { expect, it } from "vitest";
import { renderBars } from "./bars.ts";
import { Transfers } from "./transfers.ts";

/** A transfer of 1 GB, of which 123.4 MB were sent. */
function underWay(): Transfers {
  const transfers = new Transfers();
  const descriptor = { mediaType: OCI_LAYER_GZIP, digest: digestOf(Buffer.from("layer")), size: 1_000_000_000 };
  const place = { from: "a", to: "b" };
  const events = [
    { type: "planned", descriptor, ...place },
    { type: "started", descriptor, ...place },
    { type: "bytes", digest: descriptor.digest, bytes: 123_400_000, ...place },
  ] as unknown as readonly CopyEvent[];
  for (const event of events) transfers.observe(event, 0);
  return transfers;
}

it("renderBars() fits any width, and cuts no figure off", () => {
  const transfers = underWay();
  for (let columns = 1; columns <= 200; columns += 1) {
    for (const line of renderBars(transfers, { columns, rows: 24, color: false })) {
      expect(line.length).toBeLessThanOrEqual(columns - 1);
      for (const [figure] of line.matchAll(/\d+(?:\.\d+)? ?\S*$/g)) expect(["12%", "1.0 GB"]).toContain(figure);
    }
  }
});

it.each([
  [80, "─  123.4 MB / 1.0 GB"],
  [36, "total         123.4 MB / 1.0 GB"],
  [30, "total         12%"],
  [10, "12%"],
  [3, ""],
])("renderBars() on %s columns ends in %j", (columns, shown) => {
  const last = renderBars(underWay(), { columns, rows: 24, color: false }).at(-1);
  expect(last?.endsWith(shown)).toBe(true);
  if (columns < 80) expect(last).toBe(shown);
});

it("renderBars() leaves a line of the terminal for the cursor, however many transfers there are", () => {
  const transfers = new Transfers();
  for (let count = 0; count < 30; count += 1) {
    const descriptor = { mediaType: OCI_LAYER_GZIP, digest: digestOf(Buffer.from(String(count))), size: 1000 };
    const events = ["planned", "started"].map((type) => ({ type, descriptor, from: "a", to: "b" }));
    const bytes = { type: "bytes", digest: descriptor.digest, bytes: 5, from: "a", to: "b" };
    for (const event of [...events, bytes] as unknown as readonly CopyEvent[]) transfers.observe(event, 0);
    for (let rows = 1; rows <= 40; rows += 1) {
      const lines = renderBars(transfers, { columns: 80, rows, color: false });
      expect(lines.length).toBeLessThan(rows);
      if (rows > 1) expect(lines.at(-1)).toContain("total");
    }
  }
});
