/** Functions that are left in the middle: by a tail call that succeeds, by a load from a packet that is too short. */

import type { BtfBuilder } from "../../../../src/btf/builder.ts";
import { Rules } from "../case.ts";
import { OUT, times } from "./text.ts";

/** `int main(struct __sk_buff *ctx)`, `static int sub(struct __sk_buff *ctx)`, `static int deeper(…)`. */
function functions(types: BtfBuilder): Readonly<Record<string, number>> {
  const int = types.int("int", 4, { signed: true });
  const prototype = types.prototype(int, [{ name: "ctx", type: types.pointer(types.struct("__sk_buff", 0, [])) }]);
  return {
    main: types.function("main", prototype, "global"),
    sub: types.function("sub", prototype, "static"),
    deeper: types.function("deeper", prototype, "static"),
  };
}

const TAIL = "r2 = map programs; r3 = 0; call bpf_tail_call; ";
const LOAD = "r6 = r1; r0 = *(u8 *)skb[0]; ";
const RECORD = "r9 = r1; r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; r8 = r0; r1 = r9; ";
const INDEX = "r1 = value array64; r1 += r0; r0 = *(u8 *)(r1 +0); ";
const PACKET = "r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; ";
const BRANCHES = times(6, "call bpf_get_prandom_u32; if r0 == 0 goto +0");

export const earlyReturns = new Rules("calls", { type: "sched_cls", functions });
earlyReturns
  .rule(
    "tail calls in functions",
    {
      "a record of the caller": `${RECORD}call sub; r1 = r8; r2 = 0; call bpf_ringbuf_submit${OUT}; sub: ${TAIL}r0 = 0; exit`,
      called: `call sub; r0 = 0; exit; sub: ${TAIL}r0 = 0; exit`,
      "two deep": `call sub; r0 = 0; exit; sub: call deeper; r0 = 0; exit; deeper: ${TAIL}r0 = 0; exit`,
      "the result is checked": `call sub; if r0 > 63 goto out; ${INDEX}${OUT}; sub: ${TAIL}r0 = 1; exit`,
      "packet pointers, where it failed": `call sub; r0 = 0; exit; sub: ${PACKET}r5 = r6; ${TAIL}r0 = *(u8 *)(r6 +0)${OUT}`,
    },
    {
      "the result is what the function returns": `call sub; ${INDEX}exit; sub: ${TAIL}r0 = 1; exit`,
      "two deep, the result": `call sub; ${INDEX}exit; sub: call deeper; r0 &= 127; exit; deeper: ${TAIL}r0 = 1; exit`,
      "packet pointers of the caller": `${PACKET}call sub; r0 = *(u8 *)(r6 +0)${OUT}; sub: ${TAIL}r0 = 0; exit`,
      "what matters is traced back over it": `r7 = r1; call bpf_get_prandom_u32; r8 = 1; if r0 == 0 goto a; r8 = 100; a: r1 = r7; call sub; ${BRANCHES}; r0 = r8; ${INDEX}exit; sub: ${TAIL}r0 = 0; exit`,
    },
  )
  .rule(
    "packet loads in functions",
    {
      "a record of the caller": `${RECORD}call sub; r1 = r8; r2 = 0; call bpf_ringbuf_submit${OUT}; sub: ${LOAD}r0 = 0; exit`,
      loaded: `call sub; r0 = 0; exit; sub: ${LOAD}exit`,
      "the result is a byte or zero": `call sub; r0 &= 63; ${INDEX}exit; sub: ${LOAD}exit`,
      "zero is an index": `call sub; ${INDEX}exit; sub: ${LOAD}r0 = 1; exit`,
      "two deep": `call sub; r0 = 0; exit; sub: call deeper; exit; deeper: ${LOAD}exit`,
    },
    {
      "a bound that is traced back over it": `r8 = 5; call sub; r0 = r8; ${INDEX}exit; sub: ${LOAD}r0 = 0; exit`,
      "the result is no small number": `call sub; ${INDEX}exit; sub: ${LOAD}r0 = 100; exit`,
      "zero is not excluded": `call sub; if r0 != 0 goto a; r0 = *(u8 *)(r5 +0); a: r0 = 0; exit; sub: ${LOAD}r0 = 1; exit`,
      "r6 is no context": `call sub; r0 = 0; exit; sub: r6 = 0; r0 = *(u8 *)skb[0]; exit`,
      "what matters is traced back over it": `r7 = r1; call bpf_get_prandom_u32; r8 = 1; if r0 == 0 goto a; r8 = 100; a: r1 = r7; call sub; ${BRANCHES}; r0 = r8; ${INDEX}exit; sub: ${LOAD}r0 = 0; exit`,
    },
  );
