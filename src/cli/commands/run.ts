/** `skep run FILE`: in the kernel, where its sections say, or on a capture or recording in the embedded engine. */

import type { Spec } from "../../object/spec.ts";
import { type Arguments, type CommandHelp, fileOperand, numberOption } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import type { Job, Setup } from "../job.ts";
import type { LiveJob } from "../live.ts";
import { PLACE_OPTIONS, placesOf } from "../places.ts";
import { selectProgram } from "../programs.ts";
import { applyToSpec } from "../settings.ts";
import { forThisKernel, openSpec, type ProgramSource, sourceOptions, TYPES_HELP } from "../sources.ts";
import type { Watch } from "../watch/watch.ts";

const help: CommandHelp = {
  name: "run",
  summary: "compile a program and run it: in the kernel, or on a capture or recorded events",
  operands: "FILE [--interface NAME | --replay CAPTURE | --replay-events RECORDING | --raw NAME | --tun NAME | --tap NAME]",
  options: {
    replay: { value: "CAPTURE", help: "play a pcap or pcapng file (also gzipped) through the embedded engine; - is stdin" },
    "replay-events": {
      value: "RECORDING",
      help: "play recorded events (JSON lines, docs/events.md) through all programs of the file in the embedded engine; - is stdin",
    },
    ...PLACE_OPTIONS,
    raw: {
      value: "NAME",
      help: "on copies of what comes in at a network interface, in the embedded engine (a packet socket: it observes, and transmits)",
    },
    tun: { value: "NAME", help: "on what this machine routes into a new interface of that name, in the embedded engine (TUN)" },
    tap: { value: "NAME", help: "the same with Ethernet frames (TAP)" },
    set: { value: "MAP=KEY:VALUE", multiple: true, help: "put an entry into a map first; NAME=VALUE sets a variable" },
    program: {
      value: "NAME",
      help: "which program, when the file has several (in the kernel, and with --replay-events: only that one)",
    },
    btf: { value: "TYPES", help: "with --replay-events: types of the kernel for programs that know some (CO-RE)" },
    frequency: {
      value: "HZ",
      help: "samples a second of perf_event programs (default: 99; with --replay-events those that are recorded)",
    },
    pass: { value: "FILE", help: "with --replay: write the packets that pass to a pcap file" },
    drop: { value: "FILE", help: "with --replay: write the packets that are dropped or aborted to a pcap file" },
    watch: {
      help: "compile anew when a source changes, and exchange the program: maps of the same shape go on; a replay begins again",
    },
    "dry-run": {
      help: "in the kernel: make no system call, print every one that would be made, and the capabilities that they need",
    },
    duration: { value: "SECONDS", help: "live: detach after that time" },
    top: { value: "N", help: "rows to show of each map (default 10)" },
    unsafe: { help: "not in the kernel: run a program that the verifier refuses all the same; every access is checked" },
  },
  notes: [
    "FILE is a .bpf.ts source, a C source (.c, through clang: docs/c.md), or an object file.",
    "KEY and VALUE are JSON or plain text; the last colon outside quotes and brackets stands between them.",
    `With --btf, ${TYPES_HELP}.`,
    "A replay is the same every time: the program's clock is the capture's.",
    "Without --replay, --replay-events, --raw, --tun and --tap it runs in the kernel: all its programs are attached where their sections say, records of ring and perf buffers are printed as they come, and after Ctrl-C or --duration what iterators write, and the maps (docs/linux.md).",
    "In the kernel, programs are attached by links that the kernel removes when this process ends, however it ends.",
    "With --raw the machine gets every packet, too, whatever the program says; with --tun and --tap only the program does (docs/room.md).",
  ],
  examples: [
    "skep run examples/firewall.bpf.ts --replay examples/captures/office.pcap \\",
    `    --set 'blocked={"prefixLength":24,"address":"203.0.113.0"}:1'`,
    "skep run examples/syscalls.bpf.o --replay-events examples/recordings/cat.jsonl",
    "sudo skep run examples/protocols.bpf.ts --interface eth0",
    "skep run examples/protocols.bpf.ts --interface eth0 --dry-run",
    "sudo skep run sampler.bpf.o --pid 1234 --frequency 99 --duration 10",
    "sudo skep run examples/protocols.bpf.ts --raw eth0",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const way = wayOf(args);
  for (const [name, options] of Object.entries(ONLY_WITH)) {
    const own: readonly string[] = ONLY_WITH[way];
    const foreign = options.filter((option) => !own.includes(option));
    if (name !== way) checkOnlyWith(args, way, name, foreign);
  }
  const top = numberOption(args, "top", 0, 1_000_000) ?? 10;
  const duration = numberOption(args, "duration", 0.001, 2_000_000);
  const frequency = numberOption(args, "frequency", 1, 1_000_000_000);
  const places = placesOf(args, frequency);
  if (args.flag("watch") && args.value(way === "kernel" ? "interface" : way) === "-")
    throw new CliError(EXIT.usage, `--watch plays it again and again: --${way} takes a file then, not stdin`);
  const json = args.flag("json");
  const unsafe = args.flag("unsafe");
  const wanted = args.value("program");
  const setupOf = (spec: Spec): Setup => ({ ...applyToSpec(spec, args.values("set")), json, top, unsafe });
  const jobOf = (spec: Spec): Job => {
    const setup = setupOf(spec);
    return { ...setup, program: selectProgram(setup.spec, wanted).name };
  };
  const watching = args.flag("watch");
  if (args.flag("dry-run") && watching) throw new CliError(EXIT.usage, "--dry-run does nothing once: leave --watch out");
  if (way === "kernel") {
    const [{ planPrograms }, { runLive }] = await Promise.all([import("../attach-plan.ts"), import("../live.ts")]);
    const liveJobOf = (spec: Spec): LiveJob => {
      const setup = setupOf(spec);
      return { ...setup, plan: planPrograms(setup.spec, wanted, places), duration, watch: undefined };
    };
    const source = forThisKernel(file);
    if (args.flag("dry-run"))
      return (await import("../dry-run.ts")).dryRun(liveJobOf(await openSpec(file, sourceOptions(source))));
    return started(source, watching, liveJobOf, (job, watch) =>
      runLive({ ...job, watch }).catch(async (error: unknown) => {
        const { PrivilegeError } = await import("../../engine/errors.ts");
        if (!(error instanceof PrivilegeError)) throw error;
        throw (await import("../all-privileges.ts")).withAllPrivileges(error, job.spec, job.plan);
      }),
    );
  }
  if (way === "replay-events") {
    const { replayRecording } = await import("../replay-events.ts");
    const files = { recording: args.value(way) ?? "", types: args.value("btf"), frequency };
    const eventsJobOf = (spec: Spec) => {
      const setup = setupOf(spec);
      const chosen =
        wanted === undefined
          ? setup.spec.programs.filter(({ autoload }) => autoload !== false)
          : [selectProgram(setup.spec, wanted)];
      return { ...setup, programs: chosen.map(({ name }) => name) };
    };
    return started({ file }, watching, eventsJobOf, (job, watch) => again(job, watch, (each) => replayRecording(each, files)));
  }
  if (way === "replay") {
    const { replayCapture } = await import("../replay.ts");
    const files = { capture: args.value(way) ?? "", pass: args.value("pass"), drop: args.value("drop") };
    return started({ file }, watching, jobOf, (job, watch) => again(job, watch, (each) => replayCapture(each, files)));
  }
  const { runOnDevice } = await import("../live-device.ts");
  return started({ file }, watching, jobOf, (job, watch) =>
    runOnDevice(job, { kind: way, name: args.value(way) ?? "", duration, watch }),
  );
}

/** Compiles the file and runs it; with `watching`, waits until it compiles. */
async function started<Job>(
  source: ProgramSource,
  watching: boolean,
  make: (spec: Spec) => Job,
  run: (job: Job, watch: Watch<Job> | undefined) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  if (!watching) return run(make(await openSpec(source.file, sourceOptions(source))), undefined);
  const [{ Watch }, { End }] = await Promise.all([import("../watch/watch.ts"), import("../end.ts")]);
  const watch = new Watch(source, make);
  let job: Job | null;
  {
    using end = new End(undefined);
    job = await watch.first(end.signal);
  }
  return job === null ? EXIT.interrupted : run(job, watch);
}

/** A replay is the same every time: of each version from the beginning, with maps of its own. */
async function again<Job>(job: Job, watch: Watch<Job> | undefined, run: (job: Job) => Promise<ExitStatus>): Promise<ExitStatus> {
  if (watch === undefined) return run(job);
  const [{ End }, { reportFailure }] = await Promise.all([import("../end.ts"), import("../failure.ts")]);
  using end = new End(undefined);
  let status: ExitStatus = EXIT.ok;
  for (let next: Job | null = job; next !== null; next = await watch.next(end.signal)) {
    status = await run(next).catch((error: unknown) => reportFailure(error, { verbose: false, json: false }));
    process.stderr.write("waiting for a change; Ctrl-C ends it\n");
  }
  return status;
}

/** Options that go with one way to run. */
const ONLY_WITH = {
  replay: ["pass", "drop", "unsafe"],
  "replay-events": ["btf", "frequency", "unsafe"],
  kernel: ["interface", "mode", "direction", "cgroup", "pid", "cpu", "library", "frequency", "duration", "dry-run"],
  raw: ["duration", "unsafe"],
  tun: ["duration", "unsafe"],
  tap: ["duration", "unsafe"],
} as const;

type Way = keyof typeof ONLY_WITH;

const WAYS = ["replay", "replay-events", "raw", "tun", "tap"] as const satisfies readonly Way[];

/** In the kernel, unless another way is chosen. @throws CliError (usage) when several are. */
function wayOf(args: Arguments): Way {
  const ways = WAYS.filter((name) => args.value(name) !== undefined);
  const [way, other] = ways;
  if (way === undefined) return "kernel";
  if (other !== undefined) throw new CliError(EXIT.usage, `--${way} and --${other} exclude each other: choose one of them`);
  return way;
}

function checkOnlyWith(args: Arguments, way: Way, needed: string, options: readonly string[]): void {
  const stray = options.find((name) => args.flag(name));
  if (stray === undefined) return;
  throw new CliError(
    EXIT.usage,
    needed === "kernel"
      ? `--${stray} is for the kernel, --${way} for the embedded engine: choose one of them`
      : `--${stray} goes with --${needed}`,
  );
}

export const run = { help, run: execute };
