import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { type CommandRun, runCommand } from "../cli/run-command.ts";
import { findPeer } from "../peers/find-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type CopyPeer, describeEachPeer } from "./copy-peers.ts";

/** A program that gets an odd input. */
export type Program = "tranship" | CopyPeer;

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

/** Makes a test of each row for tranship. */
export function describeOdd<Case extends OddCase>(title: string, cases: readonly Case[], observe: Observe<Case>): void {
  describe(title, () => testColumn("tranship", cases, observe));
}

/** Makes a test of each row for each peer; where one is missing its column is skipped and the reason printed. */
export function describeOddPeers<Case extends OddCase>(
  title: string,
  cases: readonly Case[],
  observe: Observe<Case>,
): void {
  describeEachPeer(`${title}:`, (peer) => testColumn(peer, cases, observe));
}

/** Gives a row's input to a program. */
export type Observe<Case extends OddCase> = (program: Program, row: Case) => Promise<Observation>;

function testColumn<Case extends OddCase>(program: Program, cases: readonly Case[], observe: Observe<Case>): void {
  it.each(cases.map((row) => [row.title, row] as const))(`${program}: %s`, async (_title, row) => {
    const { outcome, output } = await observe(program, row);
    expect(outcome, output).toBe(row[program]);
    if (program === "tranship") expect(output).toContain(row.says ?? "");
  });
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
      // regctl sends what is for index.docker.io to docker.io.
      return [
        ...["--host", `reg=${host === "index.docker.io" ? "docker.io" : host},tls=disabled`],
        ...["manifest", "get", "--format", "raw-body", reference],
      ];
    case "oras":
      return ["manifest", "fetch", "--plain-http", reference];
  }
}

/** What stands before the first slash, or Docker Hub where that is no host. */
function hostOf(reference: string): string {
  const first = reference.includes("/") ? (reference.split("/")[0] ?? "") : "";
  return /[.:]|^localhost$/i.test(first) ? first : "docker.io";
}
