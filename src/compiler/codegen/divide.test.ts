import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CpuVersion } from "../../isa/opcodes.ts";
import { canonical } from "../ir/canonical.ts";
import { parseFunction } from "../ir/parse.ts";
import { printFunction } from "../ir/print.ts";
import { divideByMultiplying, multiplierOf } from "./divide.ts";

function after(text: string, cpu: CpuVersion = 3): string {
  const fn = parseFunction(text);
  divideByMultiplying(fn, cpu);
  return printFunction(canonical(fn));
}

const division = (op: string, type: string, divisor: number) => `function f(v0: ${type}) -> ${type} {
b0:
  v1: ${type} = const ${divisor}
  v2: ${type} = ${op} v0, v1
  return v2
}
`;

describe("divideByMultiplying", () => {
  it("multiplies in 64 bits, and shifts", () => {
    assert.equal(
      after(division("udiv", "i32", 10)),
      `function f(v0: i32) -> i32 {
b0:
  v1: i32 = const 10
  v2: i64 = extend.u32 v0
  v3: i64 = const 3435973837
  v4: i64 = mul v2, v3
  v5: i64 = const 35
  v6: i64 = lshr v4, v5
  v7: i32 = extend.u32 v6
  return v7
}
`,
    );
  });

  it("leaves what no factor of 32 bits divides by, wider numbers, remainders, and older instruction sets", () => {
    assert.equal(multiplierOf(7n), null);
    for (const text of [
      division("udiv", "i32", 7),
      division("udiv", "i64", 10),
      division("umod", "i32", 10),
      division("udiv", "i32", 0),
    ])
      assert.equal(after(text), text);
    assert.equal(after(division("udiv", "i32", 10), 2), division("udiv", "i32", 10));
  });

  it("gives the quotient, for whatever divisor it takes and at every step of the quotient that is near an end", () => {
    let taken = 0;
    const divisors = [
      ...Array.from({ length: 3000 }, (_, index) => index),
      65_535,
      65_537,
      1_000_000,
      0x7fff_ffff,
      0x8000_0001,
      0xffff_ffff,
    ];
    for (const divisor of divisors.map(BigInt)) {
      const by = multiplierOf(divisor);
      if (by === null) continue;
      taken++;
      const most = 0xffff_ffffn / divisor;
      const steps = [0n, 1n, 2n, 3n, most / 2n, most - 1n, most].flatMap((step) => [
        step * divisor - 1n,
        step * divisor,
        step * divisor + 1n,
      ]);
      for (const number of [...steps, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn]) {
        if (number < 0n || number > 0xffff_ffffn) continue;
        assert.equal(BigInt.asUintN(64, number * by.factor) >> by.shift, number / divisor, `${number} / ${divisor}`);
      }
    }
    assert.ok(taken > 1500, `only ${taken} divisors`);
  });
});
