/** Whether what a pointer leads to is vouched for, when it was loaded from an object that is. */

import type { Btf } from "../../btf/btf.ts";
import type { Reg } from "../state/register.ts";
import {
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_USER,
  mayBeNull,
  NON_OWN_REF,
  PTR_MAYBE_NULL,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  typeFlags,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import type { Found } from "./btf-walk.ts";

/** `BPF_REG_TRUSTED_MODIFIERS`; lists and trees keep objects since 6.3. */
const TRUSTED = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

/** Objects of the kernel do not go away here that RCU protects: no sleeping, or a read lock is held (`in_rcu_cs`). */
export function isInRcuSection(walk: Walk): boolean {
  const { state, program } = walk;
  return state.activeRcuLocks > 0 || (state.activeLocks > 0 && walk.era >= 605) || !(program.sleepable || state.inSleepable);
}

/** Flags of a pointer that was loaded from an object's field (`check_ptr_to_btf_access`). */
export function flagsOfLoaded(walk: Walk, reg: Reg, found: Found): number {
  const { flags } = found;
  const from = reg.type;
  if (walk.era < 602) return flags | (from & PTR_UNTRUSTED);
  if ((from & PTR_UNTRUSTED) !== 0) return PTR_UNTRUSTED;
  const plain = flags & ~(MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF | MEM_RCU);
  if (!isTrusted(reg) && (from & MEM_RCU) === 0) return plain;
  const types = reg.btf!;
  if (isListed(types, reg.btfId, "__safe_trusted", found)) return flags | PTR_TRUSTED;
  if (isListed(types, reg.btfId, "__safe_trusted_or_null", found)) return flags | PTR_TRUSTED | PTR_MAYBE_NULL;
  if (!isInRcuSection(walk) || mayBeNull(from)) return PTR_UNTRUSTED;
  if (isListed(types, reg.btfId, "__safe_rcu", found)) return flags | MEM_RCU;
  const orNull = isListed(types, reg.btfId, "__safe_rcu_or_null", found);
  if (orNull) return (flags & ~PTR_UNTRUSTED) | MEM_RCU | PTR_MAYBE_NULL;
  if ((flags & MEM_RCU) !== 0) return flags | PTR_MAYBE_NULL;
  return (flags & (MEM_PERCPU | MEM_USER)) !== 0 ? flags : plain;
}

function isTrusted(reg: Reg): boolean {
  if (reg.refId !== 0) return true;
  const flags = typeFlags(reg.type);
  return (flags & TRUSTED) !== 0 && (flags & ~TRUSTED) === 0;
}

/**
 * Kernels whose compiler writes no type tags list such fields by hand, as structs of the same name with a suffix
 * (`BTF_TYPE_SAFE_RCU` of verifier.c), which are in their types.
 */
function isListed(types: Btf, struct: number, suffix: string, found: Found): boolean {
  const kind = types.kind(struct);
  if (kind !== "struct" && kind !== "union") return false;
  const list = types.find(types.name(struct) + suffix, kind);
  if (list === undefined) return false;
  const type = types.type(list);
  if (type.kind !== "struct" && type.kind !== "union") return false;
  for (const member of type.members) {
    if (member.name !== found.field) continue;
    const pointer = types.type(member.type);
    if (pointer.kind === "pointer" && types.resolve(pointer.type) === found.id) return true;
  }
  return false;
}
