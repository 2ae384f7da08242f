/** Which programs of a file are attached where: what its sections and the options of `skep run` say together. */

import { programsByThemselves } from "../engine/attach-all.ts";
import type { AttachOptions } from "../engine/engine.ts";
import { calledPrograms } from "../object/called-programs.ts";
import type { ProgramSpec, Spec } from "../object/spec.ts";
import type { ProgramType } from "../uapi/program-types.ts";
import { CliError, EXIT } from "./exit.ts";
import { selectProgram } from "./programs.ts";

/** Of the command line. */
export interface PlaceOptions {
  readonly interface: string | undefined;
  readonly mode: "native" | "generic" | undefined;
  readonly direction: "ingress" | "egress" | undefined;
  readonly cgroup: string | undefined;
  readonly pid: number | undefined;
  readonly cpu: number | undefined;
  readonly frequency: number | undefined;
  readonly library: string | undefined;
}

/** A program, and what becomes of it: it is attached, read, or run once. */
export interface Planned {
  readonly program: ProgramSpec;
  readonly how: "attach" | "read" | "run";
  readonly options: AttachOptions;
}

const NETWORK: readonly ProgramType[] = ["xdp", "sched_cls", "socket_filter"];
const CGROUP: readonly ProgramType[] = [
  "cgroup_skb",
  "cgroup_sock",
  "cgroup_sock_addr",
  "cgroup_device",
  "cgroup_sysctl",
  "cgroup_sockopt",
  "sock_ops",
];

/** Which programs an option is for. */
const TAKES: Readonly<Record<keyof PlaceOptions, (program: ProgramSpec) => boolean>> = {
  interface: ({ type }) => NETWORK.includes(type),
  mode: ({ type }) => type === "xdp",
  direction: ({ type }) => type === "sched_cls" || type === "cgroup_skb",
  cgroup: ({ type, attachType }) => CGROUP.includes(type) || attachType === "lsm_cgroup",
  pid: (program) => program.type === "perf_event" || isUserProbe(program),
  cpu: ({ type }) => type === "perf_event",
  frequency: ({ type }) => type === "perf_event",
  library: (program) => isUserProbe(program),
};

const WORDS: Readonly<Record<keyof PlaceOptions, string>> = {
  interface: "programs on packets (xdp, tc, socket)",
  mode: "XDP programs",
  direction: "tc and cgroup_skb programs",
  cgroup: "programs on control groups",
  pid: "uprobes and perf_event programs",
  cpu: "perf_event programs",
  frequency: "perf_event programs",
  library: "uprobes",
};

function isUserProbe({ type, section }: ProgramSpec): boolean {
  return type === "kprobe" && /^(usdt|u(ret)?probe)/.test(section);
}

/**
 * @param wanted the one program to take; undefined: all that load by themselves and are called by no other.
 * @throws CliError (usage) for an option that goes with none of them, and for programs that need one which is missing.
 */
export function planPrograms(spec: Spec, wanted: string | undefined, options: PlaceOptions): readonly Planned[] {
  const all =
    wanted === undefined
      ? programsByThemselves(spec).filter(({ autoload }) => autoload !== false)
      : [selectProgram(spec, wanted)];
  if (all.length === 0) selectProgram(spec, wanted);
  for (const [name, takes] of Object.entries(TAKES) as [keyof PlaceOptions, (program: ProgramSpec) => boolean][]) {
    if (options[name] !== undefined && !all.some(takes))
      throw new CliError(EXIT.usage, `--${name} goes with ${WORDS[name]}, and ${spec.name} has none`);
  }
  const xdp = all.filter(({ type }) => type === "xdp");
  if (xdp.length > 1) selectProgram({ ...spec, programs: xdp }, undefined);
  return all.map((program) => ({ program, how: howOf(program), options: placeOf(program, options) }));
}

/** Those that are planned, and those that they call by a program array. */
export function programsToLoad({ spec, plan }: { readonly spec: Spec; readonly plan: readonly Planned[] }): readonly string[] {
  return [...new Set([...plan.map(({ program }) => program.name), ...calledPrograms(spec)])];
}

function howOf({ type, attachType }: ProgramSpec): Planned["how"] {
  if (attachType === "trace_iter") return "read";
  return type === "syscall" ? "run" : "attach";
}

function placeOf(program: ProgramSpec, options: PlaceOptions): AttachOptions {
  const { name, section } = program;
  const needs = (option: "interface" | "cgroup", value: string): never => {
    throw new CliError(
      EXIT.usage,
      option === "interface"
        ? `where shall it run? --interface ${value} attaches ${name} to an interface; --replay CAPTURE plays a capture file (--raw, --tun and --tap run on an interface without the kernel's eBPF)`
        : `${name} (${section}) is for a control group: --cgroup ${value}`,
    );
  };
  if (TAKES.interface(program) && options.interface === undefined) needs("interface", "NAME");
  if (TAKES.cgroup(program) && options.cgroup === undefined) needs("cgroup", "PATH");
  const taken = (Object.keys(TAKES) as (keyof PlaceOptions)[]).filter(
    (option) => options[option] !== undefined && TAKES[option](program),
  );
  return Object.fromEntries(taken.map((option) => [option, options[option]]));
}
