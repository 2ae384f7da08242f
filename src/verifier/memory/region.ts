/** Memory that a helper or kernel function is given: a pointer and a number of bytes (`check_helper_mem_access`). */

import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";

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
  reg: number,
  _size: number,
  _write: boolean,
  _zeroAllowed: boolean,
  _raw: RawMemory | null,
): void {
  refuse(`R${reg} type=${walk.reg(reg).type} expected=fp`);
}

/** A map value's bytes from `Reg.off + off` on are inside the value and touch no special field (`check_map_access` for helpers). */
export function checkMapValueRange(_walk: Walk, reg: number, _off: number, _size: number, _zeroAllowed: boolean): void {
  refuse(`R${reg} invalid mem access`);
}

/** `check_ptr_alignment`: the access of `size` bytes at `reg` + `off` is aligned, whatever the target says when `strict`. */
export function checkPointerAlignment(_walk: Walk, _reg: Reg, _off: number, _size: number, _strict: boolean): void {
  refuse("misaligned access");
}
