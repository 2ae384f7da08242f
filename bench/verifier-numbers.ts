/**
 * How long the verifier's arithmetic on bounds takes. Run: `node bench/verifier-numbers.ts`.
 *
 * Operands are the sorts of numbers that programs have (any number, bytes, lengths, constants, signed offsets), all pairs of
 * them, so that branches in the rules are not predicted better than they would be.
 *
 * Node 24.21, x86-64, 2 cores (ns a call, as kernel 6.18 computes): bits of a sum 5, a sum 90 (of two constants 35), a mask 93,
 * `sync` 36, a product 270, which way a branch goes 5 to 12, what is known after it 135. A new object takes 10 of each.
 */
import { alu32, alu64 } from "../src/verifier/numbers/arithmetic.ts";
import { type Bounds, constant, signedConstant, UNKNOWN } from "../src/verifier/numbers/bounds.ts";
import { branchTaken, within } from "../src/verifier/numbers/compare.ts";
import { truncate } from "../src/verifier/numbers/extend.ts";
import { inRange, loaded } from "../src/verifier/numbers/load.ts";
import { refine } from "../src/verifier/numbers/refine.ts";
import { sync } from "../src/verifier/numbers/sync.ts";
import { addBits, andBits } from "../src/verifier/numbers/tnum.ts";
import { printTable } from "./measure.ts";

const ROUNDS = 150;
const PER_ROUND = 10_000;
const ERA = Number(process.argv[2] ?? 618);

const operands: readonly Bounds[] = [
  UNKNOWN,
  loaded(1),
  loaded(2),
  loaded(4),
  inRange(UNKNOWN, -4095, 0, ERA),
  inRange(UNKNOWN, 0, 1500, ERA),
  alu64(0x50, UNKNOWN, signedConstant(-8), ERA),
  alu64(0x00, inRange(UNKNOWN, 0, 1500, ERA), constant(14, 0), ERA),
];
const constants: readonly Bounds[] = [0, 1, 4, 14, 40].map((value) => constant(value, 0));

let kept: unknown;

/** Nanoseconds a call, in the best of the rounds: other programs of the machine disturb short ones less. */
function measure(one: (left: Bounds, right: Bounds) => unknown, rights: readonly Bounds[]): number {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    let calls = 0;
    while (calls < PER_ROUND) {
      for (const left of operands) for (const right of rights) kept = one(left, right);
      calls += operands.length * rights.length;
    }
    times.push(Number(process.hrtime.bigint() - start) / calls);
  }
  return Math.min(...times);
}

const scratch = UNKNOWN.copy();
const cases: [string, (left: Bounds, right: Bounds) => unknown, readonly Bounds[]][] = [
  ["(call alone)", (left) => left, operands],
  ["bits: add", (left, right) => addBits(scratch, left, right), operands],
  ["bits: and", (left, right) => andBits(scratch, left, right), operands],
  ["copy", (left) => left.copy(), operands],
  ["copy and sync", (left) => sync(left.copy(), ERA), operands],
  ["add, constant", (left, right) => alu64(0x00, left, right, ERA), constants],
  ["add", (left, right) => alu64(0x00, left, right, ERA), operands],
  ["add, constants", (_, right) => alu64(0x00, constants[1]!, right, ERA), constants],
  ["and", (left, right) => alu64(0x50, left, right, ERA), operands],
  ["multiply", (left, right) => alu64(0x20, left, right, ERA), operands],
  ["multiply, constant", (left, right) => alu64(0x20, left, right, ERA), constants],
  ["shift left, constant", (left, right) => alu64(0x60, left, right, ERA), constants],
  ["add of 32 bits", (left, right) => alu32(0x00, left, right, ERA), operands],
  ["truncate to 2 bytes", (left) => truncate(left, 2, ERA), operands],
  ["branch taken: ==", (left, right) => branchTaken(0x10, left, right, false, ERA), operands],
  ["branch taken: >", (left, right) => branchTaken(0x20, left, right, false, ERA), operands],
  ["refine: > constant", (left, right) => refine(0x20, left, right, false, false, ERA), constants],
  ["refine: ==", (left, right) => refine(0x10, left, right, false, true, ERA), operands],
  ["within", (left, right) => within(left, right), operands],
];
printTable(
  [`as kernel ${ERA}`, "ns"],
  cases.map(([name, one, rights]) => [name, measure(one, rights).toFixed(1)]),
);
if (kept === cases) console.log();
