/** Which pointers the kernel vouches for, and which lead to a lock. */

import type { Program, SpecialField } from "../program.ts";
import type { Reg } from "../state/register.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  MEM_ALLOC,
  MEM_PERCPU,
  NON_OWN_REF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TRUSTED,
  typeFlags,
} from "../state/types.ts";

/** `BPF_REG_TRUSTED_MODIFIERS`. */
const TRUSTED = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

/** Any flag beside these, `MEM_RCU` too, takes the trust away. */
export function hasUnsafeFlags(type: number): boolean {
  return (typeFlags(type) & ~TRUSTED) !== 0;
}

/** The object is there and stays while the pointer is held (`is_trusted_reg`). */
export function isTrusted(reg: Reg): boolean {
  if (reg.refId !== 0) return true;
  if (hasUnsafeFlags(reg.type)) return false;
  switch (baseType(reg.type)) {
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case CONST_PTR_TO_MAP:
      return true;
    default:
      return (typeFlags(reg.type) & TRUSTED) !== 0;
  }
}

/** An object of a program's own type, from `bpf_obj_new` (`type_is_ptr_alloc_obj`). */
export function isAllocatedObject(type: number): boolean {
  return baseType(type) === PTR_TO_BTF_ID && (type & MEM_ALLOC) !== 0 && (type & MEM_PERCPU) === 0;
}

/** What lies in the value or object that a register points at, beside plain data. */
export function fieldsOf(program: Program, reg: Reg): readonly SpecialField[] {
  if (reg.type === PTR_TO_MAP_VALUE) return reg.map?.fields ?? [];
  if (isAllocatedObject(reg.type) && reg.btf === program.types) return program.objects.get(reg.btfId) ?? [];
  return [];
}

/** A pointer to something with a lock keeps its id, so that the same lock is released (`reg_may_point_to_spin_lock`). */
export function mayHoldLock(program: Program, reg: Reg): boolean {
  if ((reg.type & PTR_MAYBE_NULL) !== 0) return false;
  return fieldsOf(program, reg).some(({ kind }) => kind === "spin-lock" || kind === "res-spin-lock");
}
