/** Pointers to objects that lie in map values (`check_map_kptr_access`). */

import { checkKptrType } from "../calls/kptrs.ts";
import { isZero } from "../numbers/bounds.ts";
import type { SpecialField } from "../program.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { pointer } from "../state/register.ts";
import {
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  NON_OWN_REF,
  PTR_MAYBE_NULL,
  PTR_TO_MEM,
  PTR_UNTRUSTED,
  SCALAR,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";
import { pointerTo } from "./btf-pointer.ts";
import { isInRcuSection } from "./btf-trust.ts";

const CLASS = 0x07;
const STX = 0x03;
const MODE = 0xe0;
const MODE_MEM = 0x60;

/** One load or store of a whole kptr, which lies at a constant offset. */
export function accessKptr(walk: Walk, access: Access, field: SpecialField): void {
  const { code } = walk.program;
  const { era } = walk;
  const opcode = code.opcode[walk.slot]!;
  if ((opcode & MODE) !== MODE_MEM) refuse("kptr in map can only be accessed using BPF_MEM instruction mode");
  if (!access.write) {
    if (access.value < 0) return;
    if (field.btf === null) refuse("kptr in map can only be accessed using BPF_LDX/BPF_STX/BPF_ST");
    if (field.kind === "uptr") loadUserPointer(walk, access, field);
    else walk.setReg(access.value, pointerTo(walk, field.btf, field.btfId, flagsOf(walk, field)));
    return;
  }
  if (field.kind === "uptr") refuse("store to uptr disallowed");
  if (field.kind !== "kptr-untrusted") refuse("store to referenced kptr disallowed");
  if ((opcode & CLASS) !== STX) {
    if (code.imm[walk.slot] !== 0) refuse(`BPF_ST imm must be 0 when storing to kptr at off=${field.offset}`);
    return;
  }
  const reg = walk.reg(access.value);
  if (reg.type === SCALAR && isZero(reg.bounds)) {
    if (era >= 612) markPrecise(walk, access.value);
    return;
  }
  checkKptrType(walk, field, reg, access.value);
}

/** `btf_ld_kptr_type`. */
function flagsOf(walk: Walk, field: SpecialField): number {
  const ofKernel = field.btf !== walk.program.types;
  if (walk.era < 604 || !isRcuSafe(walk, field, ofKernel) || !isInRcuSection(walk)) return PTR_MAYBE_NULL | PTR_UNTRUSTED;
  let flags = PTR_MAYBE_NULL | MEM_RCU;
  if (field.kind === "kptr-percpu") flags |= MEM_PERCPU;
  else if (!ofKernel) flags |= MEM_ALLOC;
  const inner = ofKernel ? [] : (walk.program.objects.get(field.btfId) ?? []);
  if (inner.some(({ kind }) => kind === "list-node" || kind === "rb-node")) flags |= NON_OWN_REF;
  return flags;
}

/** Objects that are freed by RCU (`rcu_protected_types`). */
const RCU_PROTECTED = new Set(["prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx"]);

function isRcuSafe(walk: Walk, field: SpecialField, ofKernel: boolean): boolean {
  if (field.kind === "kptr-percpu") return true;
  if (field.kind !== "kptr-ref") return false;
  if (!ofKernel) return walk.era >= 606;
  return RCU_PROTECTED.has(field.btf?.name(field.btfId) ?? "");
}

/** Memory of a process that is mapped for the kernel: its size is that of the type. Since 6.13. */
function loadUserPointer(walk: Walk, access: Access, field: SpecialField): void {
  const reg = pointer(PTR_TO_MEM | PTR_MAYBE_NULL);
  reg.memSize = field.btf?.sizeOf(field.btfId) ?? 0;
  reg.id = walk.nextId();
  walk.setReg(access.value, reg);
}
