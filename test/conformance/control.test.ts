/** Calls, frames, limits and faults of the interpreter: what a program may not do, and the words it is told. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runRaw } from "../../src/engine/embedded/raw.ts";
import { assemble } from "../../src/isa/assemble.ts";
import * as make from "../../src/isa/make.ts";

const run = (text: string, options = {}) => runRaw(assemble(text), options);
const fault = (text: string, message: RegExp, options = {}): void => {
  assert.throws(() => run(text, options), { name: "FaultError", message });
};

describe("calls of local functions", () => {
  test("keep r6 to r9 and give r0 back", () => {
    const { r0 } = run(`
      r6 = 1
      r7 = 2
      r8 = 3
      r9 = 4
      r1 = 5
      call spoil
      r0 += r6
      r0 += r7
      r0 += r8
      r0 += r9
      exit
    spoil:
      r6 = 100
      r7 = 100
      r8 = 100
      r9 = 100
      r0 = r1
      exit`);
    assert.equal(r0, 15n);
  });

  test("have a frame of their own, which begins as zeroes, and can use their caller's", () => {
    const { r0 } = run(`
      r1 = 7
      *(u64 *)(r10 - 8) = r1
      r1 = r10
      call inner
      r1 = r10
      call inner
      r2 = *(u64 *)(r10 - 8)
      r0 += r2
      exit
    inner:
      r0 = *(u64 *)(r10 - 8)
      r2 = 9
      *(u64 *)(r10 - 8) = r2
      *(u64 *)(r1 - 8) = r2
      exit`);
    assert.equal(r0, 9n);
  });

  test("nest eight functions deep", () => {
    const nested = (levels: number): string =>
      Array.from({ length: levels }, (_, level) =>
        level + 1 < levels ? `f${level}:\ncall f${level + 1}\nr0 += 1\nexit` : `f${level}:\nr0 = 1\nexit`,
      ).join("\n");
    assert.equal(run(nested(8)).r0, 8n);
    fault(nested(9), /slot \d+, call .*nested deeper than 8/);
  });

  test("by register: a function, or a helper's number", () => {
    const { r0 } = runRaw([
      make.loadPseudo(3, "function", 4),
      make.movImm(64, 1, 20),
      make.callRegister(3),
      make.exit(),
      make.movReg(64, 0, 1),
      make.aluImm(64, "add", 0, 1),
      make.exit(),
    ]);
    assert.equal(r0, 21n);
    const helpers = { 5: (a: bigint) => a + 1n };
    assert.equal(runRaw([make.movImm(64, 1, -1), make.movImm(64, 2, 5), make.callRegister(2), make.exit()], { helpers }).r0, 0n);
    assert.throws(() => runRaw([make.movImm(64, 2, 77), make.callRegister(2), make.exit()]), { name: "FaultError" });
  });

  test("a helper gets r1 to r5 and gives r0, 64 bits each", () => {
    const seen: bigint[][] = [];
    const helpers = {
      7: (...args: bigint[]) => {
        seen.push(args);
        return 0xffff_ffff_ffff_fff0n;
      },
    };
    const { r0 } = run("r1 = -1\nr2 = 0x100000002 ll\nr3 = 3\nr4 = 4\nr5 = 5\ncall 7\nexit", { helpers });
    assert.deepEqual(seen, [[0xffff_ffff_ffff_ffffn, 0x1_0000_0002n, 3n, 4n, 5n]]);
    assert.equal(r0, 0xffff_ffff_ffff_fff0n);
  });
});

describe("nothing that a program does can hang or harm the host", () => {
  test("an endless loop runs out of fuel", () => {
    fault("top:\ngoto top\nr0 = 0\nexit", /slot 0, goto \S+: stopped after 1000 instructions/, { fuel: 1000 });
  });

  test("may_goto leaves a loop after eight million rounds", () => {
    const { r0 } = run("r0 = 0\ntop:\nmay_goto done\nr0 += 1\ngoto top\ndone:\nexit");
    assert.equal(r0, 8n * 1024n * 1024n);
  });

  test("fuel is a number of instructions: with NaN a loop would never end", () => {
    for (const fuel of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.5]) {
      assert.throws(() => run("top:\ngoto top\nexit", { fuel }), {
        name: "RangeError",
        message: /fuel: expected a whole number/,
      });
    }
  });

  test("a helper may run a program: each has its own stack", () => {
    const helpers = { 1: () => run("r1 = 99\n*(u64 *)(r10 - 8) = r1\nr0 = 1\nexit").r0 };
    const { r0 } = run("r1 = 7\n*(u64 *)(r10 - 8) = r1\ncall 1\nr0 = *(u64 *)(r10 - 8)\nexit", { helpers });
    assert.equal(r0, 7n);
    const failing = {
      1: () => {
        throw new TypeError("of the helper");
      },
    };
    assert.throws(() => run("call 1\nexit", { helpers: failing }), { message: "of the helper" });
    assert.equal(run("r0 = 3\nexit").r0, 3n, "and the engine goes on");
  });

  test("a program of a million instructions", () => {
    const code = new Uint8Array(8_000_000);
    const view = new DataView(code.buffer);
    for (let at = 0; at < code.length; at += 8) {
      code[at] = 0xb7; // r0 = another number each
      view.setInt32(at + 4, at, true);
    }
    code.set([0x95, 0, 0, 0, 0, 0, 0, 0], code.length - 8);
    assert.equal(runRaw(code).r0, BigInt(code.length - 16));
  });

  const memory = new Uint8Array(60);
  for (const { what, text, message } of [
    {
      what: "behind its memory",
      text: "r0 = *(u32 *)(r1 + 58)\nexit",
      message: /reads 4 bytes at packet\+58: the packet has 60/,
    },
    {
      what: "before its memory",
      text: "r0 = *(u8 *)(r1 - 1)\nexit",
      message: /reads 1 byte at packet-1: it begins at packet\+0/,
    },
    {
      what: "behind its stack",
      text: "*(u64 *)(r10 + 0) = r1\nexit",
      message: /writes 8 bytes at r10\+0: the stack ends at r10/,
    },
    { what: "below its stack", text: "*(u64 *)(r10 - 520) = r1\nexit", message: /writes 8 bytes at r10-520: the stack has 512/ },
    { what: "the null pointer", text: "r1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit", message: /the null pointer: check for null/ },
    { what: "before the null pointer", text: "r1 = 0\nr0 = *(u8 *)(r1 - 5)\nexit", message: /1 byte at null-5: check for null/ },
    { what: "near the null pointer", text: "r1 = 0\nr0 = *(u64 *)(r1 + 16)\nexit", message: /null\+16/ },
    {
      what: "an address of more than 32 bits",
      text: "r1 = 0x100000000000 ll\nr0 = *(u8 *)(r1 + 0)\nexit",
      message: /0x100000000000.*no pointer/,
    },
    {
      what: "an alias of a good address",
      text: "r3 = 0x10000000000000 ll\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nexit",
      message: /no pointer/,
    },
    { what: "nowhere", text: "r1 = 0x0f000000 ll\nr0 = *(u8 *)(r1 + 0)\nexit", message: /0xf000000: nothing is there/ },
    { what: "the end of the address space", text: "r1 = 0xffffffff ll\nr0 = *(u64 *)(r1 + 0)\nexit", message: /0xffffffff/ },
  ]) {
    test(`${what} ends the program`, () => fault(text, message, { memory }));
  }

  test("an atomic access must be aligned", () => {
    fault("r2 = 1\nlock *(u64 *)(r10 - 12) += r2\nexit", /slot 1, lock .*multiple of 8; it is 4 beyond/);
    fault("r2 = 1\nlock *(u32 *)(r1 + 2) += r2\nexit", /multiple of 4; it is 2 beyond/, { memory: new Uint8Array(8) });
  });

  test("the fault says where", () => {
    assert.throws(() => run("r0 = 0\nr1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit"), { program: "raw", slot: 2 });
  });
});

describe("what is refused before anything runs", () => {
  for (const { what, text, name } of [
    { what: "a helper that is not there", text: "call 6\nexit", name: "VerifierError" },
    { what: "a map, where there are none", text: "r1 = map[fd:3]\nexit", name: "VerifierError" },
    { what: "a program that runs off its end", text: "r0 = 0", name: "IsaError" },
    { what: "no program at all", text: "", name: "IsaError" },
  ]) {
    test(what, () => assert.throws(() => run(text), { name }));
  }
  const EXIT = make.exit();
  for (const { what, instruction, rule } of [
    { what: "a register beyond r10", instruction: { ...EXIT, opcode: 0x0f, dst: 500 }, rule: "range" },
    { what: "an opcode beyond a byte", instruction: { ...EXIT, opcode: 300 }, rule: "opcode" },
    { what: "a reserved field", instruction: { ...EXIT, imm: 1 }, rule: "imm" },
    { what: "an offset that is no number", instruction: { ...EXIT, opcode: 0x05, offset: Number.NaN }, rule: "range" },
  ]) {
    test(`in a list of instructions: ${what}`, () => {
      assert.throws(() => runRaw([instruction, EXIT]), { name: "IsaError", rule });
    });
  }
  test("a jump out of the program", () => {
    assert.throws(() => runRaw([make.jump(5), make.exit()]), { name: "IsaError" });
  });
});

test("registers and stack that were never written are 0", () => {
  assert.equal(run("r0 = r7\nr1 = *(u64 *)(r10 - 256)\nr0 |= r1\nexit").r0, 0n);
  run("r1 = -1\n*(u64 *)(r10 - 256) = r1\nr0 = 0\nexit");
  assert.equal(run("r0 = *(u64 *)(r10 - 256)\nexit").r0, 0n, "also after another program used the stack");
});

test("a run reports the memory as it left it and how many instructions it took", () => {
  const memory = Uint8Array.of(1, 2, 3, 4);
  const result = run("r0 = r2\n*(u8 *)(r1 + 3) = r0\nexit", { memory });
  assert.deepEqual(result, { r0: 4n, memory: Uint8Array.of(1, 2, 3, 4), instructions: 3 });
  assert.equal(run("r0 = *(u8 *)(r1 + 2)\nexit", { memory }).r0, 3n);
  const large = new Uint8Array(3 << 20);
  large[large.length - 1] = 9;
  assert.equal(run("r1 += r2\nr0 = *(u8 *)(r1 - 1)\nexit", { memory: large }).r0, 9n);
});
