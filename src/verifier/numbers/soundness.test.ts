/**
 * No rule forgets a number: what an instruction can make of numbers that two bounds allow, the resulting bounds allow; and after
 * a branch each side still allows the numbers for which the branch goes that way. For all small sets of numbers, laid across
 * all edges of 32 and 64 bits, and for random ones.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { alu32, alu64, negate32, negate64 } from "./arithmetic.ts";
import { byteSwap } from "./byte-swap.ts";
import { branchTaken, within } from "./compare.ts";
import { isContradiction } from "./contradiction.ts";
import { signExtend, truncate, zeroExtend32 } from "./extend.ts";
import {
  allows,
  CONDITIONS,
  compute,
  ERAS,
  everyBits,
  everyRange,
  holds,
  OPERATIONS,
  PLACES,
  type Sample,
  sampleOf,
  u64,
} from "./fixtures/concrete.ts";
import { refine } from "./refine.ts";

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

function checkArithmetic(left: Sample, right: Sample, era: number): void {
  for (const op of OPERATIONS) {
    for (const width of [64, 32] as const) {
      const result = (width === 64 ? alu64 : alu32)(op, left.bounds, right.bounds, era);
      for (const a of left.values) {
        for (const b of right.values) {
          if (!allows(result, compute(op, a, b, width)))
            assert.fail(`era ${era}: ${hex(a)} ${hex(op)}/${width} ${hex(b)} = ${hex(compute(op, a, b, width))}`);
        }
      }
    }
  }
}

function checkBranches(left: Sample, right: Sample, era: number): void {
  for (const op of CONDITIONS) {
    for (const width of [64, 32] as const) {
      const way = branchTaken(op, left.bounds, right.bounds, width === 32, era);
      const ways = [false, true].map((taken) =>
        way === -1 ? refine(op, left.bounds, right.bounds, width === 32, taken, era) : null,
      );
      for (const a of left.values) {
        for (const b of right.values) {
          const does = holds(op, a, b, width);
          const after = ways[does ? 1 : 0];
          const sound = after ? allows(after.dst, a) && allows(after.src, b) : way === (does ? 1 : 0);
          if (!sound) assert.fail(`era ${era}: ${hex(a)} ${hex(op)}/${width} ${hex(b)} goes ${does}, foreseen ${way}`);
        }
      }
    }
  }
}

/** A register compared with itself: both sides are one number. */
function checkItself({ values, bounds }: Sample, era: number): void {
  for (const op of CONDITIONS) {
    for (const width of [64, 32] as const) {
      if (branchTaken(op, bounds, bounds, width === 32, era) !== -1) continue;
      for (const taken of [true, false]) {
        const after = refine(op, bounds, bounds, width === 32, taken, era, true);
        for (const value of values)
          if (holds(op, value, value, width) === taken && !(allows(after.dst, value) && allows(after.src, value)))
            assert.fail(`era ${era}: ${hex(value)} ${hex(op)}/${width} itself`);
      }
    }
  }
}

function checkSingle({ values, bounds }: Sample, era: number): void {
  const cases: [string, ReturnType<typeof alu64>, (value: bigint) => bigint][] = [
    ["neg64", negate64(bounds, era), (value) => -value],
    ["neg32", negate32(bounds, era), (value) => BigInt.asUintN(32, -value)],
    ["w = w", zeroExtend32(bounds, era), (value) => BigInt.asUintN(32, value)],
  ];
  for (const bytes of [1, 2, 4]) {
    const bits = bytes * 8;
    cases.push([`u${bits}`, truncate(bounds, bytes, era), (value) => BigInt.asUintN(bits, value)]);
    cases.push([`s${bits}`, signExtend(bounds, bits, 64, era), (value) => BigInt.asIntN(bits, value)]);
    const half = (value: bigint) => BigInt.asUintN(32, BigInt.asIntN(bits, value));
    if (bits < 32) cases.push([`s${bits} of 32`, signExtend(bounds, bits, 32, era), half]);
  }
  for (const bits of [16, 32, 64]) {
    cases.push([`be${bits}`, byteSwap(bounds, bits, true, era), (value) => swapped(value, bits)]);
    cases.push([`le${bits}`, byteSwap(bounds, bits, false, era), (value) => BigInt.asUintN(bits, value)]);
  }
  for (const [name, result, expected] of cases)
    for (const value of values) if (!allows(result, u64(expected(value)))) assert.fail(`era ${era}: ${name} of ${hex(value)}`);
}

function swapped(value: bigint, bits: number): bigint {
  let to = 0n;
  for (let at = 0; at < bits; at += 8) to = (to << 8n) | ((value >> BigInt(at)) & 0xffn);
  return to;
}

describe("every small set of numbers at every edge", () => {
  for (const era of ERAS) {
    for (const { name, at } of PLACES) {
      test(`${name}, as kernel ${era} computes`, () => {
        const left = [...everyBits(2, at, era), ...everyRange(2, at, era)];
        const rights = [...left, ...everyRange(2, (small) => small, era), ...everyBits(2, (small) => u64(-small), era)];
        for (const one of left) {
          checkSingle(one, era);
          checkItself(one, era);
          for (const other of rights) {
            checkArithmetic(one, other, era);
            checkBranches(one, other, era);
          }
        }
      });
    }
  }
});

describe("random sets", () => {
  const edge = fc.constantFrom(0n, 1n << 15n, 1n << 31n, 1n << 32n, 1n << 47n, 1n << 63n, -1n);
  const number = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.tuple(edge, fc.bigInt({ min: -300n, max: 300n })).map(([base, by]) => u64(base + by)),
    fc.bigInt({ min: 0n, max: 64n }),
  );
  const set = fc.array(number, { minLength: 1, maxLength: 3 });
  const era = fc.constantFrom(...ERAS);

  test("arithmetic and branches", () => {
    const property = fc.property(set, set, era, (left, right, era) => {
      const [one, other] = [sampleOf(left, era), sampleOf(right, era)];
      checkArithmetic(one, other, era);
      checkBranches(one, other, era);
      checkSingle(one, era);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  test("results of results, so that bounds come as programs make them", () => {
    const step = fc.tuple(fc.constantFrom(...OPERATIONS), set, fc.constantFrom(64 as const, 32 as const));
    const property = fc.property(set, fc.array(step, { minLength: 2, maxLength: 5 }), era, (start, steps, era) => {
      let { values, bounds } = sampleOf(start, era);
      for (const [op, right, width] of steps) {
        const other = sampleOf(right, era);
        bounds = (width === 64 ? alu64 : alu32)(op, bounds, other.bounds, era);
        values = values.flatMap((a) => other.values.map((b) => compute(op, a, b, width))).slice(0, 12);
        for (const value of values) assert.ok(allows(bounds, value), `era ${era}: ${hex(value)}`);
        assert.ok(!isContradiction(bounds));
      }
      checkBranches({ values, bounds }, sampleOf(steps[0]![1], era), era);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  test("what bounds cover, they allow", () => {
    const property = fc.property(set, set, era, (left, right, era) => {
      const [one, other] = [sampleOf(left, era), sampleOf(right, era)];
      if (within(one.bounds, other.bounds)) for (const value of right) assert.ok(allows(one.bounds, value));
      assert.ok(within(sampleOf([...left, ...right], era).bounds, one.bounds));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
