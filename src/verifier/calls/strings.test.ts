import assert from "node:assert/strict";
import { test } from "node:test";
import { but, mapWith, refusal } from "../memory/testing.ts";
import { UNKNOWN } from "../numbers/bounds.ts";
import { pointer, ZERO_SCALAR } from "../state/register.ts";
import { PTR_TO_MAP_VALUE } from "../state/types.ts";
import { isFormat } from "./strings.ts";
import { before, callOf, number, stackAt } from "./testing.ts";

const format = (text: string, values: number) => isFormat(new TextEncoder().encode(text), values);

test("conversions that the kernel knows", () => {
  for (const text of ["%d", "%5u", "%08lx", "%llX", "%i", "%c", "%s", "%p", "%px", "%pK", "%pS", "%pB", "%pks", "%pus."]) {
    assert.ok(format(text, 1), text);
  }
  for (const text of ["%pi4", "%pI4", "%pi6", "%pI6", "%-5d", "%+d", "% d", "a %d b"]) assert.ok(format(text, 1), text);
  assert.ok(format("100 %%", 0));
});

test("conversions that it does not know", () => {
  for (const text of ["%", "%f", "%hd", "%lllx", "%sx", "%pi5", "%pz", "%l", "%08", "%*d", "%n", "%pksx"]) {
    assert.ok(!format(text, 1), text);
  }
});

test("every conversion has its value; more values are no harm", () => {
  assert.ok(!format("%d %d", 1));
  assert.ok(format("%d", 3));
});

test("control characters are refused, spaces and letters of other alphabets are not", () => {
  assert.ok(!format("\u0001", 0));
  assert.ok(!format("\u001b[0m", 0));
  assert.ok(format("a\tb\nc", 0));
  assert.ok(format("größer", 0));
});

test("bpf_snprintf reads a constant format from a map that nobody writes any more", () => {
  const snprintf = (contents: string | null, values: number) => {
    const map = mapWith({ valueSize: 8, contents: contents === null ? null : new TextEncoder().encode(contents) });
    const walk = before("bpf_snprintf");
    const at = but(pointer(PTR_TO_MAP_VALUE), { map });
    const data = values === 0 ? ZERO_SCALAR : stackAt(-8 * values);
    return refusal(() => callOf(walk, "bpf_snprintf", ZERO_SCALAR, ZERO_SCALAR, at, data, number(8 * values)))?.text;
  };
  assert.equal(snprintf("a\0", 0), undefined);
  assert.equal(snprintf("%d\0", 0), "Invalid format string");
  assert.equal(snprintf("12345678", 0), "string is not zero-terminated");
  assert.equal(snprintf(null, 0), "R3 does not point to a readonly map'");
  const map = mapWith({ valueSize: 8, contents: new Uint8Array(8) });
  const variable = but(pointer(PTR_TO_MAP_VALUE), { map, bounds: UNKNOWN });
  assert.equal(
    refusal(() => callOf(before("bpf_snprintf"), "bpf_snprintf", ZERO_SCALAR, ZERO_SCALAR, variable, ZERO_SCALAR, number(0)))
      ?.text,
    "R3 is not a constant address'",
  );
});
