import { parse, Range } from "semver";

/** A version of Semantic Versioning 2.0.0. */
export interface Version {
  /** `3.20.0`, `1.2.3-rc.1` */
  readonly version: string;
  /** Below 0 where the other one is higher, 0 where both are equal. */
  compare(other: string): number;
}

const VERSION = /^v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(-[0-9A-Za-z.-]+)?$/;

/**
 * The version that a tag is: `v?N.N(.N)?` with an optional pre-release, a missing patch being 0; undefined for every other tag, so that `20231219` is no
 * version, and nor are `3` and `1.2.3.4`.
 */
export function versionOf(tag: string): Version | undefined {
  const [, major, minor, patch = "0", prerelease = ""] = VERSION.exec(tag) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  // Leading zeros, as in 24.04, are usual in tags and forbidden in versions.
  const numbers = [major, minor, patch].map((part) => part.replace(/^0+(?=[0-9])/, ""));
  return parse(`${numbers.join(".")}${prerelease}`) ?? undefined;
}

/** A range of versions. */
export interface VersionRange {
  /**
   * Whether the version is in the range. A pre-release is only where the range names one of the same version.
   * @param version `3.20.0`, `1.2.3-rc.1`.
   */
  test(version: string): boolean;
}

/** Reads a range as npm writes it: `>=3.18 <4`, `^1.2`, `1.x`. @throws {SyntaxError} for another text. */
export function parseVersionRange(text: string): VersionRange {
  try {
    return new Range(text);
  } catch (cause) {
    throw new SyntaxError(
      `${JSON.stringify(text)} is no range of versions: write one such as ">=3.18 <4", "^1.2" or "1.x"`,
      { cause },
    );
  }
}
