/**
 * Prototypes of helpers (`struct bpf_func_proto`), from the lines of helpers/.
 *
 *     bpf_name(argument, …) -> result property … | in PLACE before ERA since ERA
 *
 * Arguments are a class, its details in brackets (bytes of fixed-size memory, the struct, the kind of dynptr), letters after a
 * colon (`r` the helper reads it, `w` writes it, `u` it need not be initialised, `a` it is aligned, `!` it is released), and `?`
 * where null is allowed. A helper with several lines has the first that holds for the program and the kernel.
 */

import type { AttachType } from "../../uapi/attach-types.ts";
import { HELPER, type HelperName } from "../../uapi/helpers.ts";
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
import { MAP_HELPERS } from "./helpers/maps.ts";
import { MEMORY_HELPERS } from "./helpers/memory.ts";
import { NETWORK_HELPERS } from "./helpers/network.ts";
import { SOCKET_HELPERS } from "./helpers/sockets.ts";
import { SYSTEM_HELPERS } from "./helpers/system.ts";

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

interface Line {
  readonly signature: string;
  /** Empty: all. Else a name of PLACES, or a program type. */
  readonly place: string;
  readonly since: number;
  readonly before: number;
  prototype: HelperPrototype | null;
}

let lines: Map<number, Line[]> | null = null;

function read(): Map<number, Line[]> {
  const byId = new Map<number, Line[]>();
  for (const text of `${MAP_HELPERS}${MEMORY_HELPERS}${SYSTEM_HELPERS}${NETWORK_HELPERS}${SOCKET_HELPERS}`.split("\n")) {
    if (text === "") continue;
    const [signature = "", condition = ""] = text.split(" | ");
    const id = HELPER[signature.slice(0, signature.indexOf("(")) as HelperName];
    const words = condition.split(" ");
    const after = (word: string): string => words[words.indexOf(word) + 1] ?? "";
    const line: Line = {
      signature,
      place: words.includes("in") ? after("in") : "",
      since: words.includes("since") ? Number(after("since")) : 0,
      before: words.includes("before") ? Number(after("before")) : Number.POSITIVE_INFINITY,
      prototype: null,
    };
    const of = byId.get(id);
    if (of === undefined) byId.set(id, [line]);
    else of.push(line);
  }
  return byId;
}

/** `dynptr(local):uw?`: class, detail in either bracket, letters, null. */
const TERM = /^(\w+)(?:\((\w+)\)|\[(\d+)\])?(?::([a-z!]+))?(\?)?$/;

interface Term {
  readonly class: string;
  readonly detail: string | null;
  readonly bytes: number;
  readonly flags: number;
}

function term(text: string): Term {
  const [, name = "", detail, bytes, letters = "", nullable] = TERM.exec(text) ?? [];
  let flags = nullable === undefined ? 0 : PTR_MAYBE_NULL;
  for (const letter of letters) flags |= LETTER[letter] ?? 0;
  if (bytes !== undefined) flags |= MEM_FIXED_SIZE;
  if (detail === "local") flags |= DYNPTR_TYPE_LOCAL;
  else if (detail === "ringbuf") flags |= DYNPTR_TYPE_RINGBUF;
  return { class: name, detail: detail ?? null, bytes: Number(bytes ?? 0), flags };
}

function argument(text: string): HelperArgument {
  const { class: name, detail, bytes, flags } = term(text);
  return { class: ARGUMENT_CLASS[name] ?? "dontcare", flags, size: bytes, struct: name === "btf" ? detail : null };
}

function parse(id: number, signature: string): HelperPrototype {
  const [, name = "", list = "", tail = ""] = /^(\w+)\((.*)\) -> (.*)$/.exec(signature) ?? [];
  const [result = "", ...properties] = tail.split(" ");
  const returned = term(result);
  return {
    id,
    name,
    arguments: list === "" ? [] : list.split(", ").map(argument),
    returns: RETURN_CLASS[returned.class] ?? "integer",
    returnFlags: returned.flags | (returned.class === "record" ? MEM_RINGBUF : 0),
    returnStruct: returned.class === "btf" ? returned.detail : null,
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
  lines ??= read();
  for (const line of lines.get(id) ?? []) {
    if (era < line.since || era >= line.before) continue;
    if (line.place !== "" && line.place !== type && PLACES[line.place]?.(type, attachType, program) !== true) continue;
    line.prototype ??= parse(id, line.signature);
    return line.prototype;
  }
  return null;
}
