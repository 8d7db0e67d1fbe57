import {
  type Digest,
  formatReference,
  formatRepository,
  isDigest,
  parseReference,
  type Repository,
} from "@tranship/core";

/** What a user's SRC, DST, REF or REPO means. */
export type Location = RegistryLocation | LayoutLocation;

export interface RegistryLocation extends Repository {
  readonly kind: "registry";
  readonly tag?: string;
  readonly digest?: Digest;
}

export interface LayoutLocation {
  readonly kind: "layout";
  readonly directory: string;
  /** A name in the layout, most often a tag; or a digest. */
  readonly reference?: string;
}

const SUPPORTED = "docker://HOST/REPOSITORY[:TAG|@DIGEST], the same without docker://, and oci:DIR[:TAG]";

/** What other tools read and this one doesn't: as an image's name such a text would be looked up on Docker Hub. */
const OTHER_TRANSPORTS: ReadonlyMap<string, string> = new Map([
  ["oci-archive", "unpack it with `tar -xf FILE -C DIR` and name oci:DIR"],
  ["docker-archive", "convert it with `skopeo copy docker-archive:FILE oci:DIR` and name oci:DIR"],
  ["docker-daemon", "save it with `skopeo copy docker-daemon:NAME oci:DIR` and name oci:DIR"],
  ["containers-storage", "save it with `skopeo copy containers-storage:NAME oci:DIR` and name oci:DIR"],
  ["dir", "convert it with `skopeo copy dir:DIR oci:OTHER` and name oci:OTHER"],
  ["ocidir", "write oci:DIR[:TAG]"],
  ["ostree", ""],
  ["sif", ""],
  ["tarball", ""],
]);

/**
 * Reads a location in skopeo's words: `docker://HOST/REPOSITORY[:TAG|@DIGEST]`, or bare; `oci:DIR[:TAG]`, where as with skopeo the first colon
 * ends DIR, or `oci:DIR@DIGEST`. No tag is made up.
 * @throws {SyntaxError} naming the text and the reason.
 */
export function parseLocation(text: string): Location {
  if (text.startsWith("docker://")) return registryLocation(text.slice("docker://".length));
  if (text.startsWith("oci:")) return layoutLocation(text);
  refuseOtherTransports(text);
  return registryLocation(text);
}

/** The location as messages name it; `parseLocation` reads it back. */
export function formatLocation(location: Location): string {
  if (location.kind === "registry") return formatReference(location);
  const { directory, reference } = location;
  if (reference === undefined) return `oci:${directory}`;
  return `oci:${directory}${isDigest(reference) ? "@" : ":"}${reference}`;
}

/** The location without its tag or digest. */
export function formatPlace(location: Location): string {
  return location.kind === "registry" ? formatRepository(location) : `oci:${location.directory}`;
}

/** The tag or digest, if one was written. */
export function referenceOf(location: Location): string | undefined {
  return location.kind === "registry" ? (location.digest ?? location.tag) : location.reference;
}

function registryLocation(text: string): RegistryLocation {
  if (/^\.{0,2}\//.test(text) || text.startsWith("~")) {
    throw new SyntaxError(`Bad reference ${JSON.stringify(text)}: for a directory write oci:${text}`);
  }
  return { kind: "registry", ...parseReference(text) };
}

function layoutLocation(text: string): LayoutLocation {
  const rest = text.slice("oci:".length);
  const bad = (reason: string): SyntaxError => new SyntaxError(`Bad location ${JSON.stringify(text)}: ${reason}`);
  if (rest.startsWith("//")) throw bad("write oci:DIR, without slashes in front that do not belong to the path");
  const at = /@(?=sha(?:256|512):)/.exec(rest)?.index;
  const split = at ?? rest.indexOf(":");
  const directory = split === -1 ? rest : rest.slice(0, split);
  if (directory === "") throw bad("the directory is missing: write oci:DIR[:TAG]");
  if (directory.includes("\0")) throw bad("a path can't hold a null character");
  if (split === -1) return { kind: "layout", directory };
  const reference = rest.slice(split + 1);
  if (reference === "")
    throw bad(`the tag after the colon is missing: write oci:${directory}, or oci:${directory}:TAG`);
  if (at !== undefined && !isDigest(reference)) throw bad(`${JSON.stringify(reference)} is no digest`);
  // containers/image's rule for a name in a layout.
  if (at === undefined && !/^[A-Za-z0-9]+(?:(?:[-._:@+/]|--)[A-Za-z0-9]+|[-._])*$/.test(reference)) {
    throw bad(`${JSON.stringify(reference)} can't be a tag; a directory with a colon in its name can't be used`);
  }
  return { kind: "layout", directory, reference };
}

function refuseOtherTransports(text: string): void {
  const word = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1];
  if (word === undefined) return;
  const bad = (reason: string): SyntaxError => new SyntaxError(`Bad location ${JSON.stringify(text)}: ${reason}`);
  if (word === "docker") throw bad("write docker:// with two slashes");
  const instead = OTHER_TRANSPORTS.get(word);
  if (instead !== undefined) {
    throw bad(`this release doesn't read "${word}:"${instead === "" ? `; there are ${SUPPORTED}` : `; ${instead}`}`);
  }
  const rest = text.slice(word.length + 1);
  if (rest.startsWith("//") || /^\.{0,2}\//.test(rest)) {
    const known = /^https?$/.test(word) ? "an image has no URL" : `the transport "${word}" is unknown`;
    throw bad(`${known}; there are ${SUPPORTED}`);
  }
}
