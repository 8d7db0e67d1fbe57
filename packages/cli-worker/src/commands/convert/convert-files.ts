import { UsageError } from "../../errors/usage-error.ts";
import { parseMirrorFile } from "../../mirror/file/parse-mirror-file.ts";
import { YamlFile } from "../../mirror/file/yaml-file.ts";
import { MirrorFileError } from "../../mirror/problem.ts";
import { chooseSchedule } from "./choose-schedule.ts";
import { Conversion } from "./conversion.ts";
import { detectFormat, type ForeignFormat, isAuthFile } from "./foreign-format.ts";
import { type ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromDregsy } from "./from-dregsy.ts";
import { fromImageSyncer, fromImageSyncerAuth, fromImageSyncerImages } from "./from-image-syncer.ts";
import { fromRegsync } from "./from-regsync.ts";
import { fromSkopeo } from "./from-skopeo.ts";
import { writeMirrorFile } from "./write-mirror-file.ts";

/** A file of another tool. */
export interface ForeignFile {
  readonly name: string;
  readonly text: string;
}

export interface ConvertOptions {
  /** Whose it is. Default: by its form. */
  readonly format?: ForeignFormat | undefined;
  /**
   * Where skopeo's images go to, and image-syncer's without a target, `HOST/NAMESPACE`: their files do not say it.
   * Default: the variable TARGET.
   */
  readonly to?: string | undefined;
}

export interface ConvertedFiles {
  /** A mirror file. */
  readonly text: string;
  /** What could not be carried over, each with file and line. */
  readonly notes: readonly string[];
  /** Why the mirror file would be refused as it is, a line each: names that this tool has no equal for, two entries that write one tag. */
  readonly problems: readonly string[];
}

/**
 * Makes one mirror file of files of another tool: several where its settings are in several (image-syncer). No secret is copied.
 * @throws {UsageError} where a file is none of a known tool, or nothing of it can be carried over. @throws {MirrorFileError} where it is no YAML.
 */
export async function convertFiles(
  files: readonly ForeignFile[],
  options: ConvertOptions = {},
): Promise<ConvertedFiles> {
  const into = new Conversion();
  const formats = files.map((file) => convertFile(file, into, options));
  if (into.mirrors.length === 0) {
    const why =
      into.notes.length === 0
        ? "there is no image in it"
        : `nothing in it can be carried over: ${into.notes.join("; ")}`;
    throw new UsageError(`Cannot convert ${files.map(({ name }) => JSON.stringify(name)).join(", ")}: ${why}`);
  }
  const from = files.map(({ name }, index) => `${name} (${formats[index]})`).join(", ");
  const text = writeMirrorFile(into, { from, schedule: await chooseSchedule(into) });
  return { text, notes: into.notes, problems: problemsOf(text, into) };
}

function convertFile({ name, text }: ForeignFile, into: Conversion, options: ConvertOptions): ForeignFormat {
  const { file, problems } = YamlFile.parse(text);
  if (problems.length > 0) throw new MirrorFileError(name, problems);
  into.file = name;
  const value = new ForeignValue(file, [], into);
  const topOf = (): ForeignMap => value.map().withoutExtensions();
  const format = options.format ?? detectFormat(topOf());
  if (format === "mirror file") throw new UsageError(`Cannot convert "${name}": it is a mirror file already`);
  const top = topOf();
  switch (format) {
    case undefined:
      throw new UsageError(
        `Cannot convert "${name}": it is no file of regsync, skopeo sync, image-syncer or dregsy; name the one that it is with --format`,
      );
    case "regsync":
      fromRegsync(top, into);
      break;
    case "skopeo":
      fromSkopeo(top, into, options.to ?? into.variable("TARGET"));
      break;
    case "dregsy":
      fromDregsy(top, into);
      break;
    case "image-syncer":
      if (isAuthFile(topOf())) fromImageSyncerAuth(top, into);
      else if (top.keys.every((key) => key === "auth" || key === "images")) fromImageSyncer(top, into, options.to);
      else fromImageSyncerImages(top, into, options.to);
  }
  return format;
}

function problemsOf(text: string, into: Conversion): readonly string[] {
  const variables = Object.fromEntries(into.variables.map((name) => [name, "variable.example"]));
  try {
    parseMirrorFile({ text, name: "the mirror file", folder: "/", variables });
    return [];
  } catch (error) {
    if (error instanceof MirrorFileError) return error.lines;
    throw error;
  }
}
