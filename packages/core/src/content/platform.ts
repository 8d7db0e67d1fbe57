import { quoted } from "../text/quoted.ts";
import type { Platform } from "./descriptor.ts";

/** Names that kernels and distributions use, and the OCI name (GOARCH) of each. */
const ARCHITECTURES: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> = new Map([
  ["x86_64", { architecture: "amd64" }],
  ["x86-64", { architecture: "amd64" }],
  ["i386", { architecture: "386" }],
  ["aarch64", { architecture: "arm64" }],
  ["armhf", { architecture: "arm", variant: "v7" }],
  ["armel", { architecture: "arm", variant: "v6" }],
]);

/** The variant that an architecture has where none is said. */
const BASE_VARIANTS: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm64", "v8"],
  ["arm", "v7"],
]);

/**
 * Reads `OS/ARCHITECTURE[/VARIANT][:OS.VERSION]`, crane's form: `linux/arm64/v8`, `windows/amd64:10.0.17763`. Other names of an architecture become its OCI
 * name (`x86_64`, `aarch64`, `armhf`, …). An OS alone or an architecture alone is refused: what a mirror holds must not depend on the machine that it runs on.
 * @throws {SyntaxError} saying what is wrong with it.
 */
export function parsePlatform(text: string): Platform {
  const bad = (reason: string) => new SyntaxError(`Bad platform ${quoted(text)}: ${reason}`);
  const [path = "", osVersion, ...more] = text.split(":");
  const [os = "", architecture = "", variant, ...rest] = path.split("/");
  if (architecture === "" || rest.length > 0 || more.length > 0) {
    throw bad("expected OS/ARCHITECTURE, then /VARIANT or :OS.VERSION, as in linux/arm64/v8");
  }
  for (const part of [os, architecture, variant, osVersion]) {
    if (part === undefined || /^[A-Za-z0-9_.-]+$/.test(part)) continue;
    throw bad(`part ${quoted(part)} must be letters, digits, "_", "." and "-"`);
  }
  const known = withOciNames({ os, architecture, ...(variant !== undefined && { variant }) });
  return osVersion === undefined ? known : { ...known, "os.version": osVersion };
}

/** `linux/arm/v7`, `windows/amd64:10.0.17763`; `parsePlatform` reads it back. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? "" : `/${platform.variant}`;
  const osVersion = platform["os.version"] === undefined ? "" : `:${platform["os.version"]}`;
  return `${platform.os}/${platform.architecture}${variant}${osVersion}`;
}

/**
 * Whether a manifest for `actual` is what someone who asks for `wanted` means.
 * - OS, architecture and variant are equal once normalised as containerd's OnlyStrict does it: arm64 is arm64/v8, arm is arm/v7, amd64 is amd64/v1. So a
 *   wanted platform without variant means the base one, as `docker pull --platform` does, and never an image that a base machine can't run (amd64/v3).
 *   crane takes any variant there, whichever comes first.
 * - A wanted `os.version` is the actual one or a leading part of it (`10.0.17763` for `10.0.17763.6293`); without one any version matches.
 * - Wanted `os.features` must all be there.
 */
export function matchesPlatform(wanted: Platform, actual: Platform): boolean {
  const left = normalized(wanted);
  const right = normalized(actual);
  if (left.os !== right.os || left.architecture !== right.architecture || left.variant !== right.variant) return false;
  const version = wanted["os.version"];
  if (version !== undefined && !`${actual["os.version"] ?? ""}.`.startsWith(`${version}.`)) return false;
  return (wanted["os.features"] ?? []).every((feature) => actual["os.features"]?.includes(feature));
}

/** The one form of OS, architecture and variant that means the same; the base variant is written out. */
function normalized(platform: Platform): Platform {
  const known = withOciNames(platform);
  const variant = known.variant ?? BASE_VARIANTS.get(known.architecture);
  return variant === undefined ? known : { ...known, variant };
}

function withOciNames(platform: Platform): Platform {
  const { os, architecture, variant } = lowerCase(platform);
  const renamed = ARCHITECTURES.get(architecture) ?? { architecture };
  const named = renamed.variant ?? variantName(renamed.architecture, variant);
  return {
    os: os === "macos" ? "darwin" : os,
    architecture: renamed.architecture,
    ...(named !== undefined && { variant: named }),
  };
}

/** ARM's variants are written with and without their "v". */
function variantName(architecture: string, variant: string | undefined): string | undefined {
  if (variant === undefined || variant === "") return undefined;
  return architecture.startsWith("arm") && /^[5-9]$/.test(variant) ? `v${variant}` : variant;
}

function lowerCase(platform: Platform): {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
} {
  return {
    os: platform.os.toLowerCase(),
    architecture: platform.architecture.toLowerCase(),
    variant: platform.variant?.toLowerCase(),
  };
}
