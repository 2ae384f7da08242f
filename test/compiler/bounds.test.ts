/** Indices that conditions prove to be inside of an array. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CompileError, compileSource } from "../../src/compiler/compile.ts";
import { computing, counted, evaluate } from "./program.ts";

const TOP = "interface Eight { bytes: FixedArray<u8, 8> }";

/** The body has `n`, the fifth byte of the packet (4), and an array of eight bytes that counts from 10. */
const body = (code: string): string => `
  const n = ctx.packet.u8(4) ?? u8(0);
  const eight: Eight = { bytes: [10, 11, 12, 13, 14, 15, 16, 17] };
  ${code}
  return 99;`;

describe("a condition bounds a constant name", () => {
  const proven = [
    ["if (n < 8) return eight.bytes[n];", 14n],
    ["if (n <= 7) return eight.bytes[n];", 14n],
    ["if (8 > n) return eight.bytes[n];", 14n],
    ["if (n >= 8) return 1; return eight.bytes[n];", 14n],
    ["if (!(n < 8)) return 1; return eight.bytes[n];", 14n],
    ["if (n > 0 && n <= 8) return eight.bytes[n - 1];", 13n],
    ["if (n < 1 || n > 8) return 1; return eight.bytes[n - 1];", 13n],
    ["if (n === 4) return eight.bytes[n];", 14n],
    ["if (n !== 4) return 1; return eight.bytes[n];", 14n],
    ["return n < 8 ? eight.bytes[n] : 1;", 14n],
    ["const m = i32(n); if (m >= 0 && m < 8) return eight.bytes[m];", 14n],
    ["const sum = n + 2; if (sum < 8) return eight.bytes[sum];", 16n],
    ["for (let i = 0; i < 20; i++) { if (i < 3) continue; if (i < 11) return eight.bytes[i - 3]; }", 10n],
    ["while (n < 8) { return eight.bytes[n]; }", 14n],
  ] as const;
  for (const [code, result] of proven) {
    test(code, async () => assert.equal(await evaluate(body(code), { top: TOP, packet: counted() }), result));
  }
});

describe("and not where it says nothing", () => {
  const refused = [
    "return eight.bytes[n];",
    "if (n < 9) return eight.bytes[n];",
    "if (n > 8) return eight.bytes[n];",
    "if (n < 8 || n < 20) return eight.bytes[n];",
    "if (n < 8) { out.set(0, 1); } return eight.bytes[n];",
    "if (n < 8 && n > 0) return eight.bytes[n - 2];",
    // What is assigned may be another number by then.
    "let m: u8 = n; if (m < 8) { m += 1; return eight.bytes[m]; }",
    "let m: u8 = n; while (m < 8) { m += 1; out.set(0, eight.bytes[m]); }",
    // As a signed number, 200 is less than 8.
    "const m = i8(n); if (m < 8) return eight.bytes[m];",
    "for (let i = 0; i < 20; i++) { if (i > 3) return eight.bytes[i]; }",
  ];
  for (const code of refused) {
    test(code, () =>
      assert.throws(
        () => compileSource(computing(body(code), TOP), { file: "test.bpf.ts" }),
        (error) => error instanceof CompileError && error.diagnostics.some((each) => each.code === "SK2113"),
      ),
    );
  }
});
