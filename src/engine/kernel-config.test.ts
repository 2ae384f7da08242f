import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KconfigExtern, Spec } from "../object/spec.ts";
import { type ConfigValue, fillConfig } from "./kernel-config.ts";

function filled(value: ConfigValue | undefined, more: Partial<KconfigExtern>): readonly number[] {
  const extern: KconfigExtern = {
    kind: "kconfig",
    name: "CONFIG_X",
    weak: false,
    type: 1,
    value: "int",
    signed: false,
    map: ".kconfig",
    offset: 0,
    size: 1,
    ...more,
  };
  const map = {
    name: ".kconfig",
    type: "array",
    keySize: 4,
    valueSize: extern.size,
    maxEntries: 1,
    flags: 0,
    keyType: 0,
    valueType: 0,
  } as const;
  const spec: Spec = { name: "x", license: "GPL", types: null, maps: [map], programs: [], externs: [extern] };
  const { maps } = fillConfig(
    spec,
    () => value,
    (name) => new Error(`nobody says ${name}`),
  );
  const contents = maps[0]?.contents;
  assert.equal(contents?.kind, "bytes");
  return contents?.kind === "bytes" ? [...contents.bytes] : [];
}

describe("the kernel's configuration in variables", () => {
  for (const [value, more, expected] of [
    ["y", { value: "bool" }, [1]],
    ["m", { value: "tristate" }, [2]],
    ["m", { value: "char" }, [0x6d]],
    ["1000", { size: 4 }, [0xe8, 3, 0, 0]],
    ["0x10", { size: 2 }, [16, 0]],
    ["-1", { size: 2, signed: true }, [255, 255]],
    ["255", {}, [255]],
    ["1", { value: "bool" }, [1]],
    ["a long text", { value: "string", size: 5 }, [0x61, 0x20, 0x6c, 0x6f, 0]],
    [undefined, { weak: true, size: 2 }, [0, 0]],
  ] as const) {
    test(`${value} as ${more.value ?? "int"} of ${"size" in more ? more.size : 1} bytes`, () =>
      assert.deepEqual(filled(value, more), expected));
  }

  for (const [value, more, message] of [
    ["m", { value: "bool" }, /CONFIG_X: expected y or n; a value that may be m is a tristate, found "m"/],
    ["y", { value: "int" }, /expected a number, found "y"/],
    ["5", { value: "tristate" }, /expected y, m or n, found "5"/],
    ["256", {}, /expected a number of 8 bits, found "256"/],
    ["128", { signed: true }, /expected a number of 8 bits/],
    [5n, { value: "bool" }, /expected a boolean, found "5"/],
    ["text", { value: "int" }, /expected a value of kind int, found "text"/],
  ] as const) {
    test(`${value} is no ${more.value ?? "int"}`, () =>
      assert.throws(() => filled(value, more), { name: "RangeError", message }));
  }

  test("what nobody says is an error, when it is needed", () => {
    assert.throws(() => filled(undefined, {}), /nobody says CONFIG_X/);
  });
});
