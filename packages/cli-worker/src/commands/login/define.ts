import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { LoginFlags } from "./run.ts";

/** `tranship login HOST` */
export function defineLogin(program: Command): void {
  const command = program
    .command("login")
    .summary("check credentials and keep them")
    .description(
      "Checks user and password against a registry and keeps them where docker does: in the credential helper that\n" +
        "docker's config names, else in that file. --authfile names another file.",
    )
    .argument("<HOST>", "HOST[:PORT]; docker.io for Docker Hub")
    .option("-u, --username <USER>", "the user (default: asks)")
    .option("--password-stdin", "read the password from stdin (default: asks)");
  addRegistryOptions(command, { credentials: "none" });
  addExamples(command, [
    ["tranship login registry.example", "asks for user and password"],
    ["pass registry | tranship login registry.example -u me --password-stdin", "in a script"],
  ]);
  command.action(async (host: string, flags: LoginFlags) => {
    const { loginAction } = await import("./run.ts");
    await interruptible((signal) => loginAction(host, flags, signal));
  });
}
