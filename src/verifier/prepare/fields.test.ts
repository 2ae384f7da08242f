import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import type { Spec } from "../../object/spec.ts";
import { kernelTarget } from "../targets/index.ts";
import { FIELDS_CASES, Kit } from "./fixtures/fields-cases.ts";
import { MapTable } from "./maps.ts";
import { programTypes } from "./types.ts";

/** A kernel that has a task, which maps may own, and a file, which they may not. */
function kernelTypes() {
  const types = new BtfBuilder();
  const long = types.int("long", 8, { signed: true });
  for (const name of ["task_struct", "file"]) types.struct(name, 8, [{ name: "a", type: long, bitOffset: 0 }]);
  return openBtf(types.encode());
}

const types = kernelTypes();

function mapOf(value: (kit: Kit) => number, size: number, version: "6.1" | "6.12" | "6.18") {
  const kit = new Kit();
  const valueType = value(kit);
  const target = kernelTarget(version, types);
  const map = {
    name: "values",
    type: "array",
    keySize: 4,
    valueSize: size,
    maxEntries: 1,
    flags: 0,
    keyType: kit.int,
    valueType,
  } as const;
  const spec: Spec = { name: "test", license: "GPL", types: kit.types.encode(), maps: [map], programs: [] };
  const taken = programTypes(spec.types, types, target.era);
  const facts = new MapTable(spec, target, taken).get("values")!;
  return { taken, facts, fields: facts.fields.map(({ kind, offset }) => `${kind}@${offset}`) };
}

describe("as 6.18 takes them", () => {
  for (const { name, value, size, types: typesTaken, map, fields } of FIELDS_CASES) {
    test(name, () => {
      const found = mapOf(value, size, "6.18");
      assert.equal(found.taken !== null, typesTaken, "types");
      assert.equal(found.facts.typed, typesTaken && map, "map");
      assert.deepEqual(found.fields, fields);
    });
  }
});

test("a kptr refers to the kernel's type where there is one, else to the program's", () => {
  const task = mapOf((kit) => kit.struct("value", 8, [["task", 0, kit.pointer("kptr", "task_struct")]]), 8, "6.18");
  assert.deepEqual([task.facts.fields[0]!.btf, task.facts.fields[0]!.btfId], [types, types.find("task_struct", "struct")]);
  const mine = mapOf((kit) => kit.struct("value", 8, [["mine", 0, kit.pointer("kptr", "skep_mine")]]), 8, "6.18");
  assert.equal(mine.facts.fields[0]!.btf, mine.taken!.btf);
});

test("a root tells where its elements' nodes are", () => {
  const list = FIELDS_CASES.find(({ name }) => name === "a list")!;
  const { facts, taken } = mapOf(list.value, list.size, "6.18");
  const [head] = facts.fields;
  assert.equal(taken!.btf.name(head!.btfId), "item");
  assert.equal(head!.nodeOffset, 8);
  assert.deepEqual(
    taken!.objects.get(head!.btfId)?.map(({ kind, offset }) => `${kind}@${offset}`),
    ["list-node@8"],
  );
});

test("6.1 finds locks, timers and kptrs among a value's own members, by its own tags", () => {
  const value = (kit: Kit) =>
    kit.struct("value", 40, [
      ["timer", 0, kit.timer],
      ["task", 16, kit.pointer("kptr", "task_struct")],
      ["lock", 24, kit.lock],
      ["head", 24 + 8, kit.int],
    ]);
  assert.deepEqual(mapOf(value, 40, "6.1").fields, ["timer@0", "kptr-untrusted@16", "spin-lock@24"]);
  assert.deepEqual(mapOf(value, 40, "6.12").fields, ["timer@0", "kptr-ref@16", "spin-lock@24"]);
  const nested = (kit: Kit) => kit.struct("value", 8, [["inner", 0, kit.struct("inner", 8, [["lock", 4, kit.lock]])]]);
  assert.deepEqual(mapOf(nested, 8, "6.1").fields, []);
  assert.deepEqual(mapOf(nested, 8, "6.12").fields, ["spin-lock@4"]);
});
