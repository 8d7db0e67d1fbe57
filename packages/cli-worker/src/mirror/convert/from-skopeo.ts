import { isDigest, parseHost } from "@tranship/core";
import { type Conversion, literal, type MirrorDraft } from "./conversion.ts";
import { messageOf, readForeign, repositoryText } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromGoRegex } from "./go-regex.ts";

/**
 * The file of `skopeo sync --src yaml`: registries with images. Where they go is said on skopeo's command line, and here by `to`; without `--scoped` each keeps the last part of
 * its name there.
 */
export function fromSkopeo(top: ForeignMap, into: Conversion, to: string): void {
  for (const [name, value] of top.takeAll()) {
    let host: string;
    try {
      host = parseHost(name);
    } catch (error) {
      value.note(`the registry ${name} is not carried over: ${messageOf(error)}`);
      continue;
    }
    const registry = value.map();
    readSettings(registry, host, into);
    const repository = (image: string): string => repositoryText(readForeign(`${host}/${image}`));
    const target = (image: string): string => `${to}/${image.split("/").at(-1)}`;
    for (const [image, refs] of registry.take("images")?.map().takeAll() ?? []) {
      attempt(refs, image, () => {
        const named = refs.texts();
        const [digests, tags] = [named.filter(isDigest), named.filter((ref) => !isDigest(ref))];
        for (const digest of digests)
          into.mirror({ from: `${repository(image)}@${digest}`, to: target(image) }, refs.line);
        if (tags.length > 0 || digests.length === 0) {
          into.mirror({ from: repository(image), to: target(image), ...(tags.length > 0 && { tags }) }, refs.line);
        }
      });
    }
    const filters: readonly (readonly [key: string, read: (text: string) => MirrorDraft["tags"]])[] = [
      ["images-by-tag-regex", (text) => ({ regex: [literal(fromGoRegex(text, "part"))] })],
      ["images-by-semver", (text) => ({ semver: text.replaceAll(/,\s*/g, " ") })],
    ];
    for (const [key, read] of filters) {
      for (const [image, filter] of registry.take(key)?.map().takeAll() ?? []) {
        attempt(filter, image, () => {
          const text = filter.text();
          if (text === undefined) throw new SyntaxError(`${key} is a map of texts`);
          const tags = read(text);
          into.mirror({ from: repository(image), to: target(image), ...(tags && { tags }) }, filter.line);
        });
      }
    }
    registry.noteRest(host);
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
