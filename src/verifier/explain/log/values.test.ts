import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limitsOf } from "../words.ts";
import { constantOf, offsetOf, parseState, rangeOf } from "./values.ts";

const limitsOfText = (text: string) => limitsOf(parseState(`R1=${text}`)!.values.get("r1")!);

describe("states of registers and stack, as kernels since 5.4 print them", () => {
  test("6.18", () => {
    const state = parseState(
      "R0=map_value(map=counters,ks=4,vs=72,smin=0,smax=umax=255,var_off=(0x0; 0xff)) R10=fp0 fp-8=mmmm????",
    );
    assert.deepEqual([...(state?.values.keys() ?? [])], ["r0", "r10", "fp-8"]);
    const value = state?.values.get("r0");
    assert.equal(value?.type, "map_value");
    assert.equal(value?.fields.get("map"), "counters");
    assert.equal(value?.fields.get("var_off"), "(0x0; 0xff)");
    assert.equal(state?.values.get("fp-8")?.type, "bytes");
  });

  test("6.1: liveness, off= and imm= where they are 0", () => {
    const state = parseState("R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R1_rw=P4 refs=2,3");
    assert.equal(state?.values.get("r0")?.type, "map_value_or_null");
    assert.equal(constantOf(state!.values.get("r1")!), 4n);
    assert.deepEqual(state?.references, ["2", "3"]);
  });

  test("5.4: inv for numbers", () => {
    const state = parseState("R0=inv(id=0,umax_value=255,var_off=(0x0; 0xff)) R1_w=invP7 R2=inv-1 fp-8=mmmmmmmm");
    assert.equal(state?.values.get("r0")?.type, "scalar");
    assert.equal(rangeOf(state!.values.get("r0")!).umax, 255n);
    assert.equal(constantOf(state!.values.get("r1")!), 7n);
    assert.equal(constantOf(state!.values.get("r2")!), -1n);
  });

  test("frames, and pointers with an offset", () => {
    const state = parseState("frame1: R1=fp[0]-8 R2=pkt(off=14,r=14) R3=fp-16");
    assert.equal(state?.frame, 1);
    assert.equal(offsetOf(state!.values.get("r2")!), 14);
    assert.equal(offsetOf(state!.values.get("r3")!), -16);
  });

  test("no states", () => {
    for (const text of ["safe", "R1 invalid mem access 'scalar'", "", "invalid access to packet, off=0 size=1"])
      assert.equal(parseState(text), null, text);
  });

  test("limits: what is signed and small has both", () => {
    assert.deepEqual(limitsOfText("scalar(smin=0,smax=umax=255,var_off=(0x0; 0xff))"), { low: 0n, high: 255n });
    assert.deepEqual(limitsOfText("scalar(umax=4294967295,var_off=(0x0; 0xffffffff))"), { low: 0n, high: 4294967295n });
    assert.deepEqual(limitsOfText("scalar(smax=60)"), { low: null, high: 60n });
    assert.deepEqual(limitsOfText("scalar()"), { low: null, high: null });
  });
});
