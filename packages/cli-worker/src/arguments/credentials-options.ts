import type { Command } from "commander";

/** A role whose credentials a command takes. */
export type CredentialsRole = "creds" | "src-creds" | "dest-creds";

/** Adds the three ways to give credentials for a role: as an argument, in a file, by stdin. */
export function addCredentialsOptions(command: Command, role: CredentialsRole, of: string): void {
  command
    .option(`--${role} <USER:PASSWORD>`, `use these credentials${of}; other users see them in ps`)
    .option(`--${role}-file <FILE>`, `read USER:PASSWORD${of} from FILE`)
    .option(`--${role}-stdin`, `read USER:PASSWORD${of} from stdin`);
}

/** Whether credentials are given by a file or by stdin, and have to be read. */
export function hasCredentialsToRead(command: Command): boolean {
  return Object.keys(command.opts()).some((name) => /creds(?:File|Stdin)$/i.test(name));
}
