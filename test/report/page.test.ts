import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { renderPage } from "../../packages/cli-worker/src/report/html/render-page.ts";
import type { Report } from "../../packages/cli-worker/src/report/report.ts";
import { Chromium, type OpenPage, type PageView } from "../peers/chromium.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { FAINT_TEXTS } from "./faint-texts.ts";
import { HOSTILE, hostileReport, LONG, ordinaryReport, sampleReport, sampleResult } from "./sample-report.ts";

/** The contrast that WCAG 2.2 asks of small text. */
const CONTRAST = 4.5;

describePeers("renderPage() in a browser", ["chromium"], ({ chromium }) => {
  const stack = new AsyncDisposableStack();
  let browser: Chromium;
  let folder: string;
  let pages = 0;

  beforeAll(async () => {
    browser = stack.use(await Chromium.start(chromium));
    folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-report-"))).path;
  });
  afterAll(() => stack.disposeAsync());

  async function show(report: Report, view?: PageView): Promise<OpenPage & { readonly url: string }> {
    pages += 1;
    const file = join(folder, `${pages}.html`);
    await writeFile(file, renderPage(report));
    const { href: url } = pathToFileURL(file);
    const page = await browser.open(url, view);
    return Object.assign(page, { url });
  }

  /** For whoever wants to look at it: `REPORT_PICTURES` names a folder. */
  async function keepPicture(page: OpenPage, { width = 1280, scheme = "light" }: PageView): Promise<void> {
    const pictures = process.env["REPORT_PICTURES"];
    if (pictures !== undefined) await writeFile(join(pictures, `${width}-${scheme}.png`), await page.picture());
  }

  const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  const VIEWS: readonly PageView[] = [
    {},
    { scheme: "dark" },
    { width: 390 },
    { width: 390, scheme: "dark" },
    { width: 320 },
    { width: 720 },
    { width: 850 },
  ];

  it.each(VIEWS)("fits, and loads nothing: %o", async (view) => {
    const page = await show(ordinaryReport(), view);
    expect(await page.evaluate(overflow)).toBe(0);
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
    expect(await page.evaluate(overflow)).toBe(0);
    expect(page.requests()).toEqual([page.url]);
    expect(page.complaints()).toEqual([]);
    await keepPicture(page, view);
  });

  it.each(["light", "dark"] as const)("has text that stands out from what is behind it: %s", async (scheme) => {
    const page = await show(ordinaryReport(), { scheme });
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(ground).toBe(scheme === "light" ? "rgb(255, 255, 255)" : "rgb(15, 19, 25)");
    const faint = (await page.evaluate(`(${FAINT_TEXTS})(${CONTRAST})`)) as readonly unknown[];
    expect(faint).toEqual([]);
  });

  it("says what moved, what was saved, what was slow and what failed", async () => {
    const page = await show(ordinaryReport());
    const text = String(await page.evaluate("document.body.innerText"));
    for (const part of [
      "Not all was done",
      "44 tags: 1 failed, 1 not done, 4 copied, 1 retagged, 1 deleted, 36 unchanged",
      "209.4 MB moved: sent to the targets (16)",
      "124.0 MB saved: mounted",
      "33.6 MB saved: there before",
      "the registry asks to wait 21600 s",
      "RATE_LIMITED",
      "20.3 s",
      "registry.example/team/app:v3.20.0 → mirror.example:5000/team/app:v3.20.0",
      "3 (2 asked to wait, 4.2 s)",
      LONG,
    ]) {
      expect(text).toContain(part);
    }
    const slowest = "[...document.querySelectorAll('.length')].map((each) => each.getBoundingClientRect().width)";
    const widths = (await page.evaluate(slowest)) as readonly number[];
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    expect(widths[0]).toBeGreaterThan(widths.at(-1) ?? 0);
    const bar = "[...document.querySelectorAll('.bar span')].map((each) => each.getBoundingClientRect().width)";
    const [moved = 0, mounted = 0, skipped = 0] = (await page.evaluate(bar)) as readonly number[];
    expect(moved / mounted).toBeCloseTo(209.4 / 124, 1);
    expect(moved / skipped).toBeCloseTo(209.4 / 33.6, 0);
  });

  it("lists failures first, and then by name: v2 before v10", async () => {
    const tags = ["v10", "v2", "v9"].map((tag) => sampleResult(tag, tag === "v9" ? "failed" : "copied"));
    const page = await show(sampleReport({ images: tags }));
    const shown = await page.evaluate(
      "[...document.querySelectorAll('.pair td:first-child')].map((each) => each.innerText)",
    );
    expect(shown).toEqual(["v9", "v2", "v10"]);
  });

  it("opens the tags of a repository without a script", async () => {
    const page = await show(ordinaryReport(), { width: 390 });
    expect(await page.evaluate("document.querySelector('details td').checkVisibility()")).toBe(false);
    await page.evaluate("document.querySelector('summary').click()");
    expect(await page.evaluate("document.querySelector('details td').checkVisibility()")).toBe(true);
    expect(await page.evaluate("document.scripts.length")).toBe(0);
  });

  it("shows hostile names as text, and does nothing that they say", async () => {
    const page = await show(hostileReport());
    expect(await page.evaluate("document.title")).not.toBe("owned");
    expect(await page.evaluate("document.querySelectorAll('script, img, a, iframe, [onerror]').length")).toBe(0);
    expect(page.requests()).toEqual([page.url]);
    expect(page.complaints()).toEqual([]);
    const text = String(await page.evaluate("document.body.innerText"));
    expect(text).toContain(HOSTILE.split("\n")[0]);
    expect(text).toContain("\\u{202e}gpj.exe");
    expect(text).not.toContain("\u202e");
    expect(await page.evaluate(overflow)).toBe(0);
  });

  it("keeps a policy under which no script would run", async () => {
    const page = await show(ordinaryReport());
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('img'), { src: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' }))",
    );
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = \"owned\"' }))",
    );
    expect(await page.evaluate("document.title")).not.toBe("owned");
  });

  it("is a page too where there was nothing to do, and where a run was interrupted", async () => {
    const nothing = await show(sampleReport({ images: [] }), { width: 390 });
    expect(String(await nothing.evaluate("document.body.innerText"))).toContain("No tags");
    const ended = await show(
      sampleReport({
        images: [sampleResult("v1", "copied"), sampleResult("v2", "left")],
        error: { code: "INTERRUPTED", message: "interrupted" },
      }),
    );
    expect(String(await ended.evaluate("document.querySelector('h1').innerText"))).toContain("Interrupted");
  });

  it("stays a page that can be read where thousands of tags were copied", async () => {
    const images = Array.from({ length: 12_000 }, (_, at) =>
      sampleResult(`v${at}`, at % 2 === 0 ? "copied" : "failed"),
    );
    const page = await show(sampleReport({ images }), { width: 390 });
    expect(await page.evaluate("document.querySelectorAll('.failures li').length")).toBe(1000);
    expect(String(await page.evaluate("document.body.innerText"))).toContain("… and 5000 more");
    expect(await page.evaluate("document.documentElement.outerHTML.length")).toBeLessThan(2_000_000);
  });
});
