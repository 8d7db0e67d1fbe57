import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "rolldown";

/** What a package's licence says, and where the text was found. */
export interface License {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of package.json. */
  readonly id: string;
  readonly text: string;
}

/** Apache-2.0 has one text for all, and the workspace is under it. */
const APACHE_TEXT = new URL("../../LICENSE", import.meta.url);

/**
 * Writes the name, version and licence text of every bundled package into one file.
 * The build fails on a package without a text: most licences require it to travel with the code.
 */
export function thirdPartyLicenses(fileName: string): Plugin {
  return {
    name: "third-party-licenses",
    generateBundle(_options, bundle) {
      const roots = new Set<string>();
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        for (const id of file.moduleIds) {
          const root = packageRoot(id);
          if (root !== undefined) roots.add(root);
        }
      }
      const licenses = [...roots].map(readLicense);
      const source = licenses
        .toSorted((one, other) => compare(one.name, other.name) || compare(one.version, other.version))
        .map(({ name, version, id, text }) => `${name} ${version}\nLicense: ${id}\n\n${text.trim()}\n`)
        .join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName, source });
    },
  };
}

/** The folder of the package that a module is in; undefined for the workspace's own modules. */
function packageRoot(id: string): string | undefined {
  return /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id)?.[1];
}

/** Reads the licence of the package in a folder. @throws {Error} if it has no licence text. */
export function readLicense(root: string): License {
  const manifest: { name: string; version: string; license?: string } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const { name, version, license: id = "" } = manifest;
  const files = readdirSync(root).filter((file) => /^(?:licen[cs]e|copying|notice)\b/i.test(file));
  const texts = files.map((file) => readFileSync(join(root, file), "utf8"));
  if (texts.length === 0) texts.push(textElsewhere(root, id) ?? "");
  const text = texts.join("\n");
  if (!/copyright|licen[cs]e/i.test(text)) {
    throw new Error(`Cannot bundle "${name}" ${version}: no licence text in ${root}; remove it, or find its text`);
  }
  return { name, version, id, text };
}

/** The text where the package has no file for it: a section of its README, or the text of Apache-2.0. */
function textElsewhere(root: string, id: string): string | undefined {
  const readme = readdirSync(root).find((file) => /^readme\b/i.test(file));
  const text = readme === undefined ? "" : readFileSync(join(root, readme), "utf8");
  const section = /^#*\s*(?:\(?the mit licen[cs]e\)?|licen[cs]e)\s*\n(?:[-=]+\n)?([\s\S]{400,})/im.exec(text)?.[1];
  if (section !== undefined) return section;
  return id === "Apache-2.0" ? readFileSync(APACHE_TEXT, "utf8") : undefined;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
