import { quoted } from "../text/quoted.ts";

/** What an object of a manifest is, and with that the members that are read of it. */
type Role = "manifest" | "descriptor" | "platform";

/** The members that decide what a manifest stands for, and what the value of each is. */
const MEMBERS: Readonly<Record<Role, Readonly<Record<string, Role | undefined>>>> = {
  manifest: {
    schemaVersion: undefined,
    mediaType: undefined,
    config: "descriptor",
    layers: "descriptor",
    manifests: "descriptor",
    blobs: "descriptor",
    subject: "descriptor",
  },
  descriptor: {
    mediaType: undefined,
    digest: undefined,
    size: undefined,
    urls: undefined,
    platform: "platform",
  },
  platform: { os: undefined, architecture: undefined, variant: undefined, "os.version": undefined },
};

/** An object or array that is open. */
interface Frame {
  readonly role: Role | undefined;
  /** The object's members so far that are read, as they are compared. Undefined for an array. */
  readonly seen: Set<string> | undefined;
  readonly path: string;
  /** The member whose value comes. */
  name: string;
  index: number;
}

/**
 * Refuses a manifest in which a member that is read is there twice, or in another case: of
 * `{"layers": [a], "Layers": [b]}` engines written in Go read the last one, JSON.parse reads `layers`.
 * Go ignores case as Unicode folds it, and merges objects that are given twice.
 * @param text JSON that JSON.parse has taken.
 * @throws {SyntaxError} naming the member.
 */
export function refuseAmbiguousMembers(text: string): void {
  const open: Frame[] = [];
  let isName = false;
  for (const { 0: token } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const frame = open.at(-1);
    switch (token) {
      case "{":
      case "[":
        open.push(opened(token, frame));
        isName = token === "{";
        break;
      case "}":
      case "]":
        open.pop();
        isName = false;
        break;
      case ",":
        if (frame !== undefined) frame.index += 1;
        isName = frame?.seen !== undefined;
        break;
      case ":":
        isName = false;
        break;
      default:
        if (isName && frame?.role !== undefined) takeName(frame, token);
        else if (isName && frame !== undefined) frame.name = "";
    }
  }
}

function opened(token: string, parent: Frame | undefined): Frame {
  const isObject = token === "{";
  const role = parent === undefined ? "manifest" : roleIn(parent);
  const path = parent === undefined ? "" : pathIn(parent);
  return { role, seen: isObject ? new Set() : undefined, path, name: "", index: 0 };
}

/** An array hands the role of its member on to its elements. */
function roleIn({ role, seen, name }: Frame): Role | undefined {
  if (role === undefined || seen === undefined) return role;
  return Object.hasOwn(MEMBERS[role], name) ? MEMBERS[role][name] : undefined;
}

function pathIn({ seen, path, name, index }: Frame): string {
  if (seen === undefined) return `${path}[${index}]`;
  return path === "" ? name : `${path}.${name}`;
}

function takeName(frame: Frame, token: string): void {
  const { role, seen, path } = frame;
  if (role === undefined || seen === undefined) return;
  const name: string = JSON.parse(token);
  frame.name = name;
  const member = Object.keys(MEMBERS[role]).find((known) => folded(known) === folded(name));
  if (member === undefined) return;
  const place = path === "" ? "" : ` of ${path}`;
  if (member !== name)
    throw new SyntaxError(`${quoted(name)}${place}: it could be read as ${quoted(member)}, which other engines do`);
  if (seen.has(member)) throw new SyntaxError(`${quoted(name)}${place} is there twice: it could be read in two ways`);
  seen.add(member);
}

/** As Go compares the names of members: K (Kelvin) is a k, and ſ an s. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
