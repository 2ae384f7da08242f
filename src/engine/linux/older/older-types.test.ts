import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../btf/btf.ts";
import { type FakeCall, FakeKernel, fakeMachine } from "../fixtures/fake-kernel.ts";
import { everyKindOfType } from "../fixtures/types.ts";
import { ERRNO } from "../sys/system-error.ts";
import { inOlderForm, knows, olderTypes, TYPE_KINDS, type TypeKind } from "./older-types.ts";

const without = (...missing: readonly TypeKind[]): ReadonlySet<TypeKind> =>
  new Set(TYPE_KINDS.filter((kind) => !missing.includes(kind)));

/** The kinds of all types of `btf`, after some that a kernel does not know have become others. */
function kinds(...missing: readonly TypeKind[]) {
  const btf = openBtf(inOlderForm(everyKindOfType(), without(...missing)));
  return Array.from({ length: btf.count - 1 }, (_, index) => btf.kind(index + 1));
}

describe("types for older kernels", () => {
  const all = kinds();

  test("stay as they are where all kinds are known", () => {
    assert.deepEqual(inOlderForm(everyKindOfType(), without()), everyKindOfType());
    assert.deepEqual(all, [
      ...["int", "int", "prototype", "function", "variable", "float", "variable", "section", "declTag", "typeTag", "pointer"],
      ...["enum64", "enum", "section"],
    ]);
  });

  for (const [kind, changed] of [
    ["functions", { 3: "enum", 4: "typedef" }],
    ["globalFunctions", {}],
    ["sections", { 5: "int", 7: "int", 8: "struct", 14: "struct" }],
    ["floats", { 6: "struct" }],
    ["declTags", { 9: "int" }],
    ["typeTags", { 10: "const" }],
    ["enum64", { 12: "union", 15: "int" }],
    ["questionMarks", {}],
  ] as const satisfies readonly (readonly [TypeKind, Readonly<Record<number, string>>])[]) {
    test(`without ${kind}`, () => {
      const expected: string[] = [...all];
      for (const [id, other] of Object.entries(changed)) expected[Number(id) - 1] = other;
      assert.deepEqual(kinds(kind), expected, "each keeps its number");
    });
  }

  test("what they become", () => {
    const btf = openBtf(inOlderForm(everyKindOfType(), without(...TYPE_KINDS)));
    const type = (id: number): unknown => ({ ...btf.type(id) });
    const only = (id: number, ...names: readonly string[]) =>
      Object.fromEntries(Object.entries(btf.type(id)).filter(([name]) => names.includes(name)));
    assert.deepEqual(only(3, "kind", "size"), { kind: "enum", size: 4 });
    assert.deepEqual(only(4, "kind", "name", "type"), { kind: "typedef", name: "main", type: 3 });
    assert.deepEqual(only(5, "kind", "name", "size"), { kind: "int", name: "small", size: 1 });
    assert.deepEqual(only(6, "kind", "name", "size"), { kind: "struct", name: "", size: 8 });
    assert.deepEqual(only(8, "kind", "name", "size"), { kind: "struct", name: "_data_hot", size: 16 });
    const section = btf.type(8);
    assert.ok(section.kind === "struct");
    assert.deepEqual(
      section.members.map(({ name, type: id, bitOffset }) => [name, id, bitOffset]),
      [
        ["small", 5, 0],
        ["wide", 7, 64],
      ],
    );
    assert.deepEqual(only(12, "kind", "size"), { kind: "union", size: 8 });
    assert.equal(btf.name(14), "__struct_ops");
    assert.deepEqual(only(15, "kind", "size"), { kind: "int", size: 1 });
    assert.ok(type(13));
  });

  test("global functions become static, and ? in names _", () => {
    const functions = openBtf(inOlderForm(everyKindOfType(), without("globalFunctions"))).type(4);
    assert.ok(functions.kind === "function" && functions.linkage === "static");
    assert.equal(openBtf(inOlderForm(everyKindOfType(), without("questionMarks"))).name(14), "_.struct_ops");
  });
});

describe("which kinds a kernel knows", () => {
  test("it is asked with types of that kind alone, which are closed again", () => {
    const kernel = new FakeKernel();
    for (const kind of TYPE_KINDS) assert.ok(knows(fakeMachine(kernel), kind));
    assert.equal(kernel.descriptors.size, 0);
    const found = kernel.callsOf("btf_load").map((call) => {
      const btf = openBtf(call.memory("btf") ?? new Uint8Array());
      return btf.kind(btf.count - 1);
    });
    assert.deepEqual(found, ["function", "function", "section", "float", "declTag", "pointer", "enum64", "section"]);
  });

  test("one that knows all gets nothing else; one of 5.4 gets what it knows", () => {
    assert.equal(olderTypes(fakeMachine(new FakeKernel()), everyKindOfType()), null);
    const since: Readonly<Record<string, boolean>> = { function: true, section: true };
    const old = new FakeKernel().on("btf_load", (call: FakeCall) => {
      const btf = openBtf(call.memory("btf") ?? new Uint8Array());
      const last = btf.type(btf.count - 1);
      const global = last.kind === "function" && last.linkage === "global";
      return since[last.kind] === true && !global && !btf.name(btf.count - 1).startsWith("?") ? 0 : -ERRNO.EINVAL;
    });
    const older = olderTypes(fakeMachine(old), everyKindOfType());
    assert.equal(older?.functions, true);
    assert.deepEqual(older?.btf, inOlderForm(everyKindOfType(), new Set(["functions", "sections"])));
  });
});
