/** What is taken and given back: sockets, ring buffer records, kernel objects; and what may not be held at ends. */

import { refuse } from "../refusal.ts";
import type { Reference } from "../state/references.ts";
import { type Reg, UNKNOWN_SCALAR } from "../state/register.ts";
import type { State } from "../state/state.ts";
import {
  BASE_TYPE,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_SKB_META,
  DYNPTR_TYPE_XDP,
  isAnyPacketPointer,
  NON_OWN_REF,
  PTR_TO_MEM,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";

/** Notes that the instruction being walked took something, and gives its id (`acquire_reference`). */
export function acquireReference(walk: Walk): number {
  const id = walk.nextId();
  const { frame, state } = walk;
  const callbackFrame = walk.era >= 613 ? -1 : frame.inCallback ? frame.number : 0;
  const taken: Reference = { kind: "pointer", id, slot: walk.slot, lockOf: null, lockId: 0, irqClass: 0, callbackFrame };
  state.references = [...state.references, taken];
  return id;
}

/**
 * Forgets that `id` is held; its pointers stay (`release_reference_nomark`).
 * @returns false when it is not held, or not by this callback (before 6.13).
 */
export function dropReference(state: State, id: number): boolean {
  const { references, frame } = state;
  for (let index = 0; index < references.length; index++) {
    const reference = references[index]!;
    if (reference.id !== id || reference.kind !== "pointer") continue;
    if (reference.callbackFrame >= 0 && frame.inCallback && reference.callbackFrame !== frame.number) return false;
    state.references = without(references, index);
    return true;
  }
  return false;
}

/** The order of those that stay is kept since 6.13; before, the last took the place. States are compared in that order. */
export function without(references: readonly Reference[], index: number): readonly Reference[] {
  const rest = references.slice();
  if (references[index]!.callbackFrame < 0) {
    rest.splice(index, 1);
    return rest;
  }
  const last = rest.pop()!;
  if (index < rest.length) rest[index] = last;
  return rest;
}

/** Gives `id` back: every pointer that came with it is a mere number from here on. @returns as {@link dropReference}. */
export function releaseReference(walk: Walk, id: number): boolean {
  if (!dropReference(walk.state, id)) return false;
  walk.mapRegisters((reg) => (reg.refId === id ? UNKNOWN_SCALAR : reg));
  return true;
}

/** After a lock is given back, pointers into what it protects are worth nothing. */
export function invalidateNonOwning(walk: Walk): void {
  walk.mapRegisters((reg) => ((reg.type & NON_OWN_REF) !== 0 ? UNKNOWN_SCALAR : reg));
}

/** Packet data may have moved: pointers to it, and slices of dynptrs of packets, are mere numbers. */
export function invalidatePacketPointers(walk: Walk): void {
  walk.mapRegisters(packetPointerLost);
}

const OF_PACKETS = DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP | DYNPTR_TYPE_SKB_META;

function packetPointerLost(reg: Reg): Reg {
  const { type } = reg;
  const lost = isAnyPacketPointer(type) || ((type & BASE_TYPE) === PTR_TO_MEM && (type & OF_PACKETS) !== 0);
  return lost ? UNKNOWN_SCALAR : reg;
}

/**
 * Refuses to leave with anything held (`check_resource_leak`).
 *
 * @param exception the program is left from any depth of calls.
 * @param what as the log has it: `BPF_EXIT instruction in main prog`, `tail_call`, `BPF_LD_[ABS|IND]`, `bpf_throw`.
 */
export function checkLeaks(walk: Walk, exception: boolean, what: string): void {
  const { state } = walk;
  // Nearly always.
  if (state.references.length === 0 && (state.activeRcuLocks | state.activePreemptLocks | state.activeIrqId) === 0) return;
  const exits = what.startsWith("BPF_EXIT");
  if (walk.era >= 613) {
    checkLeaksNow(walk, exception, what, !exits || exception || state.frames.length === 1);
  } else if (exits || exception) {
    checkExitBefore613(walk, exception);
  } else {
    checkElsewhereBefore613(walk, what);
  }
}

function checkLeaksNow(walk: Walk, exception: boolean, what: string, locksToo: boolean): void {
  const { state } = walk;
  if (locksToo && state.activeLocks > 0) refuse(`${what} cannot be used inside bpf_spin_lock-ed region`, "EINVAL");
  const lines = unreleased(walk, exception);
  if (lines !== "") refuse(`${lines}\n${what} would lead to reference leak`, "EINVAL");
  if (!locksToo) return;
  if (state.activeIrqId !== 0) refuse(`${what} cannot be used inside bpf_local_irq_save-ed region`, "EINVAL");
  if (state.activeRcuLocks > 0) refuse(`${what} cannot be used inside bpf_rcu_read_lock-ed region`, "EINVAL");
  if (state.activePreemptLocks > 0) refuse(`${what} cannot be used inside bpf_preempt_disable-ed region`, "EINVAL");
}

function checkExitBefore613(walk: Walk, exception: boolean): void {
  const { state, era } = walk;
  if (exception || state.frames.length === 1 || era < 607) {
    if (state.activeLocks > 0) {
      refuse(exception ? "bpf_throw cannot be used inside bpf_spin_lock-ed region" : "bpf_spin_unlock is missing", "EINVAL");
    }
    if (state.activeRcuLocks > 0) {
      const text = exception ? "bpf_throw cannot be used inside bpf_rcu_read_lock-ed region" : "bpf_rcu_read_unlock is missing";
      refuse(text, "EINVAL");
    }
    const disabled = state.activePreemptLocks;
    if (disabled > 0) {
      if (exception) refuse("bpf_throw cannot be used inside bpf_preempt_disable-ed region", "EINVAL");
      refuse(`${disabled} bpf_preempt_enable${disabled === 1 ? " is" : "(s) are"} missing`, "EINVAL");
    }
  }
  const lines = unreleased(walk, exception);
  if (lines !== "") refuse(lines, "EINVAL");
}

function checkElsewhereBefore613(walk: Walk, what: string): void {
  const { state } = walk;
  const tailCall = what === "tail_call";
  if (tailCall && state.activeLocks > 0) refuse("tail_call cannot be used inside bpf_spin_lock-ed region", "EINVAL");
  const lines = unreleased(walk, false);
  if (lines !== "") {
    refuse(`${lines}\n${what} ${tailCall ? "would lead to reference leak" : "cannot be mixed with socket references"}`, "EINVAL");
  }
  if (state.activeLocks > 0) refuse(`${what} cannot be used inside bpf_spin_lock-ed region`, "EINVAL");
  if (state.activeRcuLocks > 0) refuse(`${what} cannot be used inside bpf_rcu_read_lock-ed region`, "EINVAL");
  if (state.activePreemptLocks > 0) refuse(`${what} cannot be used inside bpf_preempt_disable-ed region`, "EINVAL");
}

/** A line for each that is held and may not be when this function is left, or nothing. */
function unreleased(walk: Walk, exception: boolean): string {
  const { state, era, frame } = walk;
  const inside = state.frames.length > 1;
  const ofCallback = era < 613 && frame.inCallback;
  if (!exception && inside && !ofCallback) return "";
  const lines: string[] = [];
  for (const reference of state.references) {
    if (reference.kind !== "pointer") continue;
    if (!exception && ofCallback && reference.callbackFrame !== frame.number) continue;
    // A struct_ops program may give an object back by returning it.
    if (walk.program.type === "struct_ops" && !exception && era >= 616 && walk.reg(0).refId === reference.id) continue;
    lines.push(`Unreleased reference id=${reference.id} alloc_insn=${reference.slot}`);
  }
  return lines.join("\n");
}
