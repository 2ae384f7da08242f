/**
 * The program types on events: what their contexts are, and which helpers the kernel gives them (kernel/trace/bpf_trace.c, Linux 6.18:
 * `bpf_tracing_func_proto` and its siblings).
 */

import { decode } from "../../../isa/decode.ts";
import type { ProgramSpec } from "../../../object/spec.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { FeatureError } from "../../errors.ts";
import { argumentsLayout } from "../contexts/arguments.ts";
import { perfEventLayout, registersLayout } from "../contexts/registers.ts";
import { syscallLayout } from "../contexts/syscall.ts";
import { tracepointLayout } from "../contexts/tracepoint.ts";
import { CURRENT, TASKS } from "../helpers/current.ts";
import { FIND_VMA } from "../helpers/find-vma.ts";
import { generalFor } from "../helpers/general.ts";
import { type Helper, helperTable } from "../helpers/helper.ts";
import { CURRENT_UNDER, GROUP_STORAGE } from "../helpers/objects.ts";
import { COOKIE, COUNTERS, FUNCTION_ARGUMENTS, FUNCTION_IP, OVERRIDE, READ_VALUE } from "../helpers/perf.ts";
import { COPY_FROM_USER, PROBE_MORE, PROBE_READ } from "../helpers/probe-read.ts";
import { SEQUENCES } from "../helpers/sequences.ts";
import { STACKS } from "../helpers/stacks.ts";
import { PATHS } from "../helpers/strings.ts";
import { IteratorProgram } from "../iterators/program.ts";
import { REFERENCES } from "../kfuncs/references.ts";
import type { ProgramKind } from "./kind.ts";
import { type EventKind, EventProgram } from "./tracing-program.ts";

/** What all that trace may call. */
const TRACING: readonly Helper[] = [
  ...CURRENT,
  ...TASKS,
  ...PROBE_READ,
  ...PROBE_MORE,
  ...COPY_FROM_USER,
  ...COUNTERS,
  ...GROUP_STORAGE,
  CURRENT_UNDER,
  FIND_VMA,
];

const BPF_F_SLEEPABLE = 16;

/** @throws FeatureError for a call that may sleep in a program that may not. */
function checkSleep({ name, section, code, flags = 0 }: ProgramSpec): void {
  if ((flags & BPF_F_SLEEPABLE) !== 0) return;
  for (const { opcode, src, imm } of decode(code)) {
    const sleeps = opcode === 0x85 && src === 0 ? COPY_FROM_USER.find(({ id }) => id === imm) : undefined;
    if (sleeps === undefined) continue;
    const message = `${name}: ${sleeps.name} may sleep, and a program in section ${section} may not; put it where it may (fentry.s, uprobe.s …), or read with bpf_probe_read_user`;
    throw new FeatureError(sleeps.name, null, message);
  }
}

/** @throws FeatureError for what iterators alone may call, in a program that is none (`tracing_prog_func_proto`). */
function checkSequences({ name, section, code }: ProgramSpec): void {
  for (const { opcode, src, imm } of decode(code)) {
    const writes = opcode === 0x85 && src === 0 ? SEQUENCES.find(({ id }) => id === imm) : undefined;
    if (writes === undefined) continue;
    throw new FeatureError(
      writes.name,
      null,
      `${name}: ${writes.name} writes for the reader of an iterator (iter/…), and section ${section} is none`,
    );
  }
}

function kindOf(type: ProgramType, own: readonly Helper[], events: EventKind, kernelPointers = false): ProgramKind {
  return {
    type,
    helpers: helperTable([...generalFor(type), ...TRACING, ...own]),
    packetLoads: false,
    kernelPointers,
    make(spec, executors, room, fuel) {
      checkSleep(spec);
      if (spec.attachType === "trace_iter") return new IteratorProgram(spec, executors, room, fuel);
      checkSequences(spec);
      return new EventProgram(spec, events, executors, room, fuel);
    },
  };
}

/** The first word of a section without what libbpf hangs on it: `kprobe` of `kprobe.multi/tcp_*`. */
const stemOf = ({ section }: ProgramSpec): string => /^[^./]*/.exec(section)?.[0] ?? "";

export const tracepointKind = kindOf("tracepoint", [...STACKS, ...REFERENCES, COOKIE], {
  layout: (event, room) => tracepointLayout(event, (name) => room.formats.find(name)),
  prefix: () => "",
  usual: null,
  example: "syscalls/sys_enter_openat",
});

const RAW: EventKind = {
  layout: () => argumentsLayout(false),
  prefix: () => "raw_tp/",
  usual: null,
  example: "sched_switch",
};

export const rawTracepointKind = kindOf("raw_tracepoint", [...STACKS, COOKIE], RAW);
export const writableRawTracepointKind = kindOf("raw_tracepoint_writable", [...STACKS, COOKIE], {
  ...RAW,
  layout: () => argumentsLayout(true),
});

export const kprobeKind = kindOf("kprobe", [...STACKS, COOKIE, FUNCTION_IP, OVERRIDE], {
  layout: (_event, room) => registersLayout(room.architecture),
  prefix: (spec) => `${stemOf(spec)}/`,
  usual: null,
  example: "tcp_connect",
});

export const perfEventKind = kindOf("perf_event", [...STACKS, ...REFERENCES, COOKIE, READ_VALUE], {
  layout: (_event, room) => perfEventLayout(room.architecture),
  prefix: () => "perf_event/",
  usual: "cpu-clock",
  example: "cpu-clock",
});

/** Iterators, typed raw tracepoints (`tp_btf`), and functions as they begin (`fentry`), end (`fexit`) or are decided (`fmod_ret`). */
export const tracingKind = kindOf(
  "tracing",
  [...STACKS, ...FUNCTION_ARGUMENTS, ...PATHS, ...SEQUENCES, ...REFERENCES, COOKIE, FUNCTION_IP],
  {
    layout: () => argumentsLayout(false),
    prefix: (spec) => (spec.attachType === "trace_raw_tp" ? "raw_tp/" : `${stemOf(spec)}/`),
    usual: null,
    example: "tcp_connect",
  },
  true,
);

export const lsmKind = kindOf(
  "lsm",
  [...PATHS, ...REFERENCES, COOKIE],
  { layout: () => argumentsLayout(false), prefix: () => "lsm/", usual: null, example: "file_open" },
  true,
);

export const syscallKind = kindOf("syscall", [...STACKS, ...REFERENCES], {
  layout: () => syscallLayout,
  prefix: () => "syscall/",
  usual: null,
  example: null,
});
