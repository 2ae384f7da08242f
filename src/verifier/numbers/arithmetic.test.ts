/** Arithmetic by hand: what is known of results, in a kernel's words. The kernels' own answers are in test/verifier/numbers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { printRegister } from "../print/register.ts";
import { scalar } from "../state/register.ts";
import {
  ADD,
  AND,
  ARSH,
  addToPointer,
  alu32,
  alu64,
  assign,
  DIV,
  LSH,
  MUL,
  negate64,
  OR,
  RSH,
  SUB,
  zeroOrMinusOne,
} from "./arithmetic.ts";
import { type Bounds, constant, signedConstant, UNKNOWN, ZERO } from "./bounds.ts";
import { byteSwap } from "./byte-swap.ts";
import { JGT, JSET, JSGT, JSLT } from "./compare.ts";
import { signExtend, truncate, zeroExtend32 } from "./extend.ts";
import { inRange, loaded, loadedSigned } from "./load.ts";
import { refine } from "./refine.ts";

const NEWEST = 618;
const say = (bounds: Bounds, era = NEWEST) => printRegister(scalar(bounds), 0, era);
const number = (value: number) => signedConstant(value);

describe("sums", () => {
  test("add up at both ends", () => {
    const sum = alu64(ADD, inRange(UNKNOWN, 10, 20, NEWEST), inRange(UNKNOWN, 1, 2, NEWEST), NEWEST);
    assert.equal(say(sum), "scalar(smin=umin=smin32=umin32=11,smax=umax=smax32=umax32=22,var_off=(0x0; 0x1f))");
  });

  test("of a byte and -1 may be negative, so nothing is known of it as unsigned", () => {
    assert.equal(say(alu64(ADD, loaded(1), number(-1), NEWEST)), "scalar(smin=smin32=-1,smax=smax32=254)");
  });

  test("keep an unsigned range of which both ends wrap, since 6.17", () => {
    const high = refine(JGT, UNKNOWN, number(-100), false, true, NEWEST).dst;
    assert.equal(
      say(alu64(ADD, high, number(200), NEWEST)),
      "scalar(smin=umin=smin32=umin32=101,smax=umax=smax32=umax32=199,var_off=(0x0; 0xff))",
    );
  });

  test("of 32 bits have no high half", () => {
    assert.equal(say(alu32(ADD, UNKNOWN, number(1), NEWEST)), "scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))");
  });
});

describe("masks and shifts", () => {
  test("a mask is an upper bound, and says which bits are clear", () => {
    assert.equal(
      say(alu64(AND, UNKNOWN, number(0x38), NEWEST)),
      "scalar(smin=smin32=0,smax=umax=smax32=umax32=56,var_off=(0x0; 0x38))",
    );
  });

  test("bits that are set are a lower bound", () => {
    assert.equal(
      say(alu64(OR, loaded(1), number(0x10), NEWEST)),
      "scalar(smin=umin=smin32=umin32=16,smax=umax=smax32=umax32=255,var_off=(0x10; 0xef))",
    );
  });

  test("<< 32 and s>> 32 extend the sign", () => {
    const up = alu64(LSH, UNKNOWN, number(32), NEWEST);
    assert.equal(say(alu64(ARSH, up, number(32), NEWEST)), "scalar(smin=0xffffffff80000000,smax=0x7fffffff)");
  });

  test("by an unknown number of places tells nothing, in 64 bits even when 32 were computed", () => {
    assert.equal(alu64(RSH, loaded(1), loaded(1), NEWEST), UNKNOWN);
    assert.equal(alu32(RSH, loaded(1), loaded(1), NEWEST), UNKNOWN);
    assert.equal(alu64(LSH, loaded(1), number(64), NEWEST), UNKNOWN);
  });
});

describe("products and quotients", () => {
  test("of lengths", () => {
    const product = alu64(MUL, inRange(UNKNOWN, 0, 100, NEWEST), number(12), NEWEST);
    assert.equal(say(product), "scalar(smin=smin32=0,smax=umax=smax32=umax32=1200,var_off=(0x0; 0x7fc))");
  });

  test("of negative numbers have a range since 6.15", () => {
    const product = (era: number) => alu64(MUL, inRange(UNKNOWN, -3, 5, era), number(-7), era);
    assert.equal(say(product(NEWEST)), "scalar(smin=smin32=-35,smax=smax32=21)");
    assert.equal(product(612).sminHi, -0x80000000);
  });

  test("quotients are any number", () => {
    assert.equal(alu64(DIV, loaded(1), number(2), NEWEST), UNKNOWN);
    assert.equal(say(alu32(DIV, loaded(1), number(2), 601), 601), "scalar(umax=4294967295,var_off=(0x0; 0xffffffff))");
  });
});

describe("6.1 computes with constants on the right, or not at all", () => {
  test("only sums, differences and masks have two unknown operands", () => {
    assert.equal(alu64(OR, loaded(1), loaded(1), 601), UNKNOWN);
    assert.notEqual(alu64(AND, loaded(1), loaded(1), 601), UNKNOWN);
    assert.notEqual(alu64(SUB, loaded(1), loaded(1), 601), UNKNOWN);
  });
});

describe("one operand", () => {
  test("negation is followed since 6.17", () => {
    assert.equal(
      say(negate64(inRange(UNKNOWN, 1, 9, NEWEST), NEWEST)),
      "scalar(smin=smin32=-9,smax=smax32=-1,umin=0xfffffffffffffff7,umin32=0xfffffff7,var_off=(0xfffffffffffffff0; 0xf))",
    );
    assert.equal(negate64(ZERO, 612), UNKNOWN);
  });

  test("bytes change places since 6.18", () => {
    const port = byteSwap(truncate(UNKNOWN, 2, NEWEST), 16, true, NEWEST);
    assert.equal(say(port), "scalar(smin=smin32=0,smax=umax=smax32=umax32=0xffff,var_off=(0x0; 0xffff))");
    assert.equal(say(byteSwap(number(0x1234), 16, true, NEWEST)), "13330");
    assert.equal(byteSwap(number(0x1234), 16, true, 612), UNKNOWN);
  });

  test("signs are extended where the range does not cross one", () => {
    assert.equal(
      say(signExtend(inRange(UNKNOWN, 0x80, 0x8f, NEWEST), 8, 64, NEWEST)),
      "scalar(smin=smin32=-128,smax=smax32=-113,umin=0xffffffffffffff80,umax=0xffffffffffffff8f,umin32=0xffffff80,umax32=0xffffff8f,var_off=(0xffffffffffffff80; 0xf))",
    );
    assert.equal(say(loadedSigned(1)), "scalar(smin=smin32=-128,smax=smax32=127)");
  });

  test("w = w keeps what is known of the low half", () => {
    const low = refine(JGT, UNKNOWN, number(20), true, false, NEWEST).dst;
    assert.equal(say(zeroExtend32(low, NEWEST)), "scalar(smin=smin32=0,smax=umax=smax32=umax32=20,var_off=(0x0; 0x1f))");
  });
});

describe("pointers and masks", () => {
  test("a pointer's variable part is added before anything is concluded from the sum", () => {
    const moved = addToPointer(ZERO, loaded(1));
    assert.deepEqual([moved.uminLo, moved.umaxLo, moved.u32max], [0, 255, -1]);
  });

  test("x s>> 63 is 0 or -1, and a kernel looks at both", () => {
    const sign = alu64(ARSH, UNKNOWN, number(63), NEWEST);
    assert.equal(zeroOrMinusOne(sign), 64);
    assert.equal(say(assign(sign, 64, -1)), "-1");
    assert.equal(zeroOrMinusOne(loaded(1)), 0);
  });
});

describe("branches", () => {
  test("bound both sides since 6.8, one that is compared with a constant before", () => {
    const [one, other] = [inRange(UNKNOWN, 0, 100, NEWEST), inRange(UNKNOWN, 50, 60, NEWEST)];
    const above = refine(JGT, one, other, false, true, NEWEST);
    assert.equal(say(above.dst), "scalar(smin=umin=smin32=umin32=51,smax=umax=smax32=umax32=100,var_off=(0x0; 0x7f))");
    assert.equal(refine(JGT, one, other, false, true, 601).dst, one);
  });

  test("of 32 bits forget the range of 64 in 6.1", () => {
    const small = inRange(UNKNOWN, -5, 5, 601);
    assert.equal(
      say(refine(JSGT, small, number(0), true, true, 601).dst, 601),
      "scalar(smax=9223372032559808519,umax=18446744069414584327,var_off=(0x0; 0xffffffff00000007),s32_min=1,s32_max=5,u32_min=1,u32_max=5)",
    );
    assert.equal(
      say(refine(JSGT, small, number(0), true, true, NEWEST).dst),
      "scalar(smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=5,var_off=(0x0; 0x7))",
    );
  });

  test("that find no bit set clear it, and forget the range", () => {
    assert.equal(
      say(refine(JSET, loaded(1), number(0x0f), false, false, NEWEST).dst),
      "scalar(smin=smin32=0,smax=umax=smax32=umax32=240,var_off=(0x0; 0xf0))",
    );
  });

  test("that cannot be, where no rule saw it, say so", () => {
    const [one, other] = [constant(5, 0), inRange(UNKNOWN, -1, 0, NEWEST)];
    assert.equal(refine(JSLT, one, other, false, true, NEWEST).contradiction, true);
  });
});
