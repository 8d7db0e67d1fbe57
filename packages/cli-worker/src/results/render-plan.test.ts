import type { PlannedImage, SyncPlan } from "@tranship/copy";
import { digestOf } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { renderPlan } from "./render-plan.ts";

const image = (tag: string, action: "copy" | "delete"): PlannedImage => ({
  mirror: "a.example/app",
  from: "a.example/app",
  tag,
  to: "t.example/app",
  targetTag: tag,
  action,
  reason: action === "copy" ? "missing" : "gone",
  there: action === "copy" ? null : digestOf(Buffer.from(tag)),
});

function planOf(images: readonly PlannedImage[]): SyncPlan {
  const createdAt = "2026-11-25T09:30:12.000Z";
  return {
    version: 1,
    kind: "plan",
    createdAt,
    images,
    hosts: {},
    create: [],
    unresolved: [],
    notices: [],
    requests: {},
  };
}

describe("renderPlan()", () => {
  it("says that a choice of platforms makes digests of its own", () => {
    const cut = { ...image("v1", "copy"), source: digestOf(Buffer.from("whole")), root: digestOf(Buffer.from("part")) };
    const whole = { ...image("v2", "copy"), source: cut.source, root: cut.source };
    expect(renderPlan(planOf([cut, whole]))).toContain(
      "  platforms 1 tag with the chosen platforms only, under a digest of its own",
    );
    expect(renderPlan(planOf([whole])).join()).not.toContain("platforms");
  });

  it("shows deletions, however much is copied", () => {
    const copies = Array.from({ length: 60 }, (_, at) => image(`v${at}`, "copy"));
    const lines = renderPlan(planOf([...copies, image("old", "delete")]));
    expect(lines).toContain("  … and 20 more");
    expect(lines.filter((line) => /^ {2}delete +t\.example\/app:old +gone/.test(line))).toHaveLength(1);
    expect(lines).toContain("Plan: 61 tags: 60 to copy, 0 unchanged, 1 to delete");
  });
});
