/** `skep borrow PATH`: what somebody lends, shown without any privilege. */

import { type Arguments, type CommandHelp, fileOperand, numberOption } from "../arguments.ts";
import type { ExitStatus } from "../exit.ts";

const help: CommandHelp = {
  name: "borrow",
  summary: "read what skep lend hands over: records as they come, then variables and maps",
  operands: "PATH",
  options: {
    duration: { value: "SECONDS", help: "end after that time" },
    top: { value: "N", help: "rows to show of each map (default 10)" },
    detach: { help: "detach the programs at the end, wherever else they are held" },
  },
  notes: [
    "PATH is the socket of a skep lend that is for this user. No capability is needed; kernels before 5.19 whose kernel.unprivileged_bpf_disabled is not 0 let nobody read maps without, but for those that are mapped as memory.",
    "Until it ends, this process holds the links: programs stay attached, also when the lender is gone.",
    "Perf buffers are not read: their events are opened with CAP_PERFMON. Ring buffers are.",
  ],
  examples: ["skep borrow /run/firewall.sock", "skep borrow /run/opens.sock --duration 10 --json"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const path = fileOperand(help, args);
  const duration = numberOption(args, "duration", 0.001, 2_000_000);
  const top = numberOption(args, "top", 0, 1_000_000) ?? 10;
  const { runBorrowing } = await import("../borrowing.ts");
  return runBorrowing({ path, duration, top, json: args.flag("json"), detach: args.flag("detach") });
}

export const borrow = { help, run: execute };
