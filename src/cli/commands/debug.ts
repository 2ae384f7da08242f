/** `skep debug FILE`: step through a program, forward and back. */

import { readFile } from "node:fs/promises";
import { type Arguments, type CommandHelp, fileOperand, numberOption } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { selectProgram } from "../programs.ts";
import { applyToSpec } from "../settings.ts";
import { openSpec } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const help: CommandHelp = {
  name: "debug",
  summary: "step through a program, forward and back, on a packet or an event",
  operands: "FILE (--replay CAPTURE [--packet N] | --packet-hex HEX | --context JSON)",
  options: {
    replay: { value: "CAPTURE", help: "packets of a pcap or pcapng file (also gzipped); - is stdin" },
    packet: { value: "N", help: "with --replay: begin at that packet, from 1; the ones before it are run first (default 1)" },
    "packet-hex": { value: "HEX", help: "one packet, from the Ethernet header on" },
    context: { value: "JSON", help: "fields of the context by name, or its bytes as text of hexadecimal digits" },
    program: { value: "NAME", help: "which program, when the file has several" },
    set: { value: "MAP=KEY:VALUE", multiple: true, help: "put an entry into a map first; NAME=VALUE sets a variable" },
    break: {
      value: "PLACE",
      multiple: true,
      help: "a breakpoint: LINE, FILE:LINE, slot:N, helper:NAME, FUNCTION; if CONDITION may follow",
    },
    script: { value: "FILE", help: "carry out the commands of a file, one a line" },
  },
  notes: [
    'Commands come from the terminal ("help" lists them), or one a line from stdin. docs/debugger.md shows a session.',
    "Nothing is executed twice: going back takes back what was done, and going forward there again does the same.",
    "Commands that are not understood make the exit status 2 when nobody is at the terminal; a program that stands at a fault makes it 5.",
  ],
  examples: [
    "skep debug examples/firewall.bpf.ts --replay examples/captures/office.pcap --packet 7 --break 27",
    "echo 'continue' | skep debug prog.o --packet-hex '020000000002 020000000001 0800 …' --json",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const [capture, packetHex, context] = [args.value("replay"), args.value("packet-hex"), args.value("context")];
  if (capture === undefined && packetHex === undefined && context === undefined) {
    throw new CliError(EXIT.usage, "what shall it run on? --replay CAPTURE, --packet-hex HEX or --context JSON");
  }
  if (capture !== undefined && (packetHex !== undefined || context !== undefined)) {
    throw new CliError(EXIT.usage, "--replay excludes --packet-hex and --context: choose one of them");
  }
  if (capture === undefined && args.flag("packet")) throw new CliError(EXIT.usage, "--packet goes with --replay");
  const script = args.value("script");
  if (capture === "-" && script === undefined)
    throw new CliError(EXIT.usage, "--replay - takes stdin for the capture: give the commands with --script");
  const number = numberOption(args, "packet", 1, Number.MAX_SAFE_INTEGER) ?? 1;
  if (!Number.isInteger(number)) throw new CliError(EXIT.usage, `--packet takes a whole number, found ${number}`);

  // What is wrong with the command line is said before anything is compiled.
  const [{ oneInput }, { Packets }, { Target }, { Debugger }, { DebugConsole }, { parseBreak }] = await Promise.all([
    import("../debug/input.ts"),
    import("../debug/packets.ts"),
    import("../debug/target.ts"),
    import("../debug/debugger.ts"),
    import("../debug/console.ts"),
    import("../debug/commands-breakpoints.ts"),
  ]);
  const breaks = args.values("break").map((text) => naming(text, () => parseBreak(text)));
  const commands = script === undefined ? null : await readFile(script, "utf8");
  const single = capture === undefined ? oneInput(packetHex, context) : null;
  const { spec, settings } = applyToSpec(await openSpec(file), args.values("set"));
  const program = selectProgram(spec, args.value("program")).name;
  await using packets = capture === undefined ? null : await Packets.open(capture);
  const input = packets ?? single;
  if (input === null) throw new CliError(EXIT.usage, "what shall it run on?");

  const json = args.flag("json");
  await using target = new Target({
    spec,
    program,
    settings,
    input,
    onPrint: (text) => debug.printed(text),
    onBegin: () => debug.forget(),
  });
  const debug = new Debugger(target, file);
  await target.open(number);
  for (const [index, [place, condition]] of breaks.entries())
    naming(args.values("break")[index] ?? "", () => target.session.breakpoints.add(place, condition));
  const console = new DebugConsole(debug, json, styleFor(process.stdout), styleFor(process.stderr));
  await console.show(debug.began());
  const person = process.stdin.isTTY === true && process.stdout.isTTY === true && !json && capture !== "-";
  if (commands !== null && script !== undefined) await console.runScript(commands.split(/\r?\n/), script);
  if (console.ended) return person ? EXIT.ok : console.status;
  if (person) {
    await console.runTerminal();
    return EXIT.ok;
  }
  if (commands === null) await console.runPipe();
  return console.status;
}

/** What is wrong with a breakpoint of the command line is a wrong argument. */
function naming<Result>(text: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && ["CommandError", "BreakpointError", "ExpressionError"].includes(error.name))
      throw new CliError(EXIT.usage, `--break ${text}: ${error.message}`, { cause: error });
    throw error;
  }
}

export const debug = { help, run: execute };
