/** Calls of kernel functions: what they are given and give, as their types and flags say. */

import { checkKfuncArguments } from "../kfuncs/arguments.ts";
import { KfuncCall } from "../kfuncs/call.ts";
import { giveAway, nodeOf, nonOwning } from "../kfuncs/graph.ts";
import { stepIterator } from "../kfuncs/iterators.ts";
import { checkSections, inRcuSection } from "../kfuncs/regions.ts";
import { setResult } from "../kfuncs/results.ts";
import { Bounds } from "../numbers/bounds.ts";
import { sync } from "../numbers/sync.ts";
import { refuse } from "../refusal.ts";
import type { Frame } from "../state/frame.ts";
import { scalar, UNINITIALISED } from "../state/register.ts";
import { checkResult } from "../walk/exit.ts";
import { fieldsOf } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";
import { pushAsyncCallback, pushCallback, setMapArguments, setTimerArguments } from "./callbacks.ts";
import { invalidatePacketPointers, releaseReference } from "./references.ts";
import { maySleep } from "./restrictions.ts";

/** Kernel functions that may be called while a lock is held, beside those of lists and trees. */
const UNDER_LOCK: Readonly<Record<string, number>> = {
  bpf_iter_num_new: 614,
  bpf_iter_num_next: 614,
  bpf_iter_num_destroy: 614,
  bpf_res_spin_lock: 615,
  bpf_res_spin_unlock: 615,
  bpf_res_spin_lock_irqsave: 615,
  bpf_res_spin_unlock_irqrestore: 615,
  bpf_arena_alloc_pages: 619,
  bpf_arena_free_pages: 619,
};
const GRAPH =
  /^bpf_(list_(push_(front|back)_impl|pop_front|pop_back|front|back)|rbtree_(add_impl|remove|first|root|left|right)|refcount_acquire_impl)$/;
const ADDS = /^bpf_(list_push_(front|back)_impl|rbtree_add_impl)$/;
/** Largest errno. */
const MOST_ERRNO = 4095;

/** Checks the call at `walk.slot` (`check_kfunc_call`). Throws Refused. */
export function checkKfuncCall(walk: Walk): void {
  const { program, slot } = walk;
  const called = program.referents.get(slot);
  if (called?.kind !== "kfunc") refuse("invalid kernel btf_id", "EINVAL");
  // Weak and not there: refused after all if no path proves it dead.
  if (called.btfId === 0 && called.weak) {
    walk.facts.missing = slot;
    return;
  }
  if (walk.state.activeLocks > 0 && !mayCallLocked(called.name, walk.era))
    refuse("function calls are not allowed while holding a lock", "EINVAL");
  const facts = program.target.kfunc(called.name);
  const btf = program.kernelTypes;
  if (facts === null || btf === null || !facts.offeredTo(program.type, program.attachType))
    refuse(`calling kernel function ${called.name} is not allowed`);
  const call = new KfuncCall(btf, called.name, called.btfId, facts.flags);
  if (facts.flags.sleepable && !maySleep(walk)) refuse(`program must be sleepable to call sleepable kfunc ${call.name}`);
  if (call.name === "__bpf_trap") refuse("unexpected __bpf_trap() due to uninitialized variable?", "EFAULT");
  if (call.is("bpf_res_spin_lock", "bpf_res_spin_lock_irqsave")) pushFailure(walk);
  checkKfuncArguments(walk, call);
  callBack(walk, call);
  if (call.is("bpf_session_cookie")) call.resultSize = 8;
  checkSections(walk, call);
  if (facts.flags.rcuProtected && walk.era >= 618 && !inRcuSection(walk))
    refuse(`kernel func ${call.name} requires RCU critical section protection`);
  if (call.releaseReg !== 0 && !releaseReference(walk, walk.reg(call.releaseReg).refId))
    refuse(`kfunc ${call.name}#${call.btfId} reference has not been acquired before`, "EINVAL");
  if (ADDS.test(call.name)) add(walk, call);
  if (call.name === "bpf_throw") {
    walk.facts.throws = true;
    if (!walk.flow.subprograms.some(({ isExceptionCallback }) => isExceptionCallback)) checkResult(walk, 1);
  }
  walk.clearCallerSaved();
  setResult(walk, call);
  if (call.name === "bpf_xdp_pull_data") invalidatePacketPointers(walk);
  if (facts.flags.iteratorNext) stepIterator(walk, call);
}

function mayCallLocked(name: string, era: number): boolean {
  return GRAPH.test(name) || era >= (UNDER_LOCK[name] ?? Number.POSITIVE_INFINITY);
}

/** A lock that is not had: a path on which nothing is held. */
function pushFailure(walk: Walk): void {
  const { regs } = walk.push(walk.slot + 1, walk.slot).frame;
  regs.fill(UNINITIALISED, 0, 6);
  const bounds = new Bounds();
  bounds.s32min = bounds.sminLo = -MOST_ERRNO;
  bounds.s32max = bounds.smaxLo = -1;
  bounds.sminHi = bounds.smaxHi = -1;
  regs[0] = scalar(sync(bounds, walk.era));
}

function callBack(walk: Walk, call: KfuncCall): void {
  if (call.name.startsWith("bpf_rbtree_add"))
    pushCallback(walk, call.subprogram, (_, caller, callee) => setNodes(walk, caller, callee));
  else if (call.name.startsWith("bpf_wq_set_callback")) pushAsyncCallback(walk, call.subprogram, true, setTimerArguments);
  else if (call.name.startsWith("bpf_task_work_schedule")) pushAsyncCallback(walk, call.subprogram, true, setTaskWorkArguments);
}

/** `bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)`. */
function setNodes(walk: Walk, caller: Frame, callee: Frame): void {
  const root = caller.regs[1]!;
  const field = fieldsOf(walk.program, root).find(
    ({ kind, offset }) => kind === "rb-root" && offset === root.off + root.bounds.valueLo,
  );
  if (field === undefined) refuse("bpf_rbtree_add without a root", "EFAULT");
  const node = nonOwning(walk, nodeOf(field));
  callee.regs[1] = node;
  callee.regs[2] = node;
  callee.inCallback = true;
  callee.callbackReturn = [0, 1];
}

/** `int callback(map, void *key, void *value)`: the map is r3 of the call. Any int may come back. */
function setTaskWorkArguments(_walk: Walk, caller: Frame, callee: Frame): void {
  setMapArguments(callee, caller.regs[3]!);
  callee.callbackReturn = [-0x80000000, 0x7fffffff];
}

/** What is put in a list or tree is its own from here on. */
function add(walk: Walk, call: KfuncCall): void {
  const { refId } = walk.reg(2);
  giveAway(walk, refId);
  if (!releaseReference(walk, refId)) refuse(`kfunc ${call.name}#${call.btfId} reference has not been acquired before`, "EINVAL");
}
