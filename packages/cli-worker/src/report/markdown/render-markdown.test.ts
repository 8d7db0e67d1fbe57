import { describe, expect, it } from "vitest";
import { hostileReport, ordinaryReport, sampleReport, sampleResult } from "../../../../../test/report/sample-report.ts";
import { code } from "./markdown-text.ts";
import { renderMarkdown } from "./render-markdown.ts";

describe("code()", () => {
  it("fences whatever ticks there are, escapes bars, and stays on one line", () => {
    expect(code("a")).toBe("`a`");
    expect(code("a`b")).toBe("``a`b``");
    expect(code("``")).toBe("``` `` ```");
    expect(code("a|b\nc")).toBe("`a\\|b c`");
    expect(code("\u202ea")).toBe("`\\u{202e}a`");
    expect(code("")).toBe("");
  });
});

describe("renderMarkdown()", () => {
  it("says what moved, what was saved, what was slow and what failed", () => {
    const text = renderMarkdown(ordinaryReport());
    for (const line of [
      "44 tags: 1 failed, 1 not done, 4 copied, 1 retagged, 1 deleted, 36 unchanged. Begun 2026-11-25 09:30 UTC, took 1 min 23 s.",
      "| moved | 16 | 209.4 MB |",
      "| saved: mounted from another repository | 8 | 124.0 MB |",
      "| `registry.example/team/worker` → `mirror.example:5000/team/worker` | 1 copied, 1 deleted | 0 | 52.3 MB | 39.4 MB |",
      "| `registry.example` | 53 | 209.4 MB | 0 B | 3 (2 asked for, waited 4.2 s) |",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).toContain("the registry asks to wait 21600 s");
    expect(text).toMatch(
      /### Deleted\n\n\| tag \| was \|\n.*\n\| `mirror\.example:5000\/team\/worker:[^`]+` \| `sha256:/,
    );
  });

  it("has every foreign text in a code span, where nothing works", () => {
    const text = renderMarkdown(hostileReport());
    const outside = text.replaceAll(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, "");
    for (const what of ["<script", "<img", "](", "@octocat", "owned"]) {
      expect(text).toContain(what);
      expect(outside).not.toContain(what);
    }
    // The columns of each table are those of its head.
    const columns = (line: string): number => line.replaceAll("\\|", "").split("|").length;
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    for (const table of text.split("\n\n").map((part) => part.split("\n").filter((line) => line.startsWith("|")))) {
      expect(new Set(table.map(columns)).size).toBeLessThanOrEqual(1);
    }
    expect(rows.length).toBeGreaterThan(10);
  });

  it("stays short however much was done", () => {
    const images = Array.from({ length: 20_000 }, (_, at) =>
      sampleResult(`v${at}`, "failed", {
        from: `registry.example/${at}`,
        error: { code: "DENIED", message: "x".repeat(300) },
      }),
    );
    const text = renderMarkdown(sampleReport({ images, notices: images.map(({ from }) => from) }));
    expect(text.length).toBeLessThan(150_000);
    expect(text).toContain("… and 19900 more rows.");
  });

  it("says once what a source's tag has to say for each of its targets", () => {
    const notices = ["r.example/app:v1 has moved"];
    const images = ["one", "two"].map((to) => sampleResult("v1", "copied", { to: `${to}.example/app`, notices }));
    expect(renderMarkdown(sampleReport({ images, notices: [] })).split("has moved")).toHaveLength(2);
  });

  it("says that nothing was to be done, and that a run was ended", () => {
    expect(renderMarkdown(sampleReport({ images: [] }))).toContain("No tags.");
    const error = { code: "INTERRUPTED", message: "interrupted" };
    expect(renderMarkdown(sampleReport({ images: [], error }))).toContain("Ended by `INTERRUPTED`: `interrupted`");
  });
});
