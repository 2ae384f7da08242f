/**
 * What the verifier takes does nothing else than the verifier says: random programs, run on random packets and maps.
 * `scripts/fuzz-verifier.ts` goes on where this test ends.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as make from "../../src/isa/make.ts";
import { constant, UNKNOWN } from "../../src/verifier/numbers/bounds.ts";
import { pointer, type Reg, scalar, UNINITIALISED } from "../../src/verifier/state/register.ts";
import { everyKind, SLOT_SPILL, SLOT_ZERO, Slot } from "../../src/verifier/state/slot.ts";
import {
  PTR_MAYBE_NULL,
  PTR_TO_CTX,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
} from "../../src/verifier/state/types.ts";
import { outside, type Standing } from "./soundness/inside.ts";
import { judge, programOf, targetOf } from "./soundness/judge.ts";
import type { Line } from "./soundness/lines.ts";
import { minimise } from "./soundness/minimise.ts";

test("1,200 random programs: about half are taken, none of them leaves what is known of it", async () => {
  const totals = { sound: 0, refused: 0, "too long": 0 };
  for (let seed = 0; seed < 1_200; seed++) {
    const judgement = await judge(programOf(seed), targetOf(seed), seed, 3);
    if (judgement.kind === "unsound") assert.fail(`seed ${seed}: ${judgement.what}; see scripts/fuzz-verifier.ts --seed ${seed}`);
    totals[judgement.kind]++;
  }
  assert.ok(totals.sound > 450 && totals.refused > 350, JSON.stringify(totals));
});

describe("what lies outside of a state is found", () => {
  const STACK_END = 4096;
  const memory = new DataView(new ArrayBuffer(8192));
  memory.setBigUint64(STACK_END - 8, 0x1_0000_0005n, true);
  const table = { name: "table", start: 5000, stride: 64, count: 1, handle: 4900 };
  const standing = (r3: number, high = 0): Standing => {
    const registers = new Int32Array(22);
    registers[6] = r3;
    registers[7] = high;
    const saved = new Int32Array(80);
    return {
      ...{ registers, saved, depth: 0, memory, stackEnd: STACK_END, context: 6000, meta: 6992, packet: 7000, packetEnd: 7064 },
      maps: [table],
    };
  };
  const regs = (r3: Reg): Reg[] => new Array<Reg>(11).fill(UNINITIALISED).with(3, r3);
  const of = (type: number, fields: Partial<Reg> = {}): Reg => Object.assign(pointer(type), fields);
  const value = of(PTR_TO_MAP_VALUE, { map: { name: "table" } as Reg["map"], off: 8 });

  for (const [what, reg, inside, out] of [
    ["a constant", scalar(constant(7, 0)), [7], [8]],
    ["any number", scalar(UNKNOWN), [-1], null],
    ["the context", of(PTR_TO_CTX), [6000], [6001]],
    ["the stack", of(PTR_TO_STACK, { off: -16 }), [4080], [4088]],
    ["a map's value", value, [5008], [5000]],
    ["one that is null", value, [5008], [0]],
    ["one that may be null", Object.assign(value.copy(), { type: PTR_TO_MAP_VALUE | PTR_MAYBE_NULL }), [0], [5016]],
    ["what lies before a packet", of(PTR_TO_PACKET_META, { range: 8 }), [6992], [7000]],
    ["a packet that was checked", of(PTR_TO_PACKET, { off: 4, range: 64 }), [7004], [7008]],
    ["a packet that is too short", of(PTR_TO_PACKET, { off: 4, range: 60 }), [7004], null],
  ] as const) {
    test(what, () => {
      const state = [{ regs: regs(reg), stack: [], callsite: -1 }];
      assert.equal(outside(state, standing(inside[0])), null);
      if (out !== null) assert.match(outside(state, standing(out[0])) ?? "", /^r3 = /);
    });
  }

  test("a packet is held against its end", () => {
    const state = [{ regs: regs(of(PTR_TO_PACKET, { range: 65 })), stack: [], callsite: -1 }];
    assert.match(outside(state, standing(7000)) ?? "", /^r3 = /);
  });

  test("the stack", () => {
    const state = (slot: Slot) => [{ regs: regs(UNINITIALISED), stack: [slot], callsite: -1 }];
    const spilled = (reg: Reg) => state(new Slot(everyKind(SLOT_SPILL), reg));
    assert.equal(outside(spilled(scalar(constant(5, 1))), standing(0)), null);
    assert.equal(outside(spilled(scalar(constant(5, 0))), standing(0)), "fp-8 = 0x100000005");
    assert.equal(outside(state(new Slot(everyKind(SLOT_ZERO), UNINITIALISED)), standing(0)), "fp-8 = 0x100000005");
    // Four bytes of it.
    assert.equal(outside(state(new Slot(0x11110000, scalar(constant(5, 0)))), standing(0)), null);
    assert.equal(outside(state(new Slot(0x11110000, scalar(constant(6, 0)))), standing(0)), "fp-8 = 0x100000005");
  });
});

test("what is wrong is made small: lines go as long as it stays wrong", async () => {
  const line = (instruction: Line["instruction"], to = -1): Line => ({ instruction, to, map: null, isValue: false });
  const lines = [
    line(make.movImm(64, 0, 1)),
    line(make.jumpImm(64, "eq", 0, 0, 0), 4),
    line(make.movImm(64, 0, 2)),
    line(make.movImm(64, 3, 3)),
    line(make.exit()),
  ];
  const isWrong = async (some: readonly Line[]): Promise<boolean> => some.some(({ instruction }) => instruction.imm === 3);
  assert.deepEqual(
    (await minimise(lines, isWrong)).map(({ instruction }) => instruction.imm),
    [3],
  );
});
