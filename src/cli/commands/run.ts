/** `skep run FILE`: on a capture in the embedded engine, or live on an interface in the kernel. */

import { type Arguments, type CommandHelp, fileOperand, numberOption } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import type { Job } from "../job.ts";
import { selectProgram } from "../programs.ts";
import { applyToSpec } from "../settings.ts";
import { openSpec, TYPES_HELP } from "../sources.ts";

const help: CommandHelp = {
  name: "run",
  summary: "compile a program and run it: on a capture, on recorded events, or live on an interface",
  operands: "FILE (--replay CAPTURE | --replay-events RECORDING | --interface NAME | --raw NAME | --tun NAME | --tap NAME)",
  options: {
    replay: { value: "CAPTURE", help: "play a pcap or pcapng file (also gzipped) through the embedded engine; - is stdin" },
    "replay-events": {
      value: "RECORDING",
      help: "play recorded events (JSON lines, docs/events.md) through all programs of the file in the embedded engine; - is stdin",
    },
    interface: { value: "NAME", short: "i", help: "attach to a network interface in the kernel until Ctrl-C" },
    raw: {
      value: "NAME",
      help: "on copies of what comes in at a network interface, in the embedded engine (a packet socket: it observes, and transmits)",
    },
    tun: { value: "NAME", help: "on what this machine routes into a new interface of that name, in the embedded engine (TUN)" },
    tap: { value: "NAME", help: "the same with Ethernet frames (TAP)" },
    set: { value: "MAP=KEY:VALUE", multiple: true, help: "put an entry into a map first; NAME=VALUE sets a variable" },
    program: { value: "NAME", help: "which program, when the file has several (with --replay-events: only that one)" },
    btf: { value: "TYPES", help: "with --replay-events: types of the kernel for programs that know some (CO-RE)" },
    frequency: {
      value: "HZ",
      help: "with --replay-events: samples a second of perf_event programs (default: those that are recorded)",
    },
    pass: { value: "FILE", help: "with --replay: write the packets that pass to a pcap file" },
    drop: { value: "FILE", help: "with --replay: write the packets that are dropped or aborted to a pcap file" },
    mode: {
      value: "native|generic",
      help: "with --interface: in the driver or in the network stack (default: the kernel's choice)",
    },
    duration: { value: "SECONDS", help: "live: detach after that time" },
    top: { value: "N", help: "rows to show of each map (default 10)" },
    unsafe: { help: "not with --interface: run a program that the verifier refuses all the same; every access is checked" },
  },
  notes: [
    "FILE is a .bpf.ts source, a C source (.c, through clang: docs/c.md), or an object file.",
    "KEY and VALUE are JSON or plain text; the last colon outside quotes and brackets stands between them.",
    `With --btf, ${TYPES_HELP}.`,
    "A replay is the same every time: the program's clock is the capture's.",
    "Live in the kernel, the program is attached by a link that the kernel removes when this process ends, however it ends.",
    "With --raw the machine gets every packet, too, whatever the program says; with --tun and --tap only the program does (docs/room.md).",
  ],
  examples: [
    "skep run examples/firewall.bpf.ts --replay examples/captures/office.pcap \\",
    `    --set 'blocked={"prefixLength":24,"address":"203.0.113.0"}:1'`,
    "skep run examples/syscalls.bpf.o --replay-events examples/recordings/cat.jsonl",
    "sudo skep run examples/protocols.bpf.ts --interface eth0",
    "sudo skep run examples/protocols.bpf.ts --raw eth0",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const way = wayOf(args);
  for (const [name, options] of Object.entries(ONLY_WITH)) {
    const own: readonly string[] = ONLY_WITH[way];
    const foreign = options.filter((option) => !own.includes(option));
    if (name !== way) checkOnlyWith(args, name, foreign);
  }
  const top = numberOption(args, "top", 0, 1_000_000) ?? 10;
  const mode = modeOf(args);
  const duration = numberOption(args, "duration", 0.001, 2_000_000);
  const { spec, settings } = applyToSpec(await openSpec(file), args.values("set"));
  const json = args.flag("json");
  const unsafe = args.flag("unsafe");
  if (way === "replay-events") {
    const { replayRecording } = await import("../replay-events.ts");
    const wanted = args.value("program");
    const programs = (
      wanted === undefined ? spec.programs.filter(({ autoload }) => autoload !== false) : [selectProgram(spec, wanted)]
    ).map(({ name }) => name);
    const frequency = numberOption(args, "frequency", 1, 1_000_000_000);
    const files = { recording: args.value(way) ?? "", types: args.value("btf"), frequency };
    return replayRecording({ spec, programs, settings, json, top, unsafe }, files);
  }
  const program = selectProgram(spec, args.value("program")).name;
  const job: Job = { spec, program, settings, json, top, unsafe };
  if (way === "replay") {
    const { replayCapture } = await import("../replay.ts");
    return replayCapture(job, { capture: args.value(way) ?? "", pass: args.value("pass"), drop: args.value("drop") });
  }
  if (way !== "interface") {
    const { runOnDevice } = await import("../live-device.ts");
    return runOnDevice(job, { kind: way, name: args.value(way) ?? "", duration });
  }
  const { runLive } = await import("../live.ts");
  return runLive(job, { interface: args.value(way) ?? "", mode, duration });
}

/** Options that go with one way to run. */
const ONLY_WITH = {
  replay: ["pass", "drop", "unsafe"],
  "replay-events": ["btf", "frequency", "unsafe"],
  interface: ["mode", "duration"],
  raw: ["duration", "unsafe"],
  tun: ["duration", "unsafe"],
  tap: ["duration", "unsafe"],
} as const;

type Way = keyof typeof ONLY_WITH;

const WAYS = ["replay", "replay-events", "interface", "raw", "tun", "tap"] as const satisfies readonly Way[];

/** @throws CliError (usage) when none is chosen, or several. */
function wayOf(args: Arguments): Way {
  const ways = WAYS.filter((name) => args.value(name) !== undefined);
  const [way, other] = ways;
  if (way === undefined) {
    throw new CliError(
      EXIT.usage,
      "where shall it run? --replay CAPTURE plays a capture file, --replay-events RECORDING recorded events, --interface NAME attaches to an interface (--raw, --tun and --tap run on one without the kernel's eBPF)",
    );
  }
  if (other !== undefined) throw new CliError(EXIT.usage, `--${way} and --${other} exclude each other: choose one of them`);
  return way;
}

function checkOnlyWith(args: Arguments, needed: string, options: readonly string[]): void {
  const stray = options.find((name) => args.flag(name));
  if (stray !== undefined) throw new CliError(EXIT.usage, `--${stray} goes with --${needed}`);
}

function modeOf(args: Arguments): "native" | "generic" | undefined {
  const mode = args.value("mode");
  if (mode === undefined || mode === "native" || mode === "generic") return mode;
  throw new CliError(EXIT.usage, `--mode takes native or generic, found ${JSON.stringify(mode)}`);
}

export const run = { help, run: execute };
