import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode } from "../../isa/decode.ts";
import type { CpuVersion } from "../../isa/opcodes.ts";
import { print } from "../../isa/print.ts";
import { parseFunction } from "../ir/parse.ts";
import { CodegenError, FrameError } from "./errors.ts";
import { type Generated, generate } from "./generate.ts";

function compile(body: string, cpu: CpuVersion = 3, signature = "(v0: ptr) -> i64"): Generated {
  return generate(parseFunction(`function f${signature} {\n${body}\n}`), { cpu });
}

function assembly(body: string, cpu: CpuVersion = 3, signature?: string): string[] {
  return compile(body, cpu, signature).instructions.map((instruction) => print(instruction));
}

describe("selection", () => {
  it("folds constant offsets into accesses, and stores constants directly", () => {
    assert.deepEqual(
      assembly(
        `b0:
        v1: ptr = load.u32 [v0 + 0]
        v2: i64 = const 14
        v3: ptr = add v1, v2
        v4: i64 = load.u64 [v3 + 12]
        v5: i64 = const 7
        v6: ptr = slot 0
        store.u64 [v6 + 0], v5
        store.u64 [v6 + 8], v4
        return v5`.replace("b0:", `slot 0: 16 align 8 "x"\nb0:`),
      ),
      ["r1 = *(u32 *)(r1 +0)", "r1 = *(u64 *)(r1 +26)", "*(u64 *)(r10 -16) = 7", "*(u64 *)(r10 -8) = r1", "r0 = 7", "exit"],
    );
  });

  it("widens an i32 for nothing, and truncates for nothing what only 32-bit operations read", () => {
    assert.deepEqual(
      assembly(`b0:
        v1: i64 = load.u64 [v0 + 0]
        v2: i32 = extend.u32 v1
        v3: i32 = const 3
        v4: i32 = mul v2, v3
        v5: i64 = extend.u32 v4
        return v5`),
      ["r0 = *(u64 *)(r1 +0)", "w0 *= 3", "exit"],
    );
  });

  it("clears the upper half of what a helper returns, when 64 bits of it are read", () => {
    assert.deepEqual(
      assembly(`b0:
        v1: i32 = call bpf_get_prandom_u32#7()
        v2: i64 = extend.u32 v1
        return v2`),
      ["call unknown#7", "w0 = w0", "exit"],
    );
  });

  it("computes i32 in 64 bits before cpu v3", () => {
    const body = `b0:
        v1: i32 = load.u32 [v0 + 0]
        v2: i32 = const 1
        v3: i32 = add v1, v2
        v4: i64 = extend.u32 v3
        return v4`;
    assert.deepEqual(assembly(body, 2), ["r0 = *(u32 *)(r1 +0)", "r0 += 1", "r0 <<= 32", "r0 >>= 32", "exit"]);
    assert.deepEqual(assembly(body, 3), ["r0 = *(u32 *)(r1 +0)", "w0 += 1", "exit"]);
  });

  it("compares with immediates that fit, as the width and the version allow", () => {
    const body = (condition: string): string => `b0:
        v1: i32 = load.u32 [v0 + 0]
        v2: i32 = const 4294967295
        v3: i64 = const 1
        v4: i64 = const 0
        branch.${condition} v1, v2 ? b1 : b2
      b1:
        return v3
      b2:
        return v4`;
    const test = (condition: string, cpu: CpuVersion): string =>
      assembly(body(condition), cpu).find((line) => line.startsWith("if"))!;
    assert.equal(test("slt", 3), "if w1 s>= 0xffffffff goto pc+2");
    assert.equal(test("slt", 2), "if r1 s>= 0xffffffff goto pc+2");
    assert.equal(test("slt", 1), "if r1 s>= 0xffffffff goto pc+2");
    // A negative immediate would be sign-extended to 64 bits: not what an unsigned 32-bit number is compared with.
    assert.equal(test("ult", 2), "if r1 >= r2 goto pc+2");
  });

  it("divides by an immediate zero through a register, which verifiers allow", () => {
    assert.deepEqual(
      assembly(`b0:
        v1: i64 = load.u64 [v0 + 0]
        v2: i64 = const 0
        v3: i64 = udiv v1, v2
        return v3`),
      ["r0 = *(u64 *)(r1 +0)", "r1 = 0", "r0 /= r1", "exit"],
    );
  });

  it("divides signed numbers by the instruction on cpu v4, and by what there is before", () => {
    const body = `b0:
        v1: i64 = load.u64 [v0 + 0]
        v2: i64 = load.u64 [v0 + 8]
        v3: i64 = sdiv v1, v2
        return v3`;
    assert.ok(assembly(body, 4).includes("r0 s/= r1") || assembly(body, 4).some((line) => line.includes("s/=")));
    assert.ok(!assembly(body, 3).some((line) => line.includes("s/=")));
  });

  it("asks for a loop's budget by the jump itself, where that is all that is asked", () => {
    const loop = `b0:
      v1: i64 = const 0
      jump b1(v1)
      b1(v2: i64):
      v3: i32 = loop-budget
      v4: i32 = const 0
      branch.ne v3, v4 ? b2 : b3
      b2:
      v5: i64 = const 1
      v6: i64 = add v2, v5
      jump b1(v6)
      b3:
      return v2`;
    assert.deepEqual(assembly(loop), ["r0 = 0", "may_goto pc+3", "r0 += 1", "may_goto pc+1", "goto pc-3", "exit"]);
    const value = `b0:
      v1: i32 = loop-budget
      v2: i64 = extend.u32 v1
      return v2`;
    assert.deepEqual(assembly(value), ["r0 = 0", "may_goto pc+1", "r0 = 1", "exit"]);
  });

  it("puts the result of a call's arguments where the call takes them", () => {
    assert.deepEqual(
      assembly(`slot 0: 4 align 4 "key"
      b0:
        v1: ptr = slot 0
        v2: i32 = const 5
        store.u32 [v1 + 0], v2
        v3: ptr = map counts
        v4: ptr = call bpf_map_lookup_elem#1(v3, v1)
        v5: i64 = const 0
        return v5`),
      ["*(u32 *)(r10 -4) = 5", "r1 = map[fd:0]", "r2 = r10", "r2 += -4", "call unknown#1", "r0 = 0", "exit"],
    );
  });

  it("keeps a constant out of a store to the context: kernels before 6.4 refuse it", () => {
    assert.deepEqual(
      assembly(`b0:
        v1: i32 = const 5
        store.u32 [v0 + 4], v1
        v2: i64 = const 0
        return v2`),
      ["r2 = 5", "*(u32 *)(r1 +4) = r2", "r0 = 0", "exit"],
    );
  });

  it("says which atomic operations need cpu v3", () => {
    const body = `b0:
        v1: i64 = const 1
        v2: i64 = atomic.xor.u64 [v0 + 0], v1
        return v2`;
    assert.throws(
      () => compile(body, 2),
      new CodegenError("f", "atomic xor with its old value needs cpu v3 (Linux 5.12), and this is v2"),
    );
    assert.deepEqual(assembly(body, 3), ["r0 = 1", "r0 = atomic64_fetch_xor((u64 *)(r1 +0), r0)", "exit"]);
  });
});

describe("relocations and lines", () => {
  it("list each map reference, and the offset of a global", () => {
    const { code, relocations } = compile(`b0:
        v1: ptr = map-value .bss + 8
        v2: i64 = load.u64 [v1 + 0]
        v3: ptr = map events
        v4: i64 = call bpf_map_lookup_elem#1(v3, v1)
        v5: i64 = add v4, v2
        return v5`);
    assert.deepEqual(relocations, [
      { slot: 0, kind: "map-value", map: ".bss", offset: 8 },
      { slot: 3, kind: "map", map: "events", offset: 0 },
    ]);
    const wide = decode(code).filter(({ opcode }) => opcode === 0x18);
    assert.deepEqual(
      wide.map(({ src, imm, high }) => [src, imm, high]),
      [
        [2, 0, 0],
        [1, 0, 0],
      ],
    );
  });

  it("tell where slots come from, from slot 0 on", () => {
    const { lines } = compile(`b0:
        v1: i64 = load.u64 [v0 + 0] @3:5
        v2: i64 = add v1, v1 @4:5
        v3: i64 = mul v2, v1 @4:5
        return v3 @5:3`);
    assert.deepEqual(lines[0], { slot: 0, line: 3, column: 5 });
    assert.deepEqual(
      lines.map(({ line }) => line),
      [3, 4, 5],
    );
  });
});

describe("the frame", () => {
  it("is aligned slot by slot", () => {
    const { frameSize } = compile(`slot 0: 1 align 1 "flag"
      slot 1: 6 align 2 "mac"
      slot 2: 8 align 8 "time"
      b0:
        v1: i64 = const 0
        return v1`);
    assert.equal(frameSize, 16);
  });

  it("that does not fit is reported, largest use first", () => {
    assert.throws(
      () =>
        compile(`slot 0: 8 align 8 "key of counts"
      slot 1: 600 align 8 "event" @12:5
      b0:
        v1: i64 = const 0
        return v1`),
      (error) => {
        assert.ok(error instanceof FrameError);
        assert.equal(error.size, 608);
        assert.deepEqual(error.uses[0], { name: "event", size: 600, location: { line: 12, column: 5 } });
        assert.equal(
          error.message,
          "f: the stack frame needs 608 bytes, and eBPF gives 512: event 600 (line 12), key of counts 8; move large values to a per-CPU array map",
        );
        return true;
      },
    );
  });

  it("reads nothing back that the instruction before wrote, and writes nothing that nobody reads", () => {
    const values = Array.from({ length: 8 }, (_, index) => index + 1);
    const body = `b0:
        v20: i64 = const 3
        ${values.map((value) => `v${value}: i64 = load.u64 [v0 + ${value * 8}]`).join("\n")}
        ${values.map((value) => `v${30 + value}: i64 = mul v${value}, v20\nv${40 + value}: i64 = xor v${30 + value}, v20`).join("\n")}
        v50: i64 = call bpf_ktime_get_ns#5()
        v51: i64 = add v50, v41
        ${values
          .slice(1)
          .map((value) => `v${50 + value}: i64 = add v${49 + value}, v${40 + value}`)
          .join("\n")}
        return v58`;
    const listing = assembly(body);
    const stored = new Set<string>();
    for (const [index, line] of listing.entries()) {
      const store = /^\*\(u64 \*\)\(r10 (-\d+)\) = /.exec(line);
      if (store !== null) {
        stored.add(store[1]!);
        assert.ok(!listing[index + 1]!.includes(`= *(u64 *)(r10 ${store[1]})`), listing.join("\n"));
      }
    }
    assert.ok(stored.size > 0, "something does not fit");
    for (const offset of stored)
      assert.ok(
        listing.some((line) => line.endsWith(`= *(u64 *)(r10 ${offset})`)),
        listing.join("\n"),
      );
    assert.equal(listing.filter((line) => line.startsWith("*(u64 *)(r10")).length, stored.size, listing.join("\n"));
  });

  it("holds what does not fit in registers, and shares bytes between values that are not needed at once", () => {
    const phase = (first: number): string => {
      const loads = Array.from({ length: 14 }, (_, index) => `v${first + index}: i64 = load.u64 [v0 + ${index * 8}]`);
      const sums = Array.from({ length: 13 }, (_, index) => {
        const left = index === 0 ? first : first + 13 + index;
        return `v${first + 14 + index}: i64 = xor v${left}, v${first + 1 + index}`;
      });
      return `${[...loads, `v${first + 28}: i64 = call bpf_ktime_get_ns#5()`, ...sums].join("\n")}`;
    };
    const once = compile(`b0:\n${phase(1)}\nreturn v27`);
    const twice = compile(`b0:\n${phase(1)}\n${phase(101)}\nv200: i64 = add v27, v127\nreturn v200`);
    assert.ok(once.frameSize > 0);
    assert.ok(twice.frameSize <= once.frameSize + 16, `${twice.frameSize} after ${once.frameSize}`);
  });
});

describe("layout", () => {
  const long = (size: number): string => `b0:
      v1: i64 = load.u64 [v0 + 0]
      branch.eq v1, v1 ? b1 : b2
    b1:
      ${Array.from({ length: size }, () => "store.u64 [v0 + 8], v1").join("\n")}
      jump b3
    b2:
      store.u64 [v0 + 16], v1
      jump b3
    b3:
      v2: i64 = load.u64 [v0 + 0]
      store.u64 [v0 + 24], v2
      store.u64 [v0 + 32], v2
      return v2`;

  it("jumps over 32767 slots by long jumps of cpu v4", () => {
    const { instructions } = compile(long(40_000), 4);
    assert.ok(instructions.some(({ opcode }) => opcode === 0x06));
  });

  it("says that a function is too large without them", () => {
    assert.throws(() => compile(long(40_000), 3), CodegenError);
  });

  it("puts a loop's test below its body: one jump an iteration", () => {
    const lines = assembly(`b0:
        v1: i64 = const 0
        v2: i64 = const 10
        v3: i64 = const 1
        jump b1(v1, v1)
      b1(v4: i64, v5: i64):
        branch.ult v4, v2 ? b2 : b3
      b2:
        v6: i64 = add v5, v4
        v7: i64 = add v4, v3
        jump b1(v7, v6)
      b3:
        return v5`);
    assert.deepEqual(lines, [
      "r1 = 0",
      "r0 = 0",
      "if r1 >= 0xa goto pc+3",
      "r0 += r1",
      "r1 += 1",
      "if r1 < 0xa goto pc-3",
      "exit",
    ]);
  });
});
