/** `skep lend FILE`: loads and attaches with root's rights, and hands what came of it to a user who has none. */

import { MACHINE } from "../../engine/linux/facts.ts";
import { nearest } from "../../nearest.ts";
import { type Arguments, type CommandHelp, fileOperand, numberOption } from "../arguments.ts";
import { planPrograms } from "../attach-plan.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { PLACE_OPTIONS, placesOf } from "../places.ts";
import { applyToSpec } from "../settings.ts";
import { forThisKernel, openSpec, sourceOptions } from "../sources.ts";

const help: CommandHelp = {
  name: "lend",
  summary: "load and attach a program, and hand its maps and links to a user without privileges",
  operands: "FILE --socket PATH [--user NAME]",
  options: {
    socket: {
      value: "PATH",
      help: "where the user's processes ask for it, in a folder that only root may change: /run/drops.sock",
    },
    user: { value: "NAME", help: "who may borrow, by name or number (default: who called sudo); root may, too" },
    map: { value: "NAME", multiple: true, help: "lend only this map" },
    "read-only": { help: "maps can be read, and not written (ring buffers are read as ever)" },
    programs: {
      help: "lend the programs, too: whoever has one may run it, and attach it elsewhere as far as the kernel lets them",
    },
    once: { help: "end when somebody has borrowed: from then on it is attached for as long as that process holds it" },
    ...PLACE_OPTIONS,
    frequency: { value: "HZ", help: "samples a second of perf_event programs (default: 99)" },
    set: { value: "MAP=KEY:VALUE", multiple: true, help: "put an entry into a map first; NAME=VALUE sets a variable" },
    program: { value: "NAME", help: "attach only this program" },
    duration: { value: "SECONDS", help: "end after that time" },
  },
  notes: [
    "FILE is what skep run takes, and its programs are attached as skep run does it.",
    "Only processes of that user, and root's, are answered: the socket is the user's alone (mode 0600), and the kernel says who connects. Nothing is read from them. They need no capability: skep borrow PATH, or engine.borrow(path) in an application.",
    "When it ends, nobody can borrow any more. What was borrowed stays attached for as long as somebody holds it.",
  ],
  examples: [
    "sudo skep lend firewall.bpf.ts --interface eth0 --socket /run/firewall.sock",
    "sudo skep lend opens.bpf.ts --socket /run/opens.sock --user alice --map events --once",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const path = args.value("socket");
  if (path === undefined) throw new CliError(EXIT.usage, "where shall it be lent? --socket PATH, e.g. --socket /run/skep.sock");
  const user = userOf(args.value("user"));
  const duration = numberOption(args, "duration", 0.001, 2_000_000);
  const places = placesOf(args, numberOption(args, "frequency", 1, 1_000_000_000));
  const setup = {
    ...applyToSpec(await openSpec(file, sourceOptions(forThisKernel(file))), args.values("set")),
    json: args.flag("json"),
    top: 0,
    unsafe: false,
  };
  const plan = planPrograms(setup.spec, args.value("program"), places);
  const { runLending } = await import("../lending.ts");
  return runLending(
    { ...setup, plan, duration, watch: undefined },
    {
      path,
      user,
      maps: args.values("map"),
      programs: args.flag("programs"),
      readOnly: args.flag("read-only"),
      once: args.flag("once"),
    },
  );
}

/** @throws CliError (usage) */
function userOf(name: string | undefined): number {
  const wanted = name ?? process.env["SUDO_UID"];
  if (wanted === undefined) throw new CliError(EXIT.usage, "to whom? --user NAME (or a user's number)");
  if (/^\d{1,10}$/.test(wanted)) return Number(wanted);
  const users = new Map(
    (MACHINE.read("/etc/passwd") ?? "")
      .split("\n")
      .map((line): [string, string] => [line.split(":")[0] ?? "", line.split(":")[2] ?? ""]),
  );
  const number = users.get(wanted);
  if (number !== undefined && /^\d+$/.test(number)) return Number(number);
  const near = nearest(wanted, [...users.keys()]);
  throw new CliError(
    EXIT.usage,
    `there is no user ${wanted} in /etc/passwd${near === null ? "" : `; did you mean ${near}?`} (a number does, too)`,
  );
}

export const lend = { help, run: execute };
