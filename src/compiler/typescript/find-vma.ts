/** Checks `bpf_find_vma`: a function is called with the area of a task's memory that an address lies in. */

import type * as Syntax from "@babel/types";
import { checkCallback, type Given, stateOf } from "./callbacks.ts";
import { argumentsOf } from "./calls.ts";
import { mayBeNull } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
import type { CallbackHelper } from "./library/callbacks.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { INTS, type KernelType, typeName } from "./types.ts";

export function findVma(fn: FunctionState, helper: CallbackHelper, node: Syntax.CallExpression): Expression {
  const { name, signature } = helper;
  const given = argumentsOf(fn, node, name, ["task", "address", "callback", "state"], signature, 1);
  const [taskNode, addressNode, callbackNode, stateNode] = given ?? [];
  if (taskNode === undefined || addressNode === undefined || callbackNode === undefined) return errorAt(node);
  const task = expression(fn, taskNode, null);
  const address = typed(fn, addressNode, INTS.u64);
  const state = stateOf(fn, stateNode);
  if (address.type.kind === "error" || task.type.kind === "error" || state?.type.kind === "error") return errorAt(node);
  if (task.type.kind !== "kernel" || task.type.to.kind !== "kernel-struct" || task.type.to.name !== "task_struct") {
    const instead = "take one from the hook's parameters, or bpf_get_current_task_btf()";
    fn.reporter.report("SK2101", task.at, { expected: "task_struct", found: typeName(task.type), instead });
    return errorAt(node);
  }
  if (task.type.nullable) {
    mayBeNull(fn, task);
    return errorAt(node);
  }
  const area = fn.module.kernel.types?.struct("vm_area_struct") ?? null;
  if (area === null) {
    const instead = "whoever compiles gives the kernel's types: compileSource(text, { file, kernel })";
    fn.reporter.report("SK2005", spanOf(node.callee), { module: "the type vm_area_struct", instead });
    return errorAt(node);
  }
  const known = (to: KernelType["to"]): KernelType => ({ kind: "kernel", to, read: "direct", nullable: false, embedded: false });
  const gives: readonly Given[] = [
    { kind: "kernel", name: "task", type: known(task.type.to) },
    { kind: "kernel", name: "vma", type: known(area) },
    { kind: "state", name: "state" },
  ];
  const callback = checkCallback(fn, callbackNode, { what: name, gives, state, later: false });
  if (callback === null) return errorAt(node);
  return {
    kind: "call-back",
    type: INTS.i64,
    helper: "bpf_find_vma",
    map: null,
    arguments: [task, address],
    callback,
    at: spanOf(node),
  };
}
