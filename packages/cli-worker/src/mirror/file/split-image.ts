import { withoutUsers } from "../../errors/without-users.ts";

/** The parts of `HOST/REPOSITORY[:TAG][@DIGEST]`, not yet checked: a repository may have a `*`, or words in braces. */
export interface ImageParts {
  readonly host: string;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/**
 * Splits an image of a mirror file. The host is written out here, also docker.io: where a file copies to and from should not depend on what a name looks like.
 * @throws {SyntaxError} where it has no host, or is no image in a registry.
 */
export function splitImage(text: string, key: "from" | "to"): ImageParts {
  const shown = JSON.stringify(text);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) throw new SyntaxError(`${shown}: leave out "${scheme}"; write HOST/REPOSITORY`);
  if (/^(?:oci|dir|oci-archive|docker-archive):/.test(text) || /^[.~]?\//.test(text)) {
    throw new SyntaxError(`${shown} is no repository of a registry; mirror files copy between registries`);
  }
  if (/\s/.test(text)) throw new SyntaxError(`${shown} has white space in it`);
  const hidden = withoutUsers(shown);
  if (hidden !== shown)
    throw new SyntaxError(`${hidden}: leave out user and password; they go to credentials of the host`);
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0) throw new SyntaxError(`${shown} has more than one @`);
  const slash = named.indexOf("/");
  const host = slash < 0 ? named : named.slice(0, slash);
  if (slash < 0 || !/[.:[{]|^localhost$/i.test(host)) {
    const path = named.includes("/") ? named : `library/${named}`;
    throw new SyntaxError(
      `${shown} has no host: write HOST/${slash < 0 ? "REPOSITORY" : named}, as in docker.io/${path}`,
    );
  }
  const rest = named.slice(slash + 1);
  if (rest === "")
    throw new SyntaxError(`${shown} has no repository${key === "from" ? `; for all of ${host} write ${host}/*` : ""}`);
  const colon = rest.lastIndexOf(":");
  const tagged = colon > rest.lastIndexOf("/");
  return {
    host,
    repository: tagged ? rest.slice(0, colon) : rest,
    ...(tagged && { tag: rest.slice(colon + 1) }),
    ...(digest !== undefined && { digest }),
  };
}
