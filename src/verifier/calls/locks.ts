/** Locks in map values and objects: `bpf_spin_lock` and, as kernel functions, `bpf_res_spin_lock` (`process_spin_lock`). */

import { kernelName } from "../print/register.ts";
import { refuse } from "../refusal.ts";
import type { Reference, ReferenceKind } from "../state/references.ts";
import type { Reg } from "../state/register.ts";
import type { State } from "../state/state.ts";
import { PTR_TO_MAP_VALUE } from "../state/types.ts";
import { fieldsOf } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";
import { fieldOfKind, mapHasTypes } from "./records.ts";
import { invalidateNonOwning, without } from "./references.ts";

export type LockKind = "lock" | "res-lock" | "res-lock-irq";

/** The register points at a lock that may be taken (or given back) now, which is done. */
export function checkLock(walk: Walk, index: number, takes: boolean, kind: LockKind): void {
  const reg = walk.reg(index);
  const name = kind === "lock" ? "bpf_spin" : "bpf_res_spin";
  checkPointsAtLock(walk, reg, index, kind, name);
  const of = reg.type === PTR_TO_MAP_VALUE ? reg.map : reg.btf;
  const { state } = walk;
  if (takes) {
    if (state.activeLocks > 0) {
      if (kind === "lock") {
        if (walk.era < 613 || findLock(state, "lock", 0, null) >= 0) {
          refuse("Locking two bpf_spin_locks are not allowed", walk.era < 602 ? "EACCES" : "EINVAL");
        }
      } else if (findLock(state, "res-lock", reg.id, of) >= 0 || findLock(state, "res-lock-irq", reg.id, of) >= 0) {
        refuse("Acquiring the same lock again, AA deadlock detected", "EINVAL");
      }
    }
    take(walk, kind, reg.id, of);
    return;
  }
  const code = walk.era < 602 ? "EACCES" : "EINVAL";
  if (state.activeLocks === 0) refuse(`${name}_unlock without taking a lock`, code);
  const found = findLock(state, kind, reg.id, of);
  if (found < 0) refuse(`${name}_unlock of different lock`, code);
  if (reg.id !== state.activeLockId || of !== state.activeLockOf) refuse(`${name}_unlock cannot be out of order`, code);
  giveBack(state, found);
  if (walk.era >= 602) invalidateNonOwning(walk);
}

function checkPointsAtLock(walk: Walk, reg: Reg, index: number, kind: LockKind, name: string): void {
  const old = walk.era < 602;
  const code = old ? "EACCES" : "EINVAL";
  const { bounds } = reg;
  if ((bounds.maskLo | bounds.maskHi) !== 0) {
    refuse(`R${index} doesn't have constant offset. ${name}_lock has to be at the constant offset`, code);
  }
  const map = reg.type === PTR_TO_MAP_VALUE ? reg.map : null;
  if (map !== null && !mapHasTypes(map)) {
    refuse(`map '${kernelName(map.name)}' has to have BTF in order to use ${name}_lock`, code);
  }
  const field = fieldOfKind(fieldsOf(walk.program, reg), kind === "lock" ? "spin-lock" : "res-spin-lock");
  if (field === undefined) {
    const whose = map === null ? "local 'kptr'" : `map '${kernelName(map.name)}'`;
    refuse(old ? `${whose} doesn't have 'struct bpf_spin_lock'` : `${whose} has no valid ${name}_lock`, code);
  }
  const off = reg.off + bounds.valueHi * 4294967296 + (bounds.valueLo >>> 0);
  if (field.offset !== off) {
    refuse(`off ${off} doesn't point to 'struct ${name}_lock'${old ? "" : ` that is at ${field.offset}`}`, code);
  }
}

/** Where in the list of references that lock is, or -1. */
function findLock(state: State, kind: ReferenceKind, id: number, of: Reference["lockOf"]): number {
  return state.references.findIndex((each) => each.kind === kind && each.lockId === id && each.lockOf === of);
}

function take(walk: Walk, kind: LockKind, id: number, of: Reference["lockOf"]): void {
  const { state } = walk;
  const callbackFrame = walk.era >= 613 ? -1 : 0;
  state.references = [...state.references, { kind, id, slot: walk.slot, lockOf: of, lockId: id, irqClass: 0, callbackFrame }];
  state.activeLocks++;
  state.activeLockId = id;
  state.activeLockOf = of;
}

/** The lock that was taken before it is the innermost now. */
function giveBack(state: State, index: number): void {
  state.references = without(state.references, index);
  state.activeLocks--;
  state.activeLockId = 0;
  state.activeLockOf = null;
  for (const each of state.references) {
    if (each.kind !== "lock" && each.kind !== "res-lock" && each.kind !== "res-lock-irq") continue;
    state.activeLockId = each.lockId;
    state.activeLockOf = each.lockOf;
  }
}
