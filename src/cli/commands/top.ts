/** `skep top`: programs by the time that they take, live. */

import { inspectKernel } from "../../engine/open.ts";
import { type Arguments, type CommandHelp, numberOption } from "../arguments.ts";
import { End } from "../end.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { LoadScreen } from "../kernel/load-screen.ts";
import { toJson } from "../maps.ts";
import { write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const help: CommandHelp = {
  name: "top",
  summary: "programs of the kernel by the time that they take, live",
  operands: "",
  options: {
    interval: { value: "SECONDS", help: "between two looks (default 1)" },
    count: { value: "N", help: "end after so many looks" },
    top: { value: "N", help: "programs to show (default: as many as fit, or all where the output is no terminal)" },
  },
  notes: [
    "On a terminal the list is drawn anew each second; elsewhere each look is a table. With --json: each look is a line.",
    "CPU is of one CPU: a program that keeps two busy has 200 %. Runs are counted while this runs, and no longer: the kernel's counting, which costs each run of any program two readings of the clock, ends with this process, however that ends.",
    "It needs CAP_SYS_ADMIN (root) and Linux 5.8. q or Ctrl-C ends it.",
  ],
  examples: ["sudo skep top", "sudo skep top --interval 5 --count 12 --json", "sudo skep top --count 1"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const [extra] = args.operands;
  if (extra !== undefined) throw new CliError(EXIT.usage, `skep top takes no operand, found ${JSON.stringify(extra)}`);
  const seconds = numberOption(args, "interval", 0.05, 86_400) ?? 1;
  const looks = wholeOption(args, "count", 1);
  const most = wholeOption(args, "top", 0);
  const json = args.flag("json");
  using end = new End(undefined);
  using kernel = await inspectKernel();
  using screen = json ? null : new LoadScreen(process.stdout, styleFor(process.stdout), most, end.stop);
  let left = looks ?? Number.POSITIVE_INFINITY;
  for await (const sample of kernel.loads({ interval: seconds * 1000, signal: end.signal })) {
    if (screen === null) {
      const programs = most === undefined ? sample.programs : sample.programs.slice(0, most);
      await write(`${toJson({ time: sample.time, programs })}\n`);
    } else await screen.show(sample);
    if (--left <= 0) break;
  }
  return EXIT.ok;
}

function wholeOption(args: Arguments, name: string, minimum: number): number | undefined {
  const value = numberOption(args, name, minimum, 1_000_000_000);
  if (value === undefined || Number.isInteger(value)) return value;
  throw new CliError(EXIT.usage, `--${name} takes a whole number, found ${value}`);
}

export const top = { help, run: execute };
