/** Memory that a helper or kernel function is given: a pointer and a number of bytes (`check_helper_mem_access`). */

import { isZero } from "../numbers/bounds.ts";
import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  BASE_TYPE,
  MEM_RDONLY,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  SCALAR,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { checkMemory } from "./access.ts";
import { checkAlignment } from "./alignment.ts";
import { accessBtfPointer } from "./btf-pointer.ts";
import { checkBuffer } from "./buffer.ts";
import { checkMapDirection, checkMapValue } from "./map-value.ts";
import { checkPacket } from "./packet.ts";
import { checkRange } from "./range.ts";
import { checkStackRange } from "./stack-range.ts";

/**
 * For helpers that fill memory which need not be initialised: when the pointer is to the stack and `wanted`, nothing is read;
 * the bytes are noted here, and the call writes them once all arguments are checked (`raw_mode` of `bpf_call_arg_meta`).
 */
export interface RawMemory {
  rawMode: boolean;
  /** Set by {@link checkHelperMemory}: which register, and how many bytes; 0: none. */
  rawReg: number;
  rawSize: number;
}

/**
 * @param size bytes, at most 2^29 - 1.
 * @param raw null: everything must be initialised.
 */
export function checkHelperMemory(
  walk: Walk,
  index: number,
  size: number,
  write: boolean,
  zeroAllowed: boolean,
  raw: RawMemory | null,
): void {
  const reg = walk.reg(index);
  const readOnly = (reg.type & MEM_RDONLY) !== 0;
  switch (reg.type & BASE_TYPE) {
    case PTR_TO_STACK:
      checkStackRange(walk, index, reg.off, size, zeroAllowed, write ? "helper-write" : "helper-read", raw);
      return;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      checkPacket(walk, index, reg.off, size, zeroAllowed);
      return;
    case PTR_TO_MAP_KEY:
      if (write) refuseWrite(walk, index, reg);
      checkRange(walk, index, reg.off, size, reg.map!.keySize, false);
      return;
    case PTR_TO_MAP_VALUE:
      checkMapDirection(reg.map!, reg.off, size, write);
      checkMapValue(walk, index, reg.off, size, zeroAllowed, false);
      return;
    case PTR_TO_MEM:
      if (write && readOnly) refuseWrite(walk, index, reg);
      checkRange(walk, index, reg.off, size, reg.memSize, zeroAllowed);
      return;
    case PTR_TO_BUF:
      if (write && readOnly) refuseWrite(walk, index, reg);
      checkBuffer(walk, reg, index, reg.off, size, readOnly ? "rdonly" : "rdwr");
      return;
    case PTR_TO_BTF_ID:
      if (walk.era < 603) break;
      accessBtfPointer(walk, { reg: index, off: 0, size, write: false, value: -1, strict: false, signExtend: false }, reg);
      return;
    case PTR_TO_CTX:
      if (!CONTEXT_AS_IT_IS.has(walk.program.type)) break;
      if (size === 0) {
        if (!zeroAllowed) refuse("");
        return;
      }
      // The last byte stands for all: the context is memory that ends somewhere.
      checkMemory(walk, { reg: index, off: size - 1, size: 1, write, value: -1, strict: false, signExtend: false });
      return;
  }
  if (zeroAllowed && size === 0 && reg.type === SCALAR && isZero(reg.bounds)) return;
  refuse(`R${index} type=${typeName(reg.type, walk.era)} expected=${typeName(PTR_TO_STACK, walk.era)}`);
}

/** Program types whose accesses of the context are not rewritten (no `convert_ctx_access`), so that helpers see the same memory. */
const CONTEXT_AS_IT_IS: ReadonlySet<string> = new Set([
  "kprobe",
  "tracepoint",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "tracing",
  "lsm",
  "struct_ops",
  "syscall",
  "netfilter",
  "cgroup_device",
  "lirc_mode2",
]);

function refuseWrite(walk: Walk, index: number, reg: Reg): never {
  refuse(`R${index} cannot write into ${typeName(reg.type, walk.era)}`);
}

/** A map value's bytes from `Reg.off + off` on are inside the value and touch no special field (`check_map_access` for helpers). */
export function checkMapValueRange(walk: Walk, index: number, off: number, size: number, zeroAllowed: boolean): void {
  checkMapValue(walk, index, walk.reg(index).off + off, size, zeroAllowed, false);
}

/** `check_ptr_alignment`: the access of `size` bytes at `reg` + `off` is aligned, whatever the target says when `strict`. */
export function checkPointerAlignment(walk: Walk, reg: Reg, off: number, size: number, strict: boolean): void {
  checkAlignment(walk, reg, off, size, strict);
}
