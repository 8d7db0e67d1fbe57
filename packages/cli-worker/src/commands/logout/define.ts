import type { Command } from "commander";
import { addExamples } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { LogoutFlags } from "./run.ts";

/** `tranship logout HOST` */
export function defineLogout(program: Command): void {
  const command = program
    .command("logout")
    .summary("forget a registry's credentials")
    .description("Removes the credentials of a registry from docker's config, or the helper that it names.")
    .argument("<HOST>", "HOST[:PORT]; docker.io for Docker Hub")
    .option("--authfile <FILE>", "remove them from FILE (default: docker's file)");
  addExamples(command, [["tranship logout registry.example", "as docker logout does"]]);
  command.action(async (host: string, flags: LogoutFlags) => {
    const { logoutAction } = await import("./run.ts");
    await interruptible((signal) => logoutAction(host, flags, signal));
  });
}
