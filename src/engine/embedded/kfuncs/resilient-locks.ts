/** Spin locks that notice when they would never be had (kernel/bpf/rqspinlock.c). Linux 6.15. Several may be held at once. */

import { EDEADLK, ETIMEDOUT } from "../helpers/errors.ts";
import { type Helper, type HelperCall, kfunc } from "../helpers/helper.ts";
import type { Obligation } from "../helpers/ledger.ts";
import { mapWithField } from "../helpers/locks.ts";
import { acquireLock, releaseLock } from "../maps/special.ts";

const LOCK: Obligation = { name: "lock", acquired: "taken", missing: "not released", isLock: true, nests: true };

const FIELD = { memory: 4, write: true } as const;
const FLAGS = { memory: 8, write: true } as const;

/** The lock's word is the number of the CPU that holds it, from 1 on. @returns 0, -EDEADLK when that is this one, -ETIMEDOUT. */
function lock(call: HelperCall, field: number): number {
  const { memory, cpu } = call;
  const address = field >>> 0;
  if (call.checked && cpu.room.heap.kindOf(address) === null) mapWithField(call, "res_spin_lock", address);
  if (memory.words[address >>> 2] === cpu.id + 1) return -EDEADLK;
  if (!acquireLock(memory, address, cpu.id + 1)) return -ETIMEDOUT;
  call.acquire(LOCK, address);
  return 0;
}

function unlock(call: HelperCall, address: number): number {
  call.release(LOCK, address >>> 0);
  releaseLock(call.memory, address >>> 0);
  return 0;
}

const underLock = (row: Helper): Helper => ({ ...row, underLock: true });

/** Nothing interrupts a program here, so the interrupts' state is not kept. */
export const RESILIENT_LOCKS: readonly Helper[] = [
  underLock(kfunc("bpf_res_spin_lock", [FIELD], "int", lock)),
  underLock(kfunc("bpf_res_spin_unlock", [FIELD], "void", unlock)),
  underLock(kfunc("bpf_res_spin_lock_irqsave", [FIELD, FLAGS], "int", lock)),
  underLock(kfunc("bpf_res_spin_unlock_irqrestore", [FIELD, FLAGS], "void", unlock)),
];
