import { parse, type SemVer } from "semver";

const VERSION = /^v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(-[0-9A-Za-z.-]+)?$/;

/**
 * The version that a tag is: `v?N.N(.N)?` with an optional pre-release, a missing patch being 0; undefined for every other tag, so that `20231219` is no
 * version, and nor are `3` and `1.2.3.4`.
 */
export function versionOf(tag: string): SemVer | undefined {
  const [, major, minor, patch = "0", prerelease = ""] = VERSION.exec(tag) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  // Leading zeros, as in 24.04, are usual in tags and forbidden in versions.
  const numbers = [major, minor, patch].map((part) => part.replace(/^0+(?=[0-9])/, ""));
  return parse(`${numbers.join(".")}${prerelease}`) ?? undefined;
}
