import { oneLine } from "../../terminal/one-line.ts";

/** A host as it is written to a mirror file; texts are escaped, so that `${` in them is a variable. */
export interface HostDraft {
  credentials?: { username: string; password: string } | { token: string } | { helper: string } | "anonymous";
  ca?: string;
  clientCert?: { cert: string; key: string };
  insecure?: boolean;
  plainHttp?: boolean;
  mirrors?: readonly string[];
  requestsPerSecond?: number;
  concurrency?: number;
}

export interface TagsDraft {
  names?: readonly string[];
  regex?: readonly string[];
  semver?: string;
  newest?: number;
  excludeRegex?: readonly string[];
}

/** A mirror as it is written to a mirror file. */
export interface MirrorDraft {
  from: string;
  repositories?: readonly string[];
  excludeRepositories?: readonly string[];
  to: string | readonly string[];
  tags?: readonly string[] | TagsDraft;
  platforms?: readonly string[];
  missingPlatforms?: "skip";
  sparse?: boolean;
  referrers?: boolean;
  cosignTags?: boolean;
}

/** When an entry of another tool's file is due. */
export interface DueEntry {
  /** What notes call it. */
  readonly of: string;
  /** Undefined where it has no schedule. */
  readonly cron: string | undefined;
  /** Notes something at its place. */
  readonly note: (message: string) => void;
}

/** What becomes of other tools' files: hosts, mirrors, and notes on what could not be carried over. */
export class Conversion {
  readonly #hosts = new Map<string, HostDraft>();
  readonly #mirrors: MirrorDraft[] = [];
  /** The first mirror of each kind, by `keyOf`. */
  readonly #byKey = new Map<string, MirrorDraft>();
  readonly #notes: { readonly file: string; readonly line: number; readonly message: string }[] = [];
  readonly #variables = new Set<string>();
  readonly #due: DueEntry[] = [];
  /** What notes call the file that is read. */
  file = "";

  get hosts(): ReadonlyMap<string, HostDraft> {
    return this.#hosts;
  }

  get mirrors(): readonly MirrorDraft[] {
    return this.#mirrors;
  }

  /** Each with its file and line, in the order of the files. */
  get notes(): readonly string[] {
    const files = [...Map.groupBy(this.#notes, ({ file }) => file).values()];
    return files.flatMap((notes) =>
      notes
        .toSorted((a, b) => a.line - b.line)
        .map(({ file, line, message }) => oneLine(`${file}:${line}: ${message}`)),
    );
  }

  /** The variables that the mirror file needs. */
  get variables(): readonly string[] {
    return [...this.#variables];
  }

  /** Entries that became mirrors, with their schedules. */
  get due(): readonly DueEntry[] {
    return this.#due;
  }

  note(line: number, message: string): void {
    this.#noteIn(this.file, line, message);
  }

  /** An entry of the file at that line, and when it is due. */
  dueAt(line: number, { of, cron }: Pick<DueEntry, "of" | "cron">): void {
    const { file } = this;
    this.#due.push({ of, cron, note: (message) => this.#noteIn(file, line, message) });
  }

  #noteIn(file: string, line: number, message: string): void {
    this.#notes.push({ file, line, message });
  }

  /** The host's settings, to be changed. */
  host(name: string): HostDraft {
    const draft = this.#hosts.get(name) ?? {};
    this.#hosts.set(name, draft);
    return draft;
  }

  /** Adds a mirror. One that an earlier one covers, or that only names more of its tags, becomes part of that: two that write one tag would be refused. */
  mirror(draft: MirrorDraft, line: number): void {
    const key = keyOf(draft);
    const same = this.#byKey.get(key);
    const [left, right] = [same?.tags, draft.tags];
    if (same === undefined) {
      this.#byKey.set(key, draft);
      this.#mirrors.push(draft);
    } else if (left === undefined) this.note(line, `${draft.from} is there already, with all of its tags`);
    else if (right === undefined) delete same.tags;
    else if (isNames(left) && isNames(right)) same.tags = [...new Set([...left, ...right])];
    else this.#mirrors.push(draft);
  }

  /** A variable, in the place of a text. */
  variable(name: string): string {
    this.#variables.add(name);
    return `\${${name}}`;
  }

  /** A secret of a host, as a variable: the file's own is not copied. @param what `USERNAME`, `PASSWORD`. */
  secret(host: string, what: string): string {
    const name = host.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
    return this.variable(`${/^[0-9]/.test(name) ? `REGISTRY_${name}` : name}_${what}`);
  }
}

/** A text as a mirror file has it: what looks like a variable and is none is escaped. */
export function literal(text: string): string {
  return text.replaceAll("${", "$${");
}

function isNames(tags: MirrorDraft["tags"]): tags is readonly string[] {
  return Array.isArray(tags);
}

/** What two mirrors have to share to be one. */
function keyOf({ tags: _, ...rest }: MirrorDraft): string {
  return JSON.stringify(rest);
}
