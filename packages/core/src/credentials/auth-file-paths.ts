import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables; tests give their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Holds a document like docker's `config.json`; CI systems set it. */
const DOCKER_AUTH_CONFIG = "DOCKER_AUTH_CONFIG";

/** Where credentials are looked for. */
export interface AuthFileOptions {
  /** `--authfile`: the one file to use. */
  readonly authFile?: string | undefined;
  /** Default: the process's. */
  readonly env?: Environment | undefined;
}

/** A file that may hold credentials. */
export interface AuthFilePath {
  readonly path: string;
  /** Whether the user named this very file: it must exist then. */
  readonly named: boolean;
  /** The content where it is not in a file; `path` then names the environment variable. */
  readonly text?: string | undefined;
}

/**
 * The files that are read, in order; the first with a credential for the registry wins.
 * 1. `authFile`, else `REGISTRY_AUTH_FILE`: that file alone, as with podman and skopeo.
 * 2. The document in `DOCKER_AUTH_CONFIG`, which docker reads before its file.
 * 3. `DOCKER_CONFIG/config.json`: no file after that one, as with podman and docker.
 *    The variable names a folder, so the file may be absent.
 * 4. `~/.docker/config.json`: docker's before podman's, since `saveCredential` writes there, and a login must not be hidden by an older one.
 * 5. podman's `$XDG_RUNTIME_DIR/containers/auth.json` (`/run/containers/UID/auth.json` without the variable).
 * 6. podman's `$XDG_CONFIG_HOME/containers/auth.json` (`~/.config/containers/auth.json` without the variable).
 */
export function authFilePaths({ authFile, env = process.env }: AuthFileOptions = {}): readonly AuthFilePath[] {
  const docker = dockerFile({ authFile, env });
  if (docker.named) return [docker];
  const text = env[DOCKER_AUTH_CONFIG];
  const first = isSet(text) ? [{ path: DOCKER_AUTH_CONFIG, named: false, text }] : [];
  if (isSet(env["DOCKER_CONFIG"])) return [...first, docker];
  const runtimeDir = isSet(env["XDG_RUNTIME_DIR"]) ? env["XDG_RUNTIME_DIR"] : undefined;
  const runtimeFile =
    runtimeDir === undefined
      ? join("/run/containers", String(process.getuid?.() ?? 0), "auth.json")
      : join(runtimeDir, "containers", "auth.json");
  const configHome = isSet(env["XDG_CONFIG_HOME"]) ? env["XDG_CONFIG_HOME"] : join(homeOf(env), ".config");
  return [
    ...first,
    docker,
    { path: runtimeFile, named: false },
    { path: join(configHome, "containers", "auth.json"), named: false },
  ];
}

/** The file that a login writes: the named one, else docker's. */
export function dockerFile({ authFile, env = process.env }: AuthFileOptions = {}): AuthFilePath {
  if (isSet(authFile)) return { path: authFile, named: true };
  if (isSet(env["REGISTRY_AUTH_FILE"])) return { path: env["REGISTRY_AUTH_FILE"], named: true };
  const folder = isSet(env["DOCKER_CONFIG"]) ? env["DOCKER_CONFIG"] : join(homeOf(env), ".docker");
  return { path: join(folder, "config.json"), named: false };
}

/** The user's home folder, by `HOME` first as docker and podman have it. */
export function homeOf(env: Environment): string {
  return isSet(env["HOME"]) ? env["HOME"] : homedir();
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
