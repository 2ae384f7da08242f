/**
 * Sections of a program in which the kernel does something else than usual: nothing interrupts a program here, and nothing that it has
 * a pointer to goes away, so they only must be left as they were entered (kernel/bpf/helpers.c).
 */

import { type Helper, kfunc } from "../helpers/helper.ts";
import type { Obligation } from "../helpers/ledger.ts";

const RCU: Obligation = { name: "RCU read section", acquired: "entered", missing: "not left" };
const PREEMPTION: Obligation = { name: "section without preemption", acquired: "entered", missing: "not left" };
const INTERRUPTS: Obligation = { name: "section without interrupts", acquired: "entered", missing: "not left" };

const FLAGS = { memory: 8, write: true } as const;

/** Linux 6.2; preemption 6.10, interrupts 6.14. */
export const SECTIONS: readonly Helper[] = [
  kfunc("bpf_rcu_read_lock", [], "void", (call) => {
    call.acquire(RCU, 0);
    return 0;
  }),
  kfunc("bpf_rcu_read_unlock", [], "void", (call) => {
    call.release(RCU, 0);
    return 0;
  }),
  kfunc("bpf_preempt_disable", [], "void", (call) => {
    call.acquire(PREEMPTION, 0);
    return 0;
  }),
  kfunc("bpf_preempt_enable", [], "void", (call) => {
    call.release(PREEMPTION, 0);
    return 0;
  }),
  kfunc("bpf_local_irq_save", [FLAGS], "void", (call, flags) => {
    call.acquire(INTERRUPTS, flags >>> 0);
    call.memory.bytes.fill(0, flags >>> 0, (flags >>> 0) + 8);
    return 0;
  }),
  kfunc("bpf_local_irq_restore", [FLAGS], "void", (call, flags) => {
    call.release(INTERRUPTS, flags >>> 0);
    return 0;
  }),
];
