/**
 * What instructions compute, in the kernel and in the interpreter: the same programs, the same operands, the same results.
 * The judge of `rfc9669.test.ts` is our reading of the RFC; here it is the machine that the RFC was written from. Skipped
 * where the kernel cannot be used, or does not have cpu v4 (Linux 6.6).
 */

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { openLinux, probeLinux } from "../../src/engine/linux/engine.ts";
import { ALU_OPS, ATOMIC_OPS, JUMP_CONDITIONS } from "../../src/isa/opcodes.ts";
import { specOf } from "../contract/specs.ts";
import { IMMEDIATES, VALUES } from "./values.ts";
import "../kernel/leaks.ts";

const { available, reason } = probeLinux();

/** Each a piece of assembler that leaves in r3 what it computes of r8 and r9. */
function programOf(pieces: readonly string[]): string {
  const size = 16 + 8 * pieces.length;
  // Operands are loaded for each piece: the kernel's verifier need not remember what comparisons told it of them.
  const bodies = pieces.map(
    (piece, at) => `r8 = *(u64 *)(r6 + 0)\nr9 = *(u64 *)(r6 + 8)\nr3 = r8\n${piece}\n*(u64 *)(r6 + ${16 + 8 * at}) = r3`,
  );
  return `r6 = *(u32 *)(r1 + 0)\nr7 = *(u32 *)(r1 + 4)\nr0 = 1\nr2 = r6\nr2 += ${size}\nif r2 <= r7 goto +1\nexit\n${bodies.join("\n")}\nr0 = 2\nexit`;
}

describe("the same in the kernel", { skip: available ? false : `the Linux engine: ${reason}` }, async () => {
  const engines = available ? [await openLinux(), openEmbedded({ execution: "interpreter", memory: 16 << 20 })] : [];
  after(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
  });

  const hasV4 = await engines[0]?.load(specOf({}, { main: "r2 = 1\nr2 = (s8)r2\nr0 = 2\nexit" })).then(
    async (collection) => {
      await collection[Symbol.asyncDispose]();
      return true;
    },
    () => false,
  );

  function same(what: string, pieces: readonly string[], pairs: readonly (readonly [bigint, bigint])[]): void {
    const skip = hasV4 ? false : "instructions of cpu v4 in the kernel (Linux 6.6)";
    test(`${what}: ${pieces.length} instructions at ${pairs.length} pairs of operands`, { skip }, async () => {
      const spec = specOf({}, { main: programOf(pieces) });
      await using kernel = await engines[0]!.load(spec);
      await using embedded = await engines[1]!.load(spec);
      const words = new BigUint64Array(2 + pieces.length);
      const packet = new Uint8Array(words.buffer);
      for (const pair of pairs) {
        words.set(pair);
        const [expected, found] = [kernel, embedded].map((collection) => collection.programs["main"]!.run({ packet }));
        assert.equal(expected!.verdict, 2);
        if (Buffer.compare(expected!.packet, found!.packet) === 0) continue;
        const results = [expected!, found!].map((result) => new BigUint64Array(result.packet.slice().buffer));
        for (const [at, piece] of pieces.entries()) {
          const of = `${piece} of 0x${pair[0].toString(16)}, 0x${pair[1].toString(16)}`;
          assert.equal(`0x${results[1]![2 + at]!.toString(16)}`, `0x${results[0]![2 + at]!.toString(16)}`, of);
        }
      }
    });
  }

  const pairs = VALUES.flatMap((a) => VALUES.map((b) => [a, b] as const));
  const singles = VALUES.map((a) => [a, 0x1122_3344_5566_7788n] as const);
  const operators = Object.values(ALU_OPS).map(({ symbol }) => symbol);
  const conditions = Object.values(JUMP_CONDITIONS).map(({ symbol }) => symbol);
  const jump = (left: string, condition: string, right: string): string =>
    `r3 = 1\nif ${left} ${condition} ${right} goto +1\nr3 = 0`;

  same("arithmetic of registers", [...operators.map((op) => `r3 ${op} r9`), ...operators.map((op) => `w3 ${op} w9`)], pairs);
  same(
    "comparison of registers",
    [...conditions.map((c) => jump("r8", c, "r9")), ...conditions.map((c) => jump("w8", c, "w9"))],
    pairs,
  );
  for (const imm of IMMEDIATES) {
    // The kernel refuses division by a zero that it can read, and shifts over the width.
    const allowed =
      (bits: number) =>
      (op: string): boolean =>
        op.includes("/") || op.includes("%") ? imm !== 0 : op.includes("<<") || op.includes(">>") ? imm >= 0 && imm < bits : true;
    const pieces = [
      ...operators.filter(allowed(64)).map((op) => `r3 ${op} ${imm}`),
      ...operators.filter(allowed(32)).map((op) => `w3 ${op} ${imm}`),
      ...conditions.map((condition) => jump("r8", condition, `${imm}`)),
      ...conditions.map((condition) => jump("w8", condition, `${imm}`)),
      ...[8, 16, 32, 64].map((bits) => `*(u64 *)(r10 - 8) = r8\n*(u${bits} *)(r10 - 8) = ${imm}\nr3 = *(u64 *)(r10 - 8)`),
      `r3 = ${imm}`,
      `w3 = ${imm}`,
    ];
    same(`immediate ${imm}`, pieces, singles);
  }
  same(
    "moves, swaps, loads and stores",
    [
      ...["r3 = -r3", "w3 = -w3", "w3 = w8", "r3 = (s8)r8", "r3 = (s16)r8", "r3 = (s32)r8", "w3 = (s8)w8", "w3 = (s16)w8"],
      ...["le", "be", "bswap"].flatMap((order) => [16, 32, 64].map((bits) => `r3 = ${order}${bits} r3`)),
      ...[8, 16, 32, 64].map((bits) => `*(u64 *)(r10 - 8) = r9\n*(u${bits} *)(r10 - 8) = r8\nr3 = *(u64 *)(r10 - 8)`),
      ...["u8", "u16", "u32", "s8", "s16", "s32"].map((type) => `*(u64 *)(r10 - 8) = r8\nr3 = *(${type} *)(r10 - 8)`),
    ],
    singles,
  );

  const symbols = Object.entries(ATOMIC_OPS).filter(([op]) => op !== "xchg" && op !== "cmpxchg");
  const atomics = [
    ["u64", "atomic64", "r"],
    ["u32", "atomic", "w"],
  ].flatMap(([type, name]) => [
    ...symbols.map(([, { symbol }]) => `lock *(${type} *)(r10 - 8) ${symbol} r9`),
    ...symbols.map(([op]) => `r9 = ${name}_fetch_${op}((${type} *)(r10 - 8), r9)`),
    `r9 = ${name}_xchg((${type} *)(r10 - 8), r9)`,
    `r0 = r9\nr5 = 7\nr0 = ${name}_cmpxchg((${type} *)(r10 - 8), r0, r5)\nr9 = r0`,
    `r0 = r8\nr0 = ${name}_cmpxchg((${type} *)(r10 - 8), r0, r9)\nr9 = r0`,
  ]);
  same(
    "atomics, memory",
    atomics.map((piece) => `*(u64 *)(r10 - 8) = r8\n${piece}\nr3 = *(u64 *)(r10 - 8)`),
    pairs,
  );
  same(
    "atomics, registers",
    atomics.map((piece) => `*(u64 *)(r10 - 8) = r8\n${piece}\nr3 = r9`),
    pairs,
  );
});
