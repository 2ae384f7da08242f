/** Lowers reads of the packet: a bounds check in the shape that verifiers know, then a pointer. */

import type { BlockId, Value } from "../../ir/ir.ts";
import type { Expression } from "../tree.ts";
import { scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";

/** The kernel's verifier proves nothing about bytes beyond this offset (`MAX_PACKET_OFF`). */
const FARTHEST = 0xffff;

/**
 * Checks that `size` bytes at an offset are in the packet; ends the current block. Both new blocks are open and sealed; the
 * address is good in `present`.
 */
export function packetCheck(
  to: Lowering,
  offset: Expression,
  size: number,
): { readonly address: Value; readonly blocks: { readonly present: BlockId; readonly absent: BlockId } } {
  const { ir } = to;
  const { data, end } = to.packet;
  if (offset.kind === "constant") {
    const from = Number(offset.value);
    const address = from === 0 ? data : ir.binary("add", data, ir.constant("i64", from));
    const blocks = to.branches(["present", "absent"], (made) => {
      if (from + size > FARTHEST) return ir.branch("eq", ir.constant("i32", 0), ir.constant("i32", 0), made.absent, made.present);
      const last = ir.binary("add", data, ir.constant("i64", from + size));
      return ir.branch("ugt", last, end, made.absent, made.present);
    });
    return { address, blocks };
  }
  // First the offset alone, so that the sum is known to stay near; then the sum.
  const distance = ir.extend(false, 32, scalar(to, offset), "i64");
  const absent = ir.block();
  const { near } = to.branches(["near"], (made) =>
    ir.branch("ugt", distance, ir.constant("i64", FARTHEST - size), absent, made.near),
  );
  ir.switchTo(near);
  const address = ir.binary("add", data, distance);
  const last = ir.binary("add", address, ir.constant("i64", size));
  const { present } = to.branches(["present"], (made) => ir.branch("ugt", last, end, absent, made.present));
  ir.seal(absent);
  return { address, blocks: { present, absent } };
}
