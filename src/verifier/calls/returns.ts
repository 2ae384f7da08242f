/** What a helper leaves in r0. */

import type { Btf } from "../../btf/btf.ts";
import { HELPER } from "../../uapi/helpers.ts";
import { Bounds } from "../numbers/bounds.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, scalar, UNINITIALISED, UNKNOWN_SCALAR } from "../state/register.ts";
import {
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import type { Call } from "./call.ts";
import { neverMisses } from "./map-arguments.ts";
import { acquireReference } from "./references.ts";

/**
 * @param perCpuObject the argument was a per-CPU object of the program's own (`bpf_this_cpu_ptr` …).
 */
export function returnedBy(walk: Walk, call: Call, perCpuObject: boolean): Reg {
  const { prototype } = call;
  if (prototype.returns === "integer") return integer(walk, call);
  if (prototype.returns === "void") return UNINITIALISED;
  const reg = pointerOf(walk, call, perCpuObject);
  if ((reg.type & PTR_MAYBE_NULL) !== 0) reg.id = walk.nextId();
  const { id } = prototype;
  if (id === HELPER.bpf_dynptr_data) {
    reg.dynptrId = call.dynptrId;
    reg.refId = call.refId;
  } else if (CASTS.has(id)) {
    reg.refId = call.refId;
  } else if (acquires(call)) {
    reg.id = acquireReference(walk);
    reg.refId = reg.id;
  }
  return reg;
}

/** The same object by another type (`is_ptr_cast_function`). */
const CASTS: ReadonlySet<number> = new Set([
  HELPER.bpf_tcp_sock,
  HELPER.bpf_sk_fullsock,
  HELPER.bpf_skc_to_tcp_sock,
  HELPER.bpf_skc_to_tcp6_sock,
  HELPER.bpf_skc_to_udp6_sock,
  HELPER.bpf_skc_to_mptcp_sock,
  HELPER.bpf_skc_to_tcp_timewait_sock,
  HELPER.bpf_skc_to_tcp_request_sock,
]);

/** What must be given back (`is_acquire_function`). */
const ACQUIRERS: ReadonlySet<number> = new Set([
  HELPER.bpf_sk_lookup_tcp,
  HELPER.bpf_sk_lookup_udp,
  HELPER.bpf_skc_lookup_tcp,
  HELPER.bpf_ringbuf_reserve,
  HELPER.bpf_kptr_xchg,
]);

function acquires(call: Call): boolean {
  const { id } = call.prototype;
  if (ACQUIRERS.has(id)) return true;
  return id === HELPER.bpf_map_lookup_elem && (call.map?.type === "sockmap" || call.map?.type === "sockhash");
}

/** Those that return at most as many bytes as they may write, or an error. */
const COUNTERS: ReadonlySet<number> = new Set([
  HELPER.bpf_get_stack,
  HELPER.bpf_get_task_stack,
  HELPER.bpf_probe_read_str,
  HELPER.bpf_probe_read_kernel_str,
  HELPER.bpf_probe_read_user_str,
]);

const MAX_ERRNO = 4095;

/**
 * The kernel knows how many CPUs there may be, and the verifier does not: the most that distributions build for (`NR_CPUS`),
 * so that what passes here passes on all.
 */
const MOST_CPUS = 8192;

const CPU: Reg = scalar(zeroTo(MOST_CPUS - 1));

/** A number below a power of two: every bit below it is unknown. */
function zeroTo(most: number): Bounds {
  const to = new Bounds();
  to.maskLo = to.umaxLo = to.smaxLo = to.u32max = to.s32max = most;
  to.maskHi = to.umaxHi = to.smaxHi = to.sminHi = to.sminLo = to.s32min = 0;
  return to;
}

/** `do_refine_retval_range`. */
function integer(walk: Walk, call: Call): Reg {
  const { id } = call.prototype;
  if (COUNTERS.has(id)) {
    // Below 2^29, or the call was refused: negative errors leave all unsigned numbers possible.
    const to = new Bounds();
    to.smaxLo = to.s32max = call.mostWritten.umaxLo;
    to.smaxHi = 0;
    to.sminLo = to.s32min = -MAX_ERRNO;
    to.sminHi = -1;
    return scalar(to);
  }
  if (id === HELPER.bpf_get_smp_processor_id && walk.era >= 610) return CPU;
  return UNKNOWN_SCALAR;
}

function pointerOf(walk: Walk, call: Call, perCpuObject: boolean): Reg {
  const { prototype, map } = call;
  const flags = prototype.returnFlags;
  switch (prototype.returns) {
    case "map-value": {
      if (map === null) refuse("kernel subsystem misconfigured verifier", "EINVAL");
      const found =
        prototype.id === HELPER.bpf_map_lookup_elem &&
        call.constantKey >= 0 &&
        call.constantKey < map.maxEntries &&
        neverMisses(map.type);
      const reg = pointer(PTR_TO_MAP_VALUE | (found ? flags & ~PTR_MAYBE_NULL : flags));
      reg.map = map;
      reg.mapUid = call.mapUid;
      const locked = map.fields.some(({ kind }) => kind === "spin-lock" || kind === "res-spin-lock");
      if (locked && (reg.type & PTR_MAYBE_NULL) === 0) reg.id = walk.nextId();
      return reg;
    }
    case "socket":
      return pointer(PTR_TO_SOCKET | flags);
    case "sock-common":
      return pointer(PTR_TO_SOCK_COMMON | flags);
    case "tcp-sock":
      return pointer(PTR_TO_TCP_SOCK | flags);
    case "mem": {
      const reg = pointer(PTR_TO_MEM | flags);
      reg.memSize = call.memSize;
      return reg;
    }
    case "mem-or-btf-id":
      return variable(call, flags, perCpuObject);
    default:
      return object(walk, call, flags);
  }
}

/** A per-CPU variable of the kernel, or an object of the program's own. */
function variable(call: Call, flags: number, perCpuObject: boolean): Reg {
  const { resultBtf: btf } = call;
  if (btf === null) refuse("kernel subsystem misconfigured verifier", "EINVAL");
  const id = btf.resolve(call.resultBtfId);
  const kind = btf.kind(id);
  if (kind !== "struct" && kind !== "union") {
    const reg = pointer(PTR_TO_MEM | flags);
    reg.memSize = sizeOf(btf, id);
    return reg;
  }
  const reg = pointer(perCpuObject ? PTR_TO_BTF_ID | MEM_ALLOC | MEM_RCU : PTR_TO_BTF_ID | (flags & ~MEM_RDONLY));
  reg.btf = btf;
  reg.btfId = call.resultBtfId;
  return reg;
}

function sizeOf(btf: Btf, id: number): number {
  const kind = btf.kind(id);
  if (kind === "void" || kind === "function" || kind === "prototype" || kind === "forward") {
    refuse(`unable to resolve the size of type '${btf.name(id)}': -22`, "EINVAL");
  }
  return btf.sizeOf(id);
}

/** An object of the kernel, or what was in a kptr. */
function object(walk: Walk, call: Call, flags: number): Reg {
  const { prototype, kptr } = call;
  const { kernelTypes } = walk.program;
  const reg = pointer(PTR_TO_BTF_ID | flags);
  if (prototype.id === HELPER.bpf_kptr_xchg) {
    if (kptr === null) refuse("kernel subsystem misconfigured verifier", "EINVAL");
    reg.btf = kptr.btf;
    reg.btfId = kptr.btfId;
    if (kptr.btf !== kernelTypes) {
      reg.type |= MEM_ALLOC;
      if (kptr.kind === "kptr-percpu") reg.type |= MEM_PERCPU;
    }
    return reg;
  }
  reg.btf = kernelTypes;
  reg.btfId = kernelTypes?.find(prototype.returnStruct ?? "", "struct") ?? 0;
  if (reg.btfId === 0) refuse(`invalid return type 8 of func ${prototype.name}#${prototype.id}`, "EINVAL");
  return reg;
}
