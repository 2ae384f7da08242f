/** Random expressions compute what the language defines: against a second implementation of its rules, in BigInt. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { evaluate } from "./program.ts";

type Name = "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64";
const NAMES: readonly Name[] = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"];

interface Sample {
  readonly text: string;
  readonly type: Name;
  readonly value: bigint;
}

const bitsOf = (type: Name) => Number(type.slice(1));
const isSigned = (type: Name) => type.startsWith("i");
const wrap = (type: Name, value: bigint) =>
  isSigned(type) ? BigInt.asIntN(bitsOf(type), value) : BigInt.asUintN(bitsOf(type), value);

/** docs/language.md, Numbers: at least 32 bits, signed if either is; null where signed and unsigned of one width mix. */
function common(a: Name, b: Name): Name | null {
  const promoted = [a, b].map((type): Name => (bitsOf(type) >= 32 ? type : isSigned(type) ? "i32" : "u32"));
  const bits = Math.max(...promoted.map(bitsOf));
  const signed = isSigned(a) || isSigned(b);
  for (const type of [a, b]) if (signed && !isSigned(type) && bitsOf(type) === bits) return null;
  return `${signed ? "i" : "u"}${bits}` as Name;
}

function compute(operator: string, type: Name, a: bigint, b: bigint): bigint {
  const amount = BigInt.asUintN(64, b) & BigInt(bitsOf(type) - 1);
  switch (operator) {
    case "+": return wrap(type, a + b);
    case "-": return wrap(type, a - b);
    case "*": return wrap(type, a * b);
    case "/": return b === 0n ? 0n : wrap(type, a / b);
    case "%": return b === 0n ? a : wrap(type, a % b);
    case "&": return wrap(type, a & b);
    case "|": return wrap(type, a | b);
    case "^": return wrap(type, a ^ b);
    case "<<": return wrap(type, a << amount);
    case ">>": return wrap(type, a >> amount);
    default: throw new RangeError(operator);
  }
} // biome-ignore format: a table

const leaf: fc.Arbitrary<Sample> = fc
  .record({ type: fc.constantFrom(...NAMES), offset: fc.nat(6) })
  .map(({ type, offset }) => ({ text: `${type}(n${offset})`, type, value: wrap(type, INPUTS[offset]!) }));

/** Edges of every width; read from the packet, so that the compiler cannot know them. */
const INPUTS = [0n, 1n, 0xffff_ffff_ffff_ffffn, 0x8000_0000n, 0x8000_0000_0000_0000n, 0x1234_5678_9abc_def0n, 7n];

const { expression } = fc.letrec<{ expression: Sample }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .tuple(
        tie("expression"),
        tie("expression"),
        fc.constantFrom("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"),
        fc.constantFrom(...NAMES),
      )
      .map(([a, b, operator, cast]): Sample => {
        const shift = operator === "<<" || operator === ">>";
        const type = shift ? common(a.type, a.type) : common(a.type, b.type);
        // Mixed signs: the right side is cast to the left one's type.
        const right = type === null ? { text: `${a.type}(${b.text})`, type: a.type, value: wrap(a.type, b.value) } : b;
        const met = type ?? common(a.type, a.type) ?? a.type;
        const value = compute(operator, met, wrap(met, a.value), shift ? right.value : wrap(met, right.value));
        return { text: `${cast}(${a.text} ${operator} ${right.text})`, type: cast, value: wrap(cast, value) };
      }),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]): Sample => {
      const same = `${a.type}(${b.text})`;
      const less = a.value < wrap(a.type, b.value);
      const other = `${a.type}(${c.text})`;
      return {
        text: `(${a.text} < ${same} ? ${a.text} : ${other})`,
        type: a.type,
        value: less ? a.value : wrap(a.type, c.value),
      };
    }),
  ),
}));

const packet = new Uint8Array(64);
for (const [index, value] of INPUTS.entries()) new DataView(packet.buffer).setBigUint64(index * 8, value);

/** Each input as a u64, in two halves. */
const READ = INPUTS.map(
  (_, index) =>
    `const n${index}: u64 = (u64(ctx.packet.u32(${index * 8}) ?? 0) << 32) | (ctx.packet.u32(${index * 8 + 4}) ?? 0);`,
).join("\n");

test("expressions of every type, with casts, choices and every operator", async () => {
  await fc.assert(
    fc.asyncProperty(expression, fc.constantFrom(1, 2, 3, 4) as fc.Arbitrary<1 | 2 | 3 | 4>, async (sample, cpu) => {
      const result = await evaluate(`${READ}\nreturn u64(${sample.text});`, { packet, cpu });
      assert.equal(result, BigInt.asUintN(64, sample.value), sample.text);
    }),
    { numRuns: Number(process.env["SKEP_EXPRESSIONS"] ?? 200) },
  );
});
