import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, vi } from "vitest";
import { ordinaryReport, sampleReport, sampleResult } from "../../../../test/report/sample-report.ts";
import { UsageError } from "../errors/usage-error.ts";
import { reportFiles, writeReports } from "./report-file.ts";

describe("reportFiles()", () => {
  it("takes the kind from the name, or from what stands before it", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-report-"));
    const kinds: readonly (readonly [value: string, name: string, kind: string])[] = [
      ["a.json", "a.json", "json"],
      ["a.MD", "a.MD", "markdown"],
      ["a.markdown", "a.markdown", "markdown"],
      ["a.html", "a.html", "html"],
      ["a.htm", "a.htm", "html"],
      ["md=step_summary", "step_summary", "markdown"],
      ["html=b.json", "b.json", "html"],
    ];
    for (const [value, name, kind] of kinds) {
      const here = value.replace(name, join(folder.path, name));
      expect(await reportFiles([here])).toEqual([{ path: join(folder.path, name), kind }]);
    }
    expect(await readdir(folder.path)).toEqual([]);
    expect(await reportFiles()).toEqual([]);
  });

  it("refuses what can't be written, what it does not know, and what is named twice", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-report-"));
    await mkdir(join(folder.path, "dir.html"));
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [["report.txt"], /"report\.txt": its name ends in \.json, \.md or \.html/],
      [["report"], /md=report/],
      [["pdf=report.pdf"], /its name ends in/],
      [[join(folder.path, "none/a.html")], /there is no folder/],
      [[join(folder.path, "dir.html")], /is a folder/],
      [["/proc/a.html"], /cannot write "\/proc\/a\.html"/],
      [[join(folder.path, "a.md"), `md=${join(folder.path, "./a.md")}`], /named twice/],
    ];
    for (const [values, message] of refused) {
      const refusal = reportFiles(values);
      await expect(refusal, values[0]).rejects.toThrow(UsageError);
      await expect(refusal).rejects.toThrow(message);
    }
  });
});

describe("writeReports()", () => {
  it("writes each kind whole, in the place of what was there", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-report-"));
    const paths = ["a.json", "a.md", "a.html"].map((name) => join(folder.path, name));
    for (const path of paths) await writeFile(path, "old\n".repeat(100_000));
    await writeReports(await reportFiles(paths), ordinaryReport());
    const [json = "", markdown = "", page = ""] = await Promise.all(paths.map((path) => readFile(path, "utf8")));
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(ordinaryReport().result)));
    expect(markdown).toMatch(/^## sync of `mirror\.yaml`: not all was done\n/);
    expect(page).toMatch(/^<!doctype html>\n/);
    expect(page).not.toContain("old");
    expect((await readdir(folder.path)).toSorted()).toEqual(["a.html", "a.json", "a.md"]);
  });

  it("names the file that can't be written, and writes the others", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-report-"));
    const files = [
      { path: join(folder.path, "gone/a.json"), kind: "json" },
      { path: join(folder.path, "a.html"), kind: "html" },
    ] as const;
    const report = sampleReport({ images: [sampleResult("v1", "copied")] });
    await expect(writeReports(files, report)).rejects.toThrow(/Cannot write the report ".*gone\/a\.json": no such/);
    expect(await readdir(folder.path)).toEqual(["a.html"]);
    // What failed before is what counts.
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await writeReports(files, ordinaryReport());
    expect(stderr).toHaveBeenCalledWith(expect.stringMatching(/^tranship: warning: Cannot write the report "/));
    stderr.mockRestore();
  });
});
