/** Prototypes of helpers (`struct bpf_func_proto`) as the verifier reads them, from the lines of uapi/helper-prototypes/. */

import type { AttachType } from "../../uapi/attach-types.ts";
import { type PrototypeTerm, prototypeLines, prototypeParts } from "../../uapi/helper-prototypes/lines.ts";
import { helperName } from "../../uapi/helpers.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import {
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  MEM_ALIGNED,
  MEM_FIXED_SIZE,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TRUSTED,
} from "../state/types.ts";
import type { ArgClass, HelperArgument, HelperAsker, HelperPrototype, ReturnClass } from "../target.ts";

const ARGUMENT_CLASS: Readonly<Record<string, ArgClass>> = {
  map: "const-map-ptr",
  key: "map-key",
  value: "map-value",
  mem: "mem",
  size: "const-size",
  size0: "const-size-or-zero",
  alloc0: "const-alloc-size-or-zero",
  ctx: "ctx",
  any: "anything",
  scalar: "scalar",
  lock: "spin-lock",
  sock_common: "sock-common",
  socket: "socket",
  btf: "btf-id",
  record: "ringbuf-mem",
  sock: "btf-id-sock-common",
  percpu: "percpu-btf-id",
  func: "func",
  stack: "stack",
  str: "const-str",
  timer: "timer",
  kptr: "kptr-xchg-dest",
  dynptr: "dynptr",
};

const RETURN_CLASS: Readonly<Record<string, ReturnClass>> = {
  int: "integer",
  void: "void",
  value: "map-value",
  socket: "socket",
  tcp_sock: "tcp-sock",
  sock_common: "sock-common",
  mem: "mem",
  record: "mem",
  mem_or_btf: "mem-or-btf-id",
  btf: "btf-id",
};

const LETTER: Readonly<Record<string, number>> = {
  r: MEM_RDONLY,
  w: MEM_WRITE,
  u: MEM_UNINIT,
  a: MEM_ALIGNED,
  t: PTR_TRUSTED,
  "!": OBJ_RELEASE,
};

/** Which programs a line is for, where the type alone does not say it. */
const PLACES: Readonly<Record<string, (type: ProgramType, attachType: AttachType | null, program: HelperAsker) => boolean>> = {
  tracing: (type) => type === "tracing" || type === "syscall",
  tracing_or_lsm: (type) => type === "tracing" || type === "lsm" || type === "syscall",
  /** Those that have what raw tracepoints have. */
  raw: (type) =>
    type === "raw_tracepoint" || type === "raw_tracepoint_writable" || type === "tracing" || type === "lsm" || type === "syscall",
  sleepable: (_type, _attachType, program) => program.sleepable,
  sleepable_kprobe: (type, _attachType, program) => type === "kprobe" && program.sleepable,
  multi: (type, attachType) =>
    type === "kprobe" &&
    (attachType === "trace_kprobe_multi" || attachType === "trace_kprobe_session" || attachType === "trace_uprobe_multi"),
  /** Where the JIT replaces bpf_get_smp_processor_id by a load. Elsewhere it is another function, which is called. */
  inlined: (type) => INLINED.has(type),
  /** The class is the packet's; elsewhere the current task's. */
  classid_of_packet: (type) => type === "sched_cls" || type === "sched_act" || type.startsWith("lwt_"),
  /** The socket is an argument; elsewhere the context's. */
  socket_options: (type) => type === "lsm" || type === "tracing" || type === "cgroup_sockopt" || type === "struct_ops",
};

const INLINED: ReadonlySet<ProgramType> = new Set([
  "sched_cls",
  "sched_act",
  "xdp",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "tracing",
  "lsm",
  "syscall",
]);

/** Those that were read, by signature. */
const read = new Map<string, HelperPrototype>();

function flagsOf({ detail, bytes, letters, nullable }: PrototypeTerm): number {
  let flags = nullable ? PTR_MAYBE_NULL : 0;
  for (const letter of letters) flags |= LETTER[letter] ?? 0;
  if (bytes !== 0) flags |= MEM_FIXED_SIZE;
  if (detail === "local") flags |= DYNPTR_TYPE_LOCAL;
  else if (detail === "ringbuf") flags |= DYNPTR_TYPE_RINGBUF;
  return flags;
}

function argument(term: PrototypeTerm): HelperArgument {
  const { class: name, detail, bytes } = term;
  return {
    class: ARGUMENT_CLASS[name] ?? "dontcare",
    flags: flagsOf(term),
    size: bytes,
    struct: name === "btf" ? detail : null,
  };
}

function parse(id: number, signature: string): HelperPrototype {
  const { name, arguments: given, result, properties } = prototypeParts(signature);
  return {
    id,
    name,
    arguments: given.map(argument),
    returns: RETURN_CLASS[result.class] ?? "integer",
    returnFlags: flagsOf(result) | (result.class === "record" ? MEM_RINGBUF : 0),
    returnStruct: result.class === "btf" ? result.detail : null,
    gplOnly: properties.includes("gpl"),
    packetAccess: properties.includes("packet"),
    mightSleep: properties.includes("sleeps"),
    changesPacket: properties.includes("changes"),
    fastcall: properties.includes("fastcall"),
  };
}

/** A helper's prototype, whether or not such programs may call it; null when no kernel that this knows has it. */
export function prototype(
  era: number,
  id: number,
  type: ProgramType,
  attachType: AttachType | null,
  program: HelperAsker,
): HelperPrototype | null {
  const name = helperName(id);
  for (const { signature, since, before, place } of (name === null ? undefined : prototypeLines().get(name)) ?? []) {
    if (era < since || era >= before) continue;
    if (place !== "" && place !== type && PLACES[place]?.(type, attachType, program) !== true) continue;
    let found = read.get(signature);
    if (found === undefined) read.set(signature, (found = parse(id, signature)));
    return found;
  }
  return null;
}
