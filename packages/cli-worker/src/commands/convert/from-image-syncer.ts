import { parseHost } from "@tranship/core";
import { type Conversion, literal, type MirrorDraft } from "./conversion.ts";
import { imageText, messageOf, readForeign, repositoryText } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromGoRegex } from "./go-regex.ts";

/** image-syncer's file with `auth` and `images`. */
export function fromImageSyncer(top: ForeignMap, into: Conversion, to?: string): void {
  const [auth, images] = [top.take("auth"), top.take("images")];
  if (auth !== undefined) fromImageSyncerAuth(auth.map(), into);
  if (images !== undefined) fromImageSyncerImages(images.map(), into, to);
  top.noteRest("the file");
}

/** Its file of credentials alone: a registry, or a namespace in one, with user and password. */
export function fromImageSyncerAuth(top: ForeignMap, into: Conversion): void {
  for (const [name, value] of top.takeAll()) {
    const entry = value.map();
    const [user, password, insecure] = [entry.take("username"), entry.take("password"), entry.take("insecure")];
    entry.noteRest(`auth of ${name}`);
    const [text = "", ...namespace] = name.split("/");
    try {
      const host = parseHost(text);
      if (namespace.length > 0) {
        value.note(`auth of ${name} is not carried over: credentials are those of a whole host here`);
        continue;
      }
      if (user?.text() !== undefined || password?.text() !== undefined) {
        into.host(host).credentials = {
          username: secretOf(user, host, { what: "USERNAME", into }),
          password: secretOf(password, host, { what: "PASSWORD", into }),
        };
      }
      if (insecure?.truth() === true) {
        into.host(host).insecure = true;
        insecure.note(
          `${host} is asked over TLS, its certificate unchecked: if it speaks http, write plainHttp: true for insecure: true`,
        );
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      value.note(`auth of ${name} is not carried over: ${messageOf(error)}`);
    }
  }
}

/**
 * Its file of images alone: sources, each with a target or several.
 * @param to where a source without a target goes, `HOST/NAMESPACE`: image-syncer's command line says it. Default: the variable TARGET.
 */
export function fromImageSyncerImages(top: ForeignMap, into: Conversion, to?: string): void {
  for (const [source, value] of top.takeAll()) {
    try {
      const targets = value.asTexts();
      for (const target of targets) into.mirror(draftOf(source, target), value.line);
      if (targets.length === 0) into.mirror(defaultDraftOf(source, to ?? into.variable("TARGET")), value.line);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      value.note(`${source} is not carried over: ${error.message}`);
    }
  }
}

/** `REPOSITORY`, `REPOSITORY:TAG,TAG`, `REPOSITORY:/REGEX/`, `REPOSITORY@DIGEST`. */
function draftOf(source: string, target: string): MirrorDraft {
  const to = imageText(readForeign(target));
  const [, repository, expression] = /^([^:]+(?::[0-9]+\/[^:]+)?):\/(.*)\/$/.exec(source) ?? [];
  if (repository !== undefined && expression !== undefined) {
    const regex = [literal(fromGoRegex(expression, "part"))];
    return { from: repositoryText(readForeign(repository)), to, tags: { regex } };
  }
  const [first = "", ...others] = source.split(",");
  const image = readForeign(first);
  const targetTag = readForeign(target).tag;
  if (image.digest !== undefined || (image.tag !== undefined && others.length === 0 && targetTag !== undefined))
    return { from: imageText(image), to };
  if (targetTag !== undefined) throw new SyntaxError("several tags can't go to one");
  const tags = image.tag === undefined ? [] : [image.tag, ...others];
  return { from: repositoryText(image), to, ...(tags.length > 0 && { tags }) };
}

/** A source that keeps the last part of its name, and its tags, below `to`. */
function defaultDraftOf(source: string, to: string): MirrorDraft {
  const draft = draftOf(source, "default.example/target");
  const { repository } = readForeign(draft.from);
  return { ...draft, to: `${to}/${repository.split("/").at(-1)}` };
}

/** `${NAME}` and `$NAME` stay that variable; what is written out becomes one. */
function secretOf(
  value: ForeignValue | undefined,
  host: string,
  { what, into }: { readonly what: string; readonly into: Conversion },
): string {
  const [, braced, bare] =
    /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))$/.exec(value?.text() ?? "") ?? [];
  const name = braced ?? bare;
  return name === undefined ? into.secret(host, what) : into.variable(name);
}
