import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { type CommandRun, runCommand } from "../cli/run-command.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { findPeer } from "../peers/find-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The clients whose behaviour stands beside tranship's. */
const CLIENTS = ["crane", "skopeo", "regctl", "oras"] as const;

/** A program that gets an odd input. */
export type Program = "tranship" | (typeof CLIENTS)[number];

/** One row: an odd input, and what each program makes of it. */
export interface OddCase extends Readonly<Record<Program, string>> {
  readonly title: string;
  /** A part of what tranship prints, which explains its outcome. */
  readonly says?: string | undefined;
}

/** What a program made of an input. */
export interface Observation {
  /** As the columns of the table name it. */
  readonly outcome: string;
  /** What it printed, which a failing row shows. */
  readonly output: string;
}

/**
 * Makes a test of each row for tranship, and one for each client that is installed.
 * Where a client is missing, its column is skipped and the reason printed.
 */
export function describeOdd<Case extends OddCase>(
  title: string,
  cases: readonly Case[],
  observe: (program: Program, row: Case) => Promise<Observation>,
): void {
  const column = (program: Program): void => {
    it.each(cases.map((row) => [row.title, row] as const))(`${program}: %s`, async (_title, row) => {
      const { outcome, output } = await observe(program, row);
      expect(outcome, output).toBe(row[program]);
      if (program === "tranship") expect(output).toContain(row.says ?? "");
    });
  };
  describe(`${title}: tranship`, () => column("tranship"));
  for (const client of CLIENTS) describePeers(`${title}: ${client}`, [client], () => column(client));
}

export interface RunProgramOptions {
  /** Added to the environment, which has nothing of the user's own but PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, in an empty home folder of its own. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  { env = {} }: RunProgramOptions = {},
): Promise<CommandRun> {
  await using home = await temporaryFolder("tranship-odd-");
  if (program === "tranship") return await runCommand(args, { home: home.path, env });
  const path = { PATH: process.env["PATH"], HOME: home.path, XDG_RUNTIME_DIR: home.path, XDG_CONFIG_HOME: home.path };
  const child = spawn(findPeer(program) ?? program, args, {
    cwd: home.path,
    env: { ...path, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.setEncoding("utf8").toArray(),
    child.stderr.setEncoding("utf8").toArray(),
    once(child, "close"),
  ]);
  return { code: typeof code === "number" ? code : undefined, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** The arguments that make a program read the manifest of `reference`, over http from the reference's host. */
export function readManifest(program: Program, reference: string): readonly string[] {
  const host = hostOf(reference);
  switch (program) {
    case "tranship":
      return ["manifest", "get", "--plain-http", host, reference];
    case "crane":
      return ["manifest", "--insecure", reference];
    case "skopeo":
      return ["inspect", "--raw", "--tls-verify=false", `docker://${reference}`];
    case "regctl":
      return [...regctlHosts(host), "manifest", "get", "--format", "raw-body", reference];
    case "oras":
      return ["manifest", "fetch", "--plain-http", reference];
  }
}

/** The arguments that make a program copy an image with all platforms between registries on loopback. */
export function copyImage(program: Program, source: string, target: string): readonly string[] {
  switch (program) {
    case "tranship":
      return ["copy", "-q", "--no-state", source, target];
    case "crane":
      return ["copy", "--insecure", source, target];
    case "skopeo": {
      const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
      return ["--insecure-policy", "copy", "--all", "-q", ...insecure, `docker://${source}`, `docker://${target}`];
    }
    case "regctl":
      return [...regctlHosts(hostOf(source), hostOf(target)), "image", "copy", source, target];
    case "oras":
      return ["cp", "--from-plain-http", "--to-plain-http", source, target];
  }
}

function regctlHosts(...hosts: readonly string[]): readonly string[] {
  // regctl sends what is for index.docker.io to docker.io.
  const names = hosts.map((host) => (host === "index.docker.io" ? "docker.io" : host));
  return names.flatMap((name) => ["--host", `reg=${name},tls=disabled`]);
}

/** What stands before the first slash, or Docker Hub where that is no host. */
function hostOf(reference: string): string {
  const first = reference.includes("/") ? (reference.split("/")[0] ?? "") : "";
  return /[.:]|^localhost$/i.test(first) ? first : "docker.io";
}
