/**
 * Lowers loops over numbers whose count is not known, with the kernel's iterator of numbers (Linux 6.4): a verifier walks through the body until
 * nothing new is learned, however many turns there are. For older kernels see called-loop.ts.
 *
 * An iterator that was made must be destroyed on every way out, so that `break`, `return` and `continue` of outer loops do it
 * first (`Lowering.leave`).
 */

import type { Value } from "../../ir/ir.ts";
import type { Statement } from "../tree.ts";
import { INTS, type IntType } from "../types.ts";
import { calledLoop } from "./called-loop.ts";
import { turns } from "./each.ts";
import { scalar } from "./expressions.ts";
import { convert } from "./integers.ts";
import type { Lowering } from "./lowering.ts";
import { irType } from "./memory.ts";

/** `BPF_MAX_LOOPS` of linux/bpf_verifier.h: of more, the kernel would give none. */
const MOST = 1 << 23;

/** `struct bpf_iter_num`. */
const SIZE = 8;

export function iterate(to: Lowering, statement: Extract<Statement, { kind: "iterate" }>): void {
  const { ir } = to;
  const { local } = statement;
  if (local.type.kind !== "int") throw new TypeError("a range is of integers");
  const type = local.type;
  const from = scalar(to, statement.from);
  const count = countOf(to, type, from, scalar(to, statement.to));
  to.locate(statement.at);
  if (!to.session.iterators) {
    calledLoop(to, statement, type, from, count);
    return;
  }
  const iterator = to.slot(SIZE, "an iterator");
  ir.callKfunc("bpf_iter_num_new", [iterator, ir.constant("i32", 0), count], "i32");
  turns(to, statement, "bpf_iter_num_next", "bpf_iter_num_destroy", iterator, (next, end) => {
    const index = ir.load("i32", 4, false, next, 0);
    const number = ir.binary("add", from, convert(ir, index, INTS.u32, type.bits === 64 ? INTS.u64 : INTS.u32));
    if (statement.end !== null) {
      const below = type.signed ? "slt" : "ult";
      const { inside } = to.branches(["inside"], (made) =>
        ir.branch(below, number, ir.constant(irType(type), statement.end?.value ?? 0n), made.inside, end),
      );
      ir.switchTo(inside);
    }
    return number;
  });
}

/** How many numbers there are: none when the end is not above the beginning. */
function countOf(to: Lowering, type: IntType, from: Value, end: Value): Value {
  const { ir } = to;
  const width = irType(type);
  const count = ir.variable("i32", "count");
  const { some, none } = to.branches(["some", "none"], (made) =>
    ir.branch(type.signed ? "slt" : "ult", from, end, made.some, made.none),
  );
  const done = ir.block();
  ir.switchTo(none);
  ir.write(count, ir.constant("i32", 0));
  ir.jump(done);
  ir.switchTo(some);
  const distance = ir.binary("sub", end, from);
  const { many, few } = to.branches(["many", "few"], (made) =>
    ir.branch("ugt", distance, ir.constant(width, MOST), made.many, made.few),
  );
  ir.switchTo(many);
  ir.write(count, ir.constant("i32", MOST));
  ir.jump(done);
  ir.switchTo(few);
  ir.write(count, width === "i64" ? ir.extend(false, 32, distance, "i32") : distance);
  ir.jump(done);
  ir.seal(done);
  ir.switchTo(done);
  return ir.read(count);
}
