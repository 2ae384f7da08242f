/** What an instruction reads, defines and may do: the questions that every pass asks. */

import type { BinaryOp, Condition, Instruction, Location, Target, Terminator, Type, Value } from "./ir.ts";

/** Calls `visit` for each value the instruction reads, in the order in which it is written. */
export function forEachOperand(instruction: Instruction, visit: (value: Value) => void): void {
  switch (instruction.kind) {
    case "const":
    case "slot":
    case "map":
    case "map-value":
    case "core-value":
    case "function-address":
    case "ksym":
    case "loop-budget":
      return;
    case "binary":
    case "compare":
      visit(instruction.left);
      visit(instruction.right);
      return;
    case "to-big":
    case "extend":
    case "address-space-cast":
      visit(instruction.operand);
      return;
    case "load":
    case "field-address":
      visit(instruction.address);
      return;
    case "store":
      visit(instruction.address);
      visit(instruction.value);
      return;
    case "atomic":
      visit(instruction.address);
      visit(instruction.value);
      if (instruction.expected !== undefined) visit(instruction.expected);
      return;
    case "call":
      for (const argument of instruction.arguments) visit(argument);
      return;
  }
}

/** The instruction with every operand replaced by `map` of it; itself when nothing changed. */
export function mapOperands(instruction: Instruction, map: (value: Value) => Value): Instruction {
  switch (instruction.kind) {
    case "const":
    case "slot":
    case "map":
    case "map-value":
    case "core-value":
    case "function-address":
    case "ksym":
    case "loop-budget":
      return instruction;
    case "binary":
    case "compare": {
      const left = map(instruction.left);
      const right = map(instruction.right);
      return left === instruction.left && right === instruction.right ? instruction : { ...instruction, left, right };
    }
    case "to-big":
    case "extend":
    case "address-space-cast": {
      const operand = map(instruction.operand);
      return operand === instruction.operand ? instruction : { ...instruction, operand };
    }
    case "load":
    case "field-address": {
      const address = map(instruction.address);
      return address === instruction.address ? instruction : { ...instruction, address };
    }
    case "store": {
      const address = map(instruction.address);
      const value = map(instruction.value);
      return address === instruction.address && value === instruction.value ? instruction : { ...instruction, address, value };
    }
    case "atomic": {
      const address = map(instruction.address);
      const value = map(instruction.value);
      const expected = instruction.expected === undefined ? undefined : map(instruction.expected);
      const same = address === instruction.address && value === instruction.value && expected === instruction.expected;
      return same ? instruction : { ...instruction, address, value, ...(expected === undefined ? {} : { expected }) };
    }
    case "call": {
      const mapped = mapAll(instruction.arguments, map);
      return mapped === null ? instruction : { ...instruction, arguments: mapped };
    }
  }
}

/** The instruction, defining `result` instead. For instructions that define something. */
export function withResult(instruction: Instruction, result: Value): Instruction {
  if (resultOf(instruction) === result) return instruction;
  return { ...instruction, result } as Instruction;
}

/** The value the instruction defines, or null. */
export function resultOf(instruction: Instruction): Value | null {
  return instruction.kind === "store" ? null : instruction.result;
}

/** True when the instruction may be dropped if nobody reads its result. A load has no effect: what it may fault on, a verifier has excluded. */
export function isRemovable(instruction: Instruction): boolean {
  return instruction.kind !== "store" && instruction.kind !== "atomic" && instruction.kind !== "call";
}

/** True when the result depends on the operands alone: not on memory, not on when it runs. */
export function isPure(instruction: Instruction): boolean {
  return isRemovable(instruction) && instruction.kind !== "load" && instruction.kind !== "loop-budget";
}

/** Where a terminator may go: none, one or two targets, the taken one first. */
export function targets(terminator: Terminator): readonly Target[] {
  switch (terminator.kind) {
    case "jump":
      return [terminator.target];
    case "branch":
      return [terminator.then, terminator.else];
    case "return":
      return [];
  }
}

/** Calls `visit` for each value the terminator reads, arguments of its targets included. */
export function forEachTerminatorOperand(terminator: Terminator, visit: (value: Value) => void): void {
  switch (terminator.kind) {
    case "jump":
      for (const argument of terminator.target.arguments) visit(argument);
      return;
    case "branch":
      visit(terminator.left);
      visit(terminator.right);
      for (const argument of terminator.then.arguments) visit(argument);
      for (const argument of terminator.else.arguments) visit(argument);
      return;
    case "return":
      if (terminator.value !== null) visit(terminator.value);
      return;
  }
}

/** The terminator with every operand replaced by `map` of it; itself when nothing changed. */
export function mapTerminator(terminator: Terminator, map: (value: Value) => Value): Terminator {
  switch (terminator.kind) {
    case "jump": {
      const target = mapTarget(terminator.target, map);
      return target === terminator.target ? terminator : { ...terminator, target };
    }
    case "branch": {
      const left = map(terminator.left);
      const right = map(terminator.right);
      const taken = mapTarget(terminator.then, map);
      const other = mapTarget(terminator.else, map);
      const same =
        left === terminator.left && right === terminator.right && taken === terminator.then && other === terminator.else;
      return same ? terminator : branchOf(terminator.condition, left, right, taken, other, terminator.location);
    }
    case "return": {
      if (terminator.value === null) return terminator;
      const value = map(terminator.value);
      return value === terminator.value ? terminator : { ...terminator, value };
    }
  }
}

/** The terminator with every target replaced by `map` of it. */
export function mapTargets(terminator: Terminator, map: (target: Target) => Target): Terminator {
  switch (terminator.kind) {
    case "jump":
      return { ...terminator, target: map(terminator.target) };
    case "branch":
      return branchOf(
        terminator.condition,
        terminator.left,
        terminator.right,
        map(terminator.then),
        map(terminator.else),
        terminator.location,
      );
    case "return":
      return terminator;
  }
}

/** A branch. The one place that writes its field `then`, which linters take for a promise's. */
export function branchOf(
  condition: Condition,
  left: Value,
  right: Value,
  taken: Target,
  other: Target,
  location: Location | null,
): Extract<Terminator, { kind: "branch" }> {
  // biome-ignore lint/suspicious/noThenProperty: a field of the IR
  return { kind: "branch", condition, left, right, then: taken, else: other, location };
}

function mapTarget(target: Target, map: (value: Value) => Value): Target {
  const mapped = mapAll(target.arguments, map);
  return mapped === null ? target : { block: target.block, arguments: mapped };
}

/** Null when nothing changed, so that unchanged lists keep their identity. */
function mapAll(values: readonly Value[], map: (value: Value) => Value): Value[] | null {
  let changed = false;
  const mapped = values.map((value) => {
    const replacement = map(value);
    if (replacement !== value) changed = true;
    return replacement;
  });
  return changed ? mapped : null;
}

/** The result's type of a binary operation, or null when it does not take these operands. */
export function binaryType(op: BinaryOp, left: Type, right: Type): Type | null {
  if (left !== "ptr") return left === right ? left : null;
  if (op === "sub" && right === "ptr") return "i64";
  return (op === "add" || op === "sub") && right === "i64" ? "ptr" : null;
}
