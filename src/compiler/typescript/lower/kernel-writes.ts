/** Lowers assignments in the kernel's own objects: stores whose offsets the loader adapts (CO-RE). */

import type { Value, Width } from "../../ir/ir.ts";
import { writesKernel } from "../kernel/writes.ts";
import { sizeOf } from "../layout.ts";
import type { Span } from "../report.ts";
import type { Expression } from "../tree.ts";
import { scalar } from "./expressions.ts";
import { readOf, scalarStored } from "./kernel.ts";
import type { Lowering } from "./lowering.ts";

/** A function assigns a field through a pointer that, in this program, is only an address. */
export class NotWritable extends Error {
  readonly at: Span;

  constructor(at: Span) {
    super("not writable");
    this.at = at;
  }
}

/** @throws NotWritable */
export function storeKernelField(to: Lowering, target: Extract<Expression, { kind: "kernel-field" }>, value: Value): void {
  const { ir } = to;
  const { path, object } = target;
  const stored = scalarStored(path.type);
  if (stored === null) throw new TypeError("only numbers are assigned in the kernel");
  if (readOf(to, object) !== "direct" || !writesKernel(to.session.program.hook.type)) throw new NotWritable(target.at);
  const core = to.session.types.kernel.path(path);
  const raw = stored.kind === "network" ? ir.toBig(stored.host.bits as 16 | 32 | 64, value) : value;
  ir.store(sizeOf(stored) as Width, scalar(to, object), path.bitOffset / 8, raw, core);
}
