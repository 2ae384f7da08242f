/** Options that say where programs are attached in the kernel: of every command that attaches some. */

import { type Arguments, numberOption, type Option } from "./arguments.ts";
import type { PlaceOptions } from "./attach-plan.ts";
import { CliError, EXIT } from "./exit.ts";

export const PLACE_OPTIONS = {
  interface: { value: "NAME", short: "i", help: "in the kernel: the network interface of programs on packets" },
  direction: {
    value: "ingress|egress",
    help: "in the kernel: what tc and cgroup_skb programs see (default: what the section says)",
  },
  cgroup: { value: "PATH", help: "in the kernel: the control group of programs on one, e.g. /web" },
  pid: { value: "PID", help: "in the kernel: uprobes and samples of that process alone" },
  cpu: { value: "N", help: "in the kernel: samples of that CPU alone" },
  library: { value: "NAME", help: "in the kernel: the library or file of uprobes, in the place of the section's" },
  mode: {
    value: "native|generic",
    help: "with --interface: in the driver or in the network stack (default: the kernel's choice)",
  },
} as const satisfies Readonly<Record<string, Option>>;

/** @throws CliError (usage) */
export function placesOf(args: Arguments, frequency: number | undefined): PlaceOptions {
  return {
    interface: args.value("interface"),
    mode: choice(args, "mode", "native", "generic"),
    direction: choice(args, "direction", "ingress", "egress"),
    cgroup: args.value("cgroup"),
    pid: whole(args, "pid", 1, 2 ** 31 - 1),
    cpu: whole(args, "cpu", 0, 65_535),
    frequency,
    library: args.value("library"),
  };
}

function whole(args: Arguments, name: string, minimum: number, maximum: number): number | undefined {
  const value = numberOption(args, name, minimum, maximum);
  if (value === undefined || Number.isInteger(value)) return value;
  throw new CliError(EXIT.usage, `--${name} takes a whole number, found ${value}`);
}

function choice<Word extends string>(args: Arguments, name: string, one: Word, other: Word): Word | undefined {
  const value = args.value(name);
  if (value === undefined || value === one || value === other) return value as Word | undefined;
  throw new CliError(EXIT.usage, `--${name} takes ${one} or ${other}, found ${JSON.stringify(value)}`);
}
