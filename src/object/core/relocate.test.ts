import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Btf, openBtf } from "../../btf/btf.ts";
import { BtfBuilder, type BuilderOptions } from "../../btf/builder.ts";
import { BtfError } from "../../btf/errors.ts";
import { assemble } from "../../isa/assemble.ts";
import { encode } from "../../isa/encode.ts";
import { CORE_KINDS, type CoreRelocation, type Spec } from "../spec.ts";
import { CoreError } from "./errors.ts";
import { POISON } from "./patch.ts";
import { checkRelocations, relocate } from "./relocate.ts";
import { essentialName } from "./types.ts";

type Define = (builder: BtfBuilder) => void;

function types(define: Define, options: BuilderOptions = {}): Btf {
  const builder = new BtfBuilder(options);
  define(builder);
  return openBtf(builder.encode(), options.base);
}

/** A Spec of one program with one relocation, of the first type that `define` makes under that name. */
function spec(
  define: Define,
  code: string,
  name: string,
  relocation: Omit<CoreRelocation, "slot" | "type"> & { slot?: number },
): Spec {
  const btf = types(define);
  const type = btf.find(name) ?? 0;
  return {
    name: "test",
    license: "GPL",
    types: btf.bytes,
    maps: [],
    programs: [
      {
        name: "reads",
        section: "socket",
        type: "socket_filter",
        attachType: null,
        code: encode(assemble(`${code}\nexit`)),
        relocations: [],
        functions: [{ slot: 0, name: "reads", type: 0 }],
        lines: [],
        core: [{ slot: 0, type, ...relocation }],
      },
    ],
  };
}

/** Opcode, offset and immediate of an instruction of the only program. */
function instruction({ programs }: Spec, slot = 0): { opcode: number; offset: number; imm: number } {
  const { code } = programs[0]!;
  const view = new DataView(code.buffer, code.byteOffset);
  return { opcode: view.getUint8(slot * 8), offset: view.getInt16(slot * 8 + 2, true), imm: view.getInt32(slot * 8 + 4, true) };
}

/** `struct task` with one member `pid` behind `before` bytes. */
function task(member: (builder: BtfBuilder) => number, before = 0, name = "task"): Define {
  return (builder) => {
    const type = member(builder);
    builder.struct(name, before + 16, [{ name: "pid", type, bitOffset: before * 8 }]);
  };
}

const u32 = (builder: BtfBuilder): number => builder.int("u32", 4);
const u64 = (builder: BtfBuilder): number => builder.int("u64", 8);
const s32 = (builder: BtfBuilder): number => builder.int("s32", 4, { signed: true });
const pid: Omit<CoreRelocation, "slot" | "type"> = { kind: "field_byte_offset", access: "0:0" };

describe("an instruction that reads a member", () => {
  const load = spec(task(u32), "r0 = *(u32 *)(r1 + 0)", "task", pid);

  it("reads it where the target has it", () => {
    assert.equal(instruction(relocate(load, types(task(u32, 40)))).offset, 40);
  });

  it("reads unsigned integers in the target's width", () => {
    assert.deepEqual(instruction(relocate(load, types(task(u64, 8)))), { opcode: 0x79, offset: 8, imm: 0 });
    const byte = types(task((builder) => builder.int("u8", 1), 3));
    assert.deepEqual(instruction(relocate(load, byte)), { opcode: 0x71, offset: 3, imm: 0 });
  });

  it("is poisoned where another width would read another number", () => {
    const signed = spec(task(s32), "r0 = *(u32 *)(r1 + 0)", "task", pid);
    const { programs } = relocate(signed, types(task((builder) => builder.int("s64", 8, { signed: true }))));
    assert.deepEqual(programs[0]?.poisoned, [
      { slot: 0, kind: "field_byte_offset", access: "0:0", subject: "struct task.pid", reason: "width" },
    ]);
    assert.deepEqual(instruction({ ...signed, programs }), { opcode: 0x85, offset: 0, imm: POISON });
  });

  it("finds it in an anonymous struct or union, and under another edition's name", () => {
    const nested = types((builder) => {
      const inner = builder.struct("", 8, [{ name: "pid", type: u32(builder), bitOffset: 32 }]);
      const either = builder.union("", 8, [{ name: "", type: inner, bitOffset: 0 }]);
      builder.struct("task___new", 32, [{ name: "", type: either, bitOffset: 128 }]);
    });
    assert.equal(instruction(relocate(load, nested)).offset, 20);
  });

  it("is poisoned when the member is of another kind", () => {
    const { programs } = relocate(load, types(task((builder) => builder.pointer(0))));
    assert.equal(programs[0]?.poisoned?.[0]?.reason, "member");
  });

  it("of an array moves one element, however long the array is", () => {
    const names: Define = (builder) =>
      void builder.struct("task", 16, [{ name: "pid", type: builder.array(u32(builder), 4), bitOffset: 0 }]);
    const longer = types((builder) => {
      builder.struct("task", 80, [{ name: "pid", type: builder.array(u32(builder), 16), bitOffset: 64 }]);
    });
    const first = relocate(spec(names, "r0 = *(u32 *)(r1 + 0)", "task", pid), longer);
    assert.deepEqual(instruction(first), { opcode: 0x61, offset: 8, imm: 0 });
  });

  it("cannot reach beyond 32767 bytes", () => {
    assert.throws(() => relocate(load, types(task(u32, 40_000))), { rule: "instruction", slot: 0 });
  });

  it("must hold what the source's types say", () => {
    const wrong = spec(task(u32), "r0 = *(u32 *)(r1 + 4)", "task", pid);
    assert.throws(() => relocate(wrong, types(task(u32))), /expected 0, as the object's types say, found 4/);
  });
});

describe("other instructions", () => {
  it("stores", () => {
    const store = spec(task(u32), "*(u32 *)(r1 + 0) = 7", "task", pid);
    assert.deepEqual(instruction(relocate(store, types(task(u64, 16)))), { opcode: 0x7a, offset: 16, imm: 7 });
  });

  it("arithmetic", () => {
    const add = spec(task(u32), "r1 += 0", "task", pid);
    assert.equal(instruction(relocate(add, types(task(u32, 48)))).imm, 48);
  });

  it("wide loads, both halves of which are poisoned", () => {
    const enumeration: Define = (builder) => void builder.enum64("big", 8, [{ name: "ONE", value: 0x1_0000_0001n }]);
    const wide = spec(enumeration, "r1 = 4294967297 ll", "big", { kind: "enumval_value", access: "0" });
    const other = types((builder) => void builder.enum64("big", 8, [{ name: "ONE", value: -2n }]));
    const moved = relocate(wide, other);
    assert.deepEqual([instruction(moved).imm, instruction(moved, 1).imm], [-2, -1]);
    const gone = relocate(
      wide,
      types((builder) => void builder.enum64("big", 8, [{ name: "TWO", value: 2n }])),
    );
    assert.deepEqual(
      [0, 1].map((slot) => instruction(gone, slot).imm),
      [POISON, POISON],
    );
  });

  it("none that holds no number", () => {
    const call = spec(task(u32), "call 1", "task", pid);
    assert.throws(() => relocate(call, types(task(u32))), { name: "CoreError", rule: "instruction" });
    const beyond = spec(task(u32), "r0 = 0", "task", { ...pid, slot: 7 });
    assert.throws(() => relocate(beyond, types(task(u32))), /expected an instruction below 2, found 7/);
  });
});

describe("enumerators", () => {
  const color =
    (value: number, signed?: boolean): Define =>
    (builder) =>
      void builder.enum("color", 4, [{ name: "RED", value }], signed);

  it("of 32 and of 64 bits stand for each other", () => {
    const mov = spec(color(1), "r1 = 1", "color", { kind: "enumval_value", access: "0" });
    const wide = types((builder) => void builder.enum64("color", 8, [{ name: "RED___now", value: 5n }]));
    assert.equal(instruction(relocate(mov, wide)).imm, 5);
  });

  it("from 2 ** 31 on are taken as the compiler took them", () => {
    const unsigned = spec(color(0x80000000), "r1 = 2147483648 ll", "color", { kind: "enumval_value", access: "0" });
    const moved = relocate(unsigned, types(color(0xfffffff0)));
    assert.deepEqual([instruction(moved).imm, instruction(moved, 1).imm], [-16, 0]);
    // What kernels before 6.0 wrote, which did not say that the value is negative.
    const negative = spec(color(-1), "r1 = 18446744073709551615 ll", "color", { kind: "enumval_value", access: "0" });
    const old = relocate(negative, types(color(0xfffffffe, false)));
    assert.deepEqual([instruction(old).imm, instruction(old, 1).imm], [-2, -1]);
  });
});

describe("bit-fields", () => {
  const flags = (bitOffset: number, bitSize: number, little = true): Btf =>
    types((builder) => void builder.struct("task", 16, [{ name: "pid", type: u32(builder), bitOffset, bitSize }]), {
      littleEndian: little,
    });
  const value = (kind: CoreRelocation["kind"], target: Btf): bigint | null | undefined => {
    const local: Define = (builder) =>
      void builder.struct("task", 16, [{ name: "pid", type: u32(builder), bitOffset: 0, bitSize: 3 }]);
    return checkRelocations(spec(local, "r1 = 0", "task", { kind, access: "0:0" }), target)[0]?.after;
  };
  // What depends on the source's layout is not compared with the instruction, but for these two.
  const rshift = (target: Btf): bigint | null | undefined => {
    const local: Define = (builder) =>
      void builder.struct("task", 16, [{ name: "pid", type: u32(builder), bitOffset: 0, bitSize: 3 }]);
    return checkRelocations(spec(local, "r1 = 61", "task", { kind: "field_rshift_u64", access: "0:0" }), target)[0]?.after;
  };

  it("say which bytes to load, and how to shift them", () => {
    const target = flags(37, 5);
    assert.equal(value("field_byte_offset", target), 4n);
    assert.equal(value("field_byte_size", target), 4n);
    assert.equal(value("field_lshift_u64", target), BigInt(64 - (5 + 5)));
    assert.equal(rshift(target), BigInt(64 - 5));
  });

  it("across two integers are loaded as one twice as wide", () => {
    const target = flags(30, 5);
    assert.equal(value("field_byte_offset", target), 0n);
    assert.equal(value("field_byte_size", target), 8n);
  });

  it("count from the other end on big-endian machines", () => {
    assert.equal(value("field_lshift_u64", flags(37, 5, false)), BigInt(32 + 5));
  });

  it("across eight bytes cannot be loaded at once", () => {
    assert.equal(value("field_byte_size", flags(62, 5)), null);
  });
});

describe("types of modules", () => {
  const kernel = types(task(u32, 8));
  const load = spec(task(u32), "r0 = *(u32 *)(r1 + 0)", "task", pid);

  it("count only when the kernel has none of the name", () => {
    const module = types(
      (builder) => {
        task(u32, 24)(builder);
        builder.struct("only_here", 12, []);
      },
      { base: kernel },
    );
    assert.equal(instruction(relocate(load, [kernel, module])).offset, 8);
    const size = spec((builder) => void builder.struct("only_here", 4, []), "r0 = 4", "only_here", {
      kind: "type_size",
      access: "0",
    });
    assert.equal(instruction(relocate(size, [kernel, module])).imm, 12);
    assert.equal(instruction(relocate(size, kernel)).imm, 0);
    const id = spec((builder) => void builder.struct("only_here", 4, []), "r0 = 1 ll", "only_here", {
      kind: "type_id_target",
      access: "0",
    });
    assert.equal(instruction(relocate(id, [kernel, module])).imm, module.find("only_here"));
  });

  it("must agree with each other", () => {
    const one = types((builder) => void builder.struct("twice", 4, []), { base: kernel });
    const other = types((builder) => void builder.struct("twice", 8, []), { base: kernel });
    const size = spec((builder) => void builder.struct("twice", 4, []), "r0 = 4", "twice", { kind: "type_size", access: "0" });
    assert.throws(() => relocate(size, [kernel, one, other]), { rule: "ambiguous", subject: "struct twice" });
    assert.equal(instruction(relocate(size, [kernel, one, one])).imm, 4);
  });
});

describe("a relocation that makes no sense", () => {
  const cases: readonly (readonly [Omit<CoreRelocation, "slot" | "type">, RegExp])[] = [
    [{ kind: "field_byte_offset", access: "" }, /expected an access string of 1 to 64 numbers/],
    [{ kind: "field_byte_offset", access: "0:-1" }, /expected an access string/],
    [{ kind: "field_byte_offset", access: "0:1" }, /expected a member below 1 of struct task, found 1/],
    [{ kind: "field_byte_offset", access: "0:0:0" }, /expected a struct, union or array at step 2 of "0:0:0", found a int/],
    [{ kind: "type_size", access: "0:0" }, /expected the access string "0" for type_size/],
    [{ kind: "enumval_value", access: "0" }, /expected an enumeration for enumval_value, found a struct/],
    [{ kind: "field_signed", access: "0" }, /expected a member for field_signed, found an array element/],
  ];
  for (const [relocation, message] of cases) {
    it(`${relocation.kind} of ${JSON.stringify(relocation.access)}`, () => {
      const wrong = spec(task(u32), "r1 = 0", "task", relocation);
      assert.throws(
        () => relocate(wrong, types(task(u32))),
        (error) => error instanceof CoreError && message.test(error.message) && error.program === "reads" && error.slot === 0,
      );
    });
  }

  it("a type without a name", () => {
    const wrong = spec((builder) => void builder.typedef("t", builder.struct("", 4, [])), "r0 = 4", "t", {
      kind: "type_size",
      access: "0",
    });
    const program = wrong.programs[0]!;
    const anonymous = {
      ...wrong,
      programs: [{ ...program, core: program.core!.map((each) => ({ ...each, type: each.type - 1 })) }],
    };
    assert.throws(() => relocate(anonymous, types(task(u32))), /expected a type with a name/);
  });

  it("no types at all", () => {
    assert.throws(() => relocate({ ...spec(task(u32), "r1 = 0", "task", pid), types: null }, types(task(u32))), {
      rule: "types",
    });
  });
});

describe("types of ill will", () => {
  it("anonymous unions in anonymous unions, each twice: not exponentially slow", () => {
    const target = types((builder) => {
      let inner = builder.union("", 8, [{ name: "other", type: u32(builder), bitOffset: 0 }]);
      for (let depth = 0; depth < 60; depth++) {
        inner = builder.union("", 8, [
          { name: "", type: inner, bitOffset: 0 },
          { name: "", type: inner, bitOffset: 0 },
        ]);
      }
      builder.struct("task", 16, [{ name: "", type: inner, bitOffset: 0 }]);
    });
    const [report] = checkRelocations(spec(task(u32), "r1 = 0", "task", pid), target);
    assert.equal(report?.result, "poisoned");
  });

  it("a struct in itself", () => {
    const target = types((builder) => {
      const self = builder.reserve();
      builder.struct("task", 16, [{ name: "", type: self, bitOffset: 0 }], self);
    });
    assert.equal(checkRelocations(spec(task(u32), "r1 = 0", "task", pid), target)[0]?.result, "failed");
    const matches = spec(task(u32), "r1 = 1", "task", { kind: "type_matches", access: "0" });
    assert.equal(checkRelocations(matches, target)[0]?.result, "absent");
  });

  it("any kind, path and type: an answer or an error of ours", () => {
    const btf = types((builder) => {
      const self = builder.reserve();
      const array = builder.array(self, 3);
      const flags = builder.enum("flags", 4, [{ name: "ONE", value: 1 }]);
      builder.struct(
        "node",
        24,
        [
          { name: "next", type: builder.pointer(self), bitOffset: 0 },
          { name: "flags", type: flags, bitOffset: 64, bitSize: 3 },
          { name: "tail", type: builder.array(u32(builder), 0), bitOffset: 128 },
        ],
        self,
      );
      builder.typedef("nodes", array);
      builder.forward("elsewhere", "struct");
      builder.function("call", builder.prototype(u32(builder), [{ name: "first", type: array }]), "global");
    });
    const relocations = fc.record({
      kind: fc.constantFrom(...CORE_KINDS),
      type: fc.integer({ min: 0, max: btf.count + 1 }),
      access: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }).map((path) => path.join(":")),
      slot: fc.integer({ min: 0, max: 3 }),
    });
    const base = spec(task(u32), "r1 = 0\nr0 = *(u32 *)(r1 + 0)", "task", pid);
    fc.assert(
      fc.property(relocations, (relocation) => {
        const one = { ...base, types: btf.bytes, programs: [{ ...base.programs[0]!, core: [relocation] }] };
        try {
          relocate(one, btf);
        } catch (error) {
          assert.ok(error instanceof CoreError || error instanceof BtfError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("essentialName", () => {
  it("is the name without its flavour", () => {
    const names: readonly (readonly [string, string])[] = [
      ["task_struct", "task_struct"],
      ["task_struct___old", "task_struct"],
      ["a___b___c", "a___b"],
      ["___x", "___x"],
      ["x___", "x___"],
      ["x____y", "x____y"],
      ["__x___1", "__x"],
      ["", ""],
    ];
    for (const [name, essential] of names) assert.equal(essentialName(name), essential, name);
  });
});
