import type { Command } from "commander";
import { addExamples } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";

/** `tranship demo` */
export function defineDemo(program: Command): void {
  const command = program
    .command("demo")
    .summary("see it work, on two registries of its own")
    .description(
      "Starts two registries on this machine, makes a two-platform image, mirrors it, mirrors it again, and verifies\n" +
        "every digest; shows what each step cost. Needs no network and leaves nothing behind.",
    );
  addExamples(command, [["tranship demo", "takes a second"]]);
  command.action(async () => {
    const { demoAction } = await import("./run.ts");
    await interruptible((signal) => demoAction(signal));
  });
}
