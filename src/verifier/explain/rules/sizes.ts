/** Lengths that helpers are given: too large, perhaps negative, perhaps 0. */

import type { Case } from "../case.ts";
import { offsetOf } from "../log/values.ts";
import { bytes, describeValue, limitsOf } from "../words.ts";
import { cameFrom, type Finding, isPowerOfTwo, type Rule } from "./rule.ts";

/** The size of a helper's access: unbounded, or perhaps negative. */
function size(one: Case, register: number, negative: boolean): Finding {
  const value = one.value(register);
  const callee = one.step?.instruction.callee ?? "the call";
  const buffer = register > 1 ? one.value(register - 1) : null;
  const map = buffer === null || !/^map_value/.test(buffer.type) ? null : one.mapOf(buffer, register - 1);
  const room = Number(buffer?.fields.get("vs") ?? map?.valueSize ?? 0);
  const space = buffer === null ? null : buffer.type === "fp" ? -offsetOf(buffer) : room === 0 ? null : room - offsetOf(buffer);
  const lineage = one.lineage(register);
  const from = cameFrom(one, lineage);
  const limit = space ?? 64;
  return {
    problem: negative ? `the length given to ${callee} may be negative` : `the length given to ${callee} has no upper limit`,
    reason: `Argument ${register} is ${value === null ? "a number" : describeValue(value)}${
      space === null ? "" : `, and the memory of argument ${register - 1} has ${bytes(space)}`
    }.${from} ${negative ? "A negative length is a very large one." : "A check of a copy, or before it was widened or divided, does not count."}`,
    suggestions: [
      `limit it right before the call, as an unsigned number: \`if (size > ${limit}) return …;\``,
      ...(isPowerOfTwo(limit) ? [`or cut it off: \`size &= ${limit - 1}\``] : []),
    ],
    fixes:
      one.slot === null
        ? []
        : [
            {
              text: `limit it right before the call, as an unsigned number: \`if (size > ${limit}) return …;\``,
              slot: one.slot,
              code: `if r${register} > ${limit} goto exit\nif r${register} == 0 goto exit`,
            },
          ],
    blame: register,
  };
}

export const SIZE_RULES: readonly Rule[] = [
  {
    code: "size-negative",
    category: "Memory",
    pattern: /^R(\d+) min value is negative, either use unsigned or 'var &= const'/,
    explain: (one, m) => {
      const value = one.value(Number(m[1]));
      const unlimited = value !== null && limitsOf(value).high === null;
      return size(one, Number(m[1]), !unlimited);
    },
  },
  {
    code: "size-unbounded",
    category: "Memory",
    pattern: /^R(\d+) unbounded memory access, use 'var &= const' or 'if \(var < const\)'/,
    explain: (one, m) => size(one, Number(m[1]), false),
  },
  {
    code: "zero-size",
    category: "Memory",
    pattern: /^(?:R(\d+) )?invalid zero-sized read/,
    explain: (one, m) => {
      const callee = one.step?.instruction.callee ?? "the call";
      const pointer = m[1] === undefined ? null : Number(m[1]);
      return {
        problem: `the length given to ${callee} may be 0`,
        reason: `${callee} wants at least one byte; ${pointer === null ? "the length" : `argument ${pointer + 1}`} may be 0 on this path.`,
        suggestions: ["skip the call when the length is 0: `if (size == 0) return …;`"],
        fixes:
          pointer === null || one.slot === null
            ? []
            : [
                {
                  text: "skip the call when the length is 0: `if (size == 0) return …;`",
                  slot: one.slot,
                  code: `if r${pointer + 1} == 0 goto exit`,
                },
              ],
        blame: pointer === null ? null : pointer + 1,
      };
    },
  },
];
