/** What lies beside a lock is touched only while it is held. */

import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import { PTR_TO_MAP_VALUE } from "../state/types.ts";
import { fieldsOf } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";

/** Refuses unless the lock in the same map value or object is held (`check_reg_allocation_locked`). @param name of the field. */
export function checkFieldsLocked(walk: Walk, reg: Reg, name: string): void {
  const { state, program } = walk;
  const of = reg.type === PTR_TO_MAP_VALUE ? reg.map : reg.btf;
  const lock = fieldsOf(program, reg).find(({ kind }) => kind === "spin-lock" || kind === "res-spin-lock");
  const where = `bpf_spin_lock at off=${lock?.offset ?? -22} must be held for ${name}`;
  if (state.activeLocks === 0) refuse(where, "EINVAL");
  const held = state.references.some(
    ({ kind, lockId, lockOf }) =>
      (kind === "lock" || kind === "res-lock" || kind === "res-lock-irq") && lockId === reg.id && lockOf === of,
  );
  if (!held) refuse(`held lock and object are not in the same allocation\n${where}`, "EINVAL");
}
