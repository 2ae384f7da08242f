import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CpuVersion } from "../../isa/opcodes.ts";
import { print } from "../../isa/print.ts";
import { IrError } from "../ir/errors.ts";
import { parseFunction } from "../ir/parse.ts";
import { CodegenError, FrameError } from "./errors.ts";
import { type Generated, generateProgram } from "./generate.ts";

function generate(main: string, subprograms: readonly string[], cpu: CpuVersion = 3): Generated {
  return generateProgram(parseFunction(main), subprograms.map(parseFunction), { cpu });
}

function assembly(generated: Generated): string[] {
  return generated.instructions.map((instruction) => print(instruction));
}

/** A function that needs so many bytes of stack, and calls another. */
function needs(name: string, bytes: number, callee: string | null): string {
  return `function ${name}() -> i64 {
    slot 0: ${bytes} align 8 "buffer"
  b0:
    v0: ptr = slot 0
    v1: i64 = const 1
    store.u64 [v0 + 0], v1
    ${callee === null ? "v2: i64 = load.u64 [v0 + 0]" : `v2: i64 = call ${callee}#function()`}
    v3: i64 = load.u64 [v0 + 0]
    v4: i64 = add v2, v3
    return v4
  }`;
}

describe("a program with sub-programs", () => {
  const twice = `function twice(v0: i64) -> i64 {
    b0:
      v1: i64 = add v0, v0 @9:3
      return v1
    }`;
  const unused = `function unused() {
    b0:
      return
    }`;

  it("is followed by those that it reaches, and calls them by distance", () => {
    const generated = generate(
      `function main(v0: ptr) -> i64 {
      b0:
        v1: i64 = load.u32 [v0 + 0] @3:1
        v2: i64 = call twice#function(v1) @4:1
        v3: i64 = call twice#function(v2)
        return v3
      }`,
      [unused, twice],
    );
    assert.deepEqual(assembly(generated), [
      "r1 = *(u32 *)(r1 +0)",
      "call pc+3",
      "r1 = r0",
      "call pc+1",
      "exit",
      "r1 += r1",
      "r0 = r1",
      "exit",
    ]);
    assert.deepEqual(generated.functions, [
      { slot: 0, name: "main", frameSize: 0 },
      { slot: 5, name: "twice", frameSize: 0 },
    ]);
    assert.deepEqual(generated.lines, [
      { slot: 0, line: 3, column: 1 },
      { slot: 1, line: 4, column: 1 },
      { slot: 5, line: 9, column: 3 },
    ]);
  });

  it("hands a function to a helper by its address; who calls a function without result reads none", () => {
    const generated = generate(
      `function main(v0: ptr) {
      b0:
        v1: i64 = const 10
        v2: ptr = function-address step
        v3: i64 = const 0
        call bpf_loop#181(v1, v2, v0, v3)
        call log#function()
        return
      }`,
      [
        `function step(v0: i64, v1: ptr) -> i64 {
        b0:
          v2: i64 = const 0
          return v2
        }`,
        `function log() {
        b0:
          call bpf_ktime_get_ns#5()
          return
        }`,
      ],
    );
    const listing = assembly(generated);
    assert.ok(listing.includes("r2 = subprog[+6]"), listing.join("\n"));
    assert.deepEqual(listing.slice(-4), ["r0 = 0", "exit", "call unknown#5", "exit"]);
  });

  it("is told when calls go round, are too deep, or call what is not there or otherwise", () => {
    const main = needs("main", 8, "f1");
    assert.throws(() => generate(main, [needs("f1", 8, "f2"), needs("f2", 8, "f1")]), {
      name: CodegenError.name,
      message: /calls go round: f1 → f2 → f1/,
    });
    const deep = Array.from({ length: 8 }, (_, index) => needs(`f${index + 1}`, 8, index < 7 ? `f${index + 2}` : null));
    assert.throws(() => generate(main, deep), { message: /9 functions call each other in a row/ });
    generate(main, [...deep.slice(0, 6), needs("f7", 8, null)]);
    assert.throws(() => generate(main, []), { name: IrError.name, message: /f1#function\(\): there is no such function/ });
    const other = "function f1(v0: i64) -> i32 {\nb0:\n  v1: i32 = const 1\n  return v1\n}";
    assert.throws(() => generate(main, [other]), /passes \(\) where \(i64\) is declared/);
    assert.throws(() => generate(main, [other.replace("v0: i64", "")]), /takes i64, and it returns i32/);
  });

  it("shares 512 bytes of stack along each chain of calls, each frame rounded up to 32", () => {
    generate(needs("main", 256, "f1"), [needs("f1", 256, null)]);
    assert.throws(
      () => generate(needs("main", 264, "f1"), [needs("f1", 200, "f2"), needs("f2", 16, null)]),
      (error) => {
        assert.ok(error instanceof FrameError);
        assert.equal(
          error.message,
          "main: the stack frames of main → f1 → f2 need 544 bytes, and eBPF gives 512: buffer in main 264, buffer in f1 200, buffer in f2 16; move large values to a per-CPU array map",
        );
        return true;
      },
    );
  });

  it("does not stand on the frame of what a timer calls later", () => {
    const sets = (helper: string): string => `function main(v0: ptr) {
        slot 0: 300 align 8 "buffer"
      b0:
        v1: ptr = slot 0
        v2: ptr = function-address tick
        call ${helper}(v1, v2)
        return
      }`;
    generate(sets("bpf_timer_set_callback#170"), [needs("tick", 300, null)]);
    assert.throws(() => generate(sets("bpf_loop#181"), [needs("tick", 300, null)]), { name: FrameError.name });
  });
});

describe("what a loader puts in", () => {
  const core = "core 7 0:61";

  it("is an offset of a load, of a store or of an address; added constants stay apart from it", () => {
    const generated = generate(
      `function main(v0: ptr) -> i64 {
      b0:
        v1: ptr = load.u64 [v0 + 8]
        v2: i64 = load.u32 [v1 + 1256] ${core}
        store.u32 [v1 + 20], v2 core 7 0:5
        v3: i64 = const 16
        v4: ptr = add v1, v3
        v5: i64 = load.u64 [v4 + 24] core 7 0:6
        v6: ptr = field-address [v1 + 40] core 7 0:7
        v7: i64 = load.u64 [v6 + 2]
        v8: i64 = add v5, v7
        v9: i64 = add v8, v2
        return v9
      }`,
      [],
    );
    assert.deepEqual(assembly(generated).slice(0, 9), [
      "r1 = *(u64 *)(r1 +8)",
      "r3 = *(u32 *)(r1 +1256)",
      "*(u32 *)(r1 +20) = r3",
      "r2 = r1",
      "r2 += 16",
      "r0 = *(u64 *)(r2 +24)",
      "r1 += 40",
      "r1 = *(u64 *)(r1 +2)",
      "r0 += r1",
    ]);
    assert.deepEqual(generated.core, [
      { slot: 1, kind: "field_byte_offset", type: 7, access: "0:61" },
      { slot: 2, kind: "field_byte_offset", type: 7, access: "0:5" },
      { slot: 5, kind: "field_byte_offset", type: 7, access: "0:6" },
      { slot: 6, kind: "field_byte_offset", type: 7, access: "0:7" },
    ]);
  });

  it("is a number, as wide as it may become", () => {
    const body = `function main(v0: ptr) -> i64 {
      b0:
        v1: i64 = core-value.field_exists 1 ${core}
        v2: i64 = core-value.enumval_value 3 core 9 2
        v3: i32 = core-value.enumval_value 4294967295 core 9 3
        v4: i64 = extend.u32 v3
        v5: i64 = add v1, v2
        v6: i64 = add v5, v4
        return v6
      }`;
    const generated = generate(body, []);
    assert.deepEqual(assembly(generated), ["r0 = 1", "r1 = 0x3 ll", "w2 = -1", "r0 += r1", "r0 += r2", "exit"]);
    assert.deepEqual(
      generated.core.map(({ slot, kind }) => [slot, kind]),
      [
        [0, "field_exists"],
        [1, "enumval_value"],
        [3, "enumval_value"],
      ],
    );
  });

  it("is a function or a variable of the kernel, by name", () => {
    const generated = generate(
      `function main(v0: ptr) -> i64 {
      b0:
        call bpf_rcu_read_lock#kfunc()
        v1: ptr = ksym runqueues
        v2: i64 = load.u32 [v1 + 0]
        return v2
      }`,
      [],
    );
    assert.deepEqual(generated.externs, [
      { slot: 0, kind: "call", name: "bpf_rcu_read_lock" },
      { slot: 1, kind: "address", name: "runqueues" },
    ]);
  });
});

describe("compare-exchange", () => {
  const body = `function main(v0: ptr, v1: i64, v2: i64) -> i64 {
      b0:
        v3: i64 = atomic.compare-exchange.u64 [v0 + 8], v2, v1
        v4: i64 = add v3, v2
        return v4
      }`;

  it("compares with r0, which becomes what was there", () => {
    assert.deepEqual(assembly(generate(body, [])), [
      "r0 = r2",
      "r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r3)",
      "r0 += r3",
      "exit",
    ]);
  });

  it("needs cpu v3", () => {
    assert.throws(() => generate(body, [], 2), /compare-exchange needs cpu v3 \(Linux 5.12\)/);
  });
});
