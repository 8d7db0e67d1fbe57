import { isDigest, parseHost } from "@tranship/core";
import { type Conversion, literal, type TagsDraft } from "./conversion.ts";
import { messageOf, readForeign, repositoryText } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromGoRegex } from "./go-regex.ts";

/** Keys that choose tags by a text for each image. */
const FILTERS: readonly { readonly key: string; readonly read: (text: string) => TagsDraft }[] = [
  { key: "images-by-tag-regex", read: (text) => ({ regex: [literal(fromGoRegex(text, "part"))] }) },
  { key: "images-by-semver", read: (text) => ({ semver: text.replaceAll(/,\s*/g, " ") }) },
];

/**
 * The file of `skopeo sync --src yaml`: registries with images. Where they go is said on skopeo's command line, and here by `to`; without `--scoped` each keeps the last part of
 * its name there.
 */
export function fromSkopeo(top: ForeignMap, into: Conversion, to: string): void {
  for (const [name, value] of top.takeAll()) {
    let host: string;
    const slash = name.indexOf("/");
    const namespace = slash < 0 ? "" : name.slice(slash).replace(/\/+$/, "");
    try {
      host = parseHost(slash < 0 ? name : name.slice(0, slash));
    } catch (error) {
      value.note(`the registry ${name} is not carried over: ${messageOf(error)}`);
      continue;
    }
    const registry = value.map();
    readSettings(registry, host, into);
    attempt(value, `the registry ${name}`, () => readImages(registry, { host, namespace, to, into }));
    registry.noteRest(name);
  }
}

interface Ends {
  readonly host: string;
  /** What stands behind the host in the registry's key, with a "/" before it: skopeo puts the image's name after it. */
  readonly namespace: string;
  readonly to: string;
  readonly into: Conversion;
}

/** @throws {SyntaxError} where the registry has a key that may narrow what is meant. */
function readImages(registry: ForeignMap, { host, namespace, to, into }: Ends): void {
  const repository = (image: string): string => repositoryText(readForeign(`${host}${namespace}/${image}`));
  const target = (image: string): string => `${to}/${image.split("/").at(-1)}`;
  const images = registry.take("images")?.as("map").map().takeAll() ?? [];
  const filters = FILTERS.map(({ key, read }) => ({
    key,
    read,
    images: registry.take(key)?.as("map").map().takeAll() ?? [],
  }));
  registry.refuseRest(host);
  for (const [image, refs] of images) {
    attempt(refs, image, () => {
      const named = refs.as("list").asTexts();
      const [digests, tags] = [named.filter(isDigest), named.filter((ref) => !isDigest(ref))];
      for (const digest of digests)
        into.mirror({ from: `${repository(image)}@${digest}`, to: target(image) }, refs.line);
      if (tags.length > 0 || digests.length === 0) {
        into.mirror({ from: repository(image), to: target(image), ...(tags.length > 0 && { tags }) }, refs.line);
      }
    });
  }
  for (const { key, read, images: filtered } of filters) {
    for (const [image, filter] of filtered) {
      attempt(filter, image, () => {
        const text = filter.text();
        if (text === undefined) throw new SyntaxError(`${key} is a map of texts`);
        into.mirror({ from: repository(image), to: target(image), tags: read(text) }, filter.line);
      });
    }
  }
}

function attempt(value: ForeignValue, image: string, task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    value.note(`${image} is not carried over: ${error.message}`);
  }
}

function readSettings(registry: ForeignMap, host: string, into: Conversion): void {
  const credentials = registry.take("credentials")?.map();
  const [user, password] = [credentials?.take("username"), credentials?.take("password")];
  if (user?.text() !== undefined || password?.text() !== undefined) {
    if (into.host(host).credentials !== undefined)
      user?.note(`several credentials of ${host} are not carried over: here a host has one`);
    into.host(host).credentials = { username: into.secret(host, "USERNAME"), password: into.secret(host, "PASSWORD") };
  }
  credentials?.noteRest(`the credentials of ${host}`);
  const verify = registry.take("tls-verify");
  if (verify?.truth() === false) {
    into.host(host).insecure = true;
    verify.note(
      `${host} is asked over TLS, its certificate unchecked: if it speaks http, write plainHttp: true for insecure: true`,
    );
  }
  registry.take("cert-dir")?.note(`cert-dir of ${host} is not carried over: name its files by ca and clientCert`);
}
