/** Indexes and offsets that may lead out of what they point into: values of maps, memory, and pointers moved by a number. */

import type { Case } from "../case.ts";
import type { Lineage } from "../lineage.ts";
import type { Step } from "../log/path.ts";
import { isPointer, isScalar, type LogValue } from "../log/values.ts";
import { bytes, describeOffset, describeType, describeValue, limitsOf } from "../words.ts";
import { accessVerb, cameFrom, expressionOf, type Finding, indexOf, isPowerOfTwo, type Rule } from "./rule.ts";

interface Bounds {
  /** `a value of `counters`` */
  readonly thing: string;
  readonly size: number;
  readonly offset: number;
  readonly length: number;
  readonly register: number;
}

function boundsOf(one: Case, m: RegExpExecArray): Bounds {
  const [kind, size, offset, length] = [m[1]!, Number(m[2]), Number(m[3]), Number(m[4])];
  const register = registerOf(one);
  const map = /map value/.test(kind) ? one.mapOf(one.value(register), register) : null;
  const thing =
    map !== null
      ? `a value of \`${map.name}\``
      : /map value/.test(kind)
        ? "a value of the map"
        : /map key/.test(kind)
          ? "the map's key"
          : "the memory";
  return { thing, size, offset, length, register };
}

/** The register that a second line names, or the base of the access. */
function registerOf(one: Case): number {
  const named = one.verdict.map((line) => /^R(\d+) /.exec(line)).find((m) => m !== null);
  return Number(named?.[1] ?? one.step?.instruction.memory?.base ?? 0);
}

function bounds(one: Case, m: RegExpExecArray): Finding {
  const { thing, size, offset, length, register } = boundsOf(one, m);
  const value = one.value(register);
  const lineage = one.lineage(register, "offset");
  const added = lineage.addition !== null && lineage.index !== null ? one.valueBefore(lineage.addition, lineage.index) : null;
  if (lineage.addition !== null && added !== null && isScalar(added) && lineage.index !== null) {
    return index(one, { thing, size, offset, length, register }, added, lineage.addition, lineage);
  }
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const last = offset + length - 1;
  const callee = one.step?.instruction.callee ?? null;
  if (callee !== null && offset >= 0) {
    return {
      problem: `${callee} would go beyond the end of ${thing}`,
      reason: `Argument ${register} ${value !== null && limitsOf(value).high !== null ? "may point as far as" : "points to"} byte ${offset} of ${thing}, which has ${bytes(size)}, and ${callee} may use ${bytes(length)} from there on.`,
      suggestions: [`pass a length of at most ${Math.max(0, size - offset)}, or a larger value`],
      blame: register,
    };
  }
  return {
    problem: `${expression === null ? `this ${accessVerb(one)}` : `\`${expression}\``} is outside of ${thing}`,
    reason:
      offset < 0
        ? `It ${accessVerb(one)}s ${bytes(length)} at byte ${offset}, before the beginning${value === null ? "" : ` of ${thing}`}.`
        : `It ${accessVerb(one)}s bytes ${offset} to ${last}, but there ${size === 1 ? "is" : "are"} only ${bytes(size)} (0 to ${size - 1}).`,
    suggestions: ["correct the offset or the type of the pointer; or make the value of the map larger"],
    blame: register,
  };
}

function index(
  one: Case,
  { thing, size, offset, length, register }: Bounds,
  added: LogValue,
  addition: Step,
  lineage: Lineage,
): Finding {
  const { low, high } = limitsOf(added);
  const above = !one.verdict.some((line) => /min value/.test(line));
  const constant =
    above && high !== null
      ? offset - Number(high)
      : low !== null
        ? offset - Number(low)
        : (one.step?.instruction.memory?.offset ?? 0);
  const place = one.place(one.slot);
  const map = one.mapOf(one.value(register), register);
  const field = map === null ? null : one.names.inValue(map, constant);
  const array = field !== null && !("padding" in field) && field.elements > 0 ? field : null;
  const element = array === null ? 1 : array.size / array.elements;
  const room = array === null ? Math.floor((size - constant) / length) : array.elements;
  const expression = expressionOf(place.text, array?.field ?? null);
  const name = array === null ? null : indexOf(place.text, array.field);
  const where = expression === null ? `this ${accessVerb(one)} of ${thing}` : `\`${expression}\``;
  const many = element === 1 ? bytes(room) : `${room} elements`;
  const holder = array === null ? thing : `\`${array.field}\``;
  const most = high === null ? "anything" : `up to ${high / BigInt(element)}`;
  const slot = addition.slot;
  const source = cameFrom(one, lineage, "It", " and is not limited on this path.");
  const written = name ?? "index";
  return {
    problem: above ? `${where}: the index may be ${most}, ${holder} has ${many}` : `${where}: the index may be negative`,
    reason: above
      ? `The number added to the pointer is ${describeValue(added).replace(/^a number /, "")}, so the access may reach byte ${offset + length - 1} of ${bytes(size)}.${source}`
      : `The number added to the pointer is ${describeValue(added).replace(/^a number /, "")}: it may point before the beginning of ${thing}.${source}`,
    suggestions: [
      `limit it right before: \`if (${written} >= ${room}) return …;\``,
      ...(isPowerOfTwo(room) ? [`or cut it off: \`${written} &= ${room - 1}\``] : []),
    ],
    fixes: [
      ...(one.step === null || lineageIndex(addition) === null
        ? []
        : [
            {
              text: `limit it right before: \`if (${written} >= ${room}) return …;\``,
              slot,
              code: `if r${lineageIndex(addition)} > ${room * element - 1} goto exit`,
            },
            ...(isPowerOfTwo(room * element)
              ? [
                  {
                    text: `or cut it off: \`${written} &= ${room - 1}\``,
                    slot,
                    code: `r${lineageIndex(addition)} &= ${room * element - 1}`,
                  },
                ]
              : []),
          ]),
    ],
    blame: register,
    follow: "offset",
  };
}

function lineageIndex(addition: Step): number | null {
  return addition.instruction.src;
}

/** A number without (enough) limits is added to a pointer. */
function arithmetic(one: Case, pointer: string, detail: string): Finding {
  const step = one.step;
  const source = step?.instruction.src ?? null;
  const added = source === null ? null : one.value(source);
  // `number += pointer` is the same sum.
  const register = added !== null && isPointer(added) ? (step?.instruction.dst ?? null) : source;
  const value = register === null ? null : one.value(register);
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const { low, high } = value === null ? { low: null, high: null } : limitsOf(value);
  const missing =
    low === null && high === null
      ? "it has no limits"
      : low === null
        ? "it may be negative"
        : high === null
          ? "it has no upper limit"
          : "its limits are too wide";
  const lineage = register === null ? null : one.lineage(register);
  return {
    problem: `${expression === null ? "this adds a number to a pointer" : `\`${expression}\``}: ${missing}`,
    reason: `${detail} Added to ${describeType(pointer)} is ${value === null ? "a number" : describeValue(value)}.${lineage === null ? "" : cameFrom(one, lineage)}`,
    suggestions: [
      "use an unsigned type (u32 or u64) for it, and check its upper limit right before it is added",
      "where the compiler moved the check away or did it on a copy: keep the value in a u64, or hold it in place with `volatile` or `barrier_var`",
    ],
    fixes:
      register === null || one.slot === null
        ? []
        : [
            {
              text: `limit it on both sides right before: \`if (index < 0 || index >= …) return …;\``,
              slot: one.slot,
              code: `if r${register} > 7 goto exit`,
            },
          ],
    blame: register,
  };
}

/** What the pointer is, or what was added to it. */
function held(value: LogValue | null, added: LogValue | null, register: number): string {
  if (added !== null) return `Added to the pointer is ${describeValue(added)}`;
  if (value === null) return "The offset is not limited";
  const { low, high } = limitsOf(value);
  const moved = isPointer(value) && (low !== null || high !== null) ? `, moved by ${describeOffset(value)} bytes` : "";
  return `r${register} is ${describeValue(value)}${moved}`;
}

/** The second line alone: its register and what is known of it. */
function offset(one: Case, register: number, what: string): Finding {
  const value = one.value(register);
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const lineage = one.lineage(register, "offset");
  const added = lineage.addition === null || lineage.index === null ? null : one.valueBefore(lineage.addition, lineage.index);
  const fixes = lineage.addition?.instruction.src == null ? [] : [lineage.addition.instruction.src];
  return {
    problem: `${expression === null ? `the offset of this ${accessVerb(one)}` : `the offset in \`${expression}\``} ${what}`,
    reason: `${held(value, added, register)}.${cameFrom(one, lineage)}`,
    suggestions: ["check it against both limits right before it is added, as an unsigned number"],
    fixes: fixes.map((index) => ({
      text: "check its upper limit right before it is added: `if (index >= …) return …;`",
      slot: lineage.addition!.slot,
      code: `if r${index} > 7 goto exit`,
    })),
    blame: register,
    follow: "offset",
  };
}

export const BOUNDS_RULES: readonly Rule[] = [
  {
    code: "value-bounds",
    category: "Memory",
    pattern: /^(invalid access to (?:map value|map key|memory)), (?:value|key|mem)_size=(\d+) off=(-?\d+) size=(\d+)/,
    explain: bounds,
  },
  {
    code: "pointer-offset",
    category: "Memory",
    pattern: /^math between (\S+) pointer and (register with unbounded min value|-?\d+) is not allowed/,
    explain: (one, m) =>
      /^-?\d/.test(m[2]!)
        ? {
            problem: `${describeType(m[1]!)} is moved by ${m[2]} bytes, which is too far`,
            reason: "Pointers may be moved by less than 536870912 bytes.",
            suggestions: ["compute with smaller numbers: no object is so large"],
            blame: one.step?.instruction.dst ?? null,
          }
        : arithmetic(one, m[1]!, "What is added to a pointer must have limits on both sides, less than 536870912 in size."),
  },
  {
    code: "pointer-offset",
    category: "Memory",
    pattern: /^value (-?\d+) makes (\S+) pointer be out of bounds/,
    explain: (one, m) => arithmetic(one, m[2]!, `The sum may be ${m[1]}: pointers may be moved by less than 536870912 bytes.`),
  },
  {
    code: "index-negative",
    category: "Memory",
    pattern: /^R(\d+) min value is negative, either use unsigned index/,
    explain: (one, m) => offset(one, Number(m[1]), "may be negative"),
  },
  {
    code: "index-unbounded",
    category: "Memory",
    pattern:
      /^R(\d+) (?:unbounded memory access, make sure to bounds check|max value is outside of the|min value is outside of the)/,
    explain: (one, m) => offset(one, Number(m[1]), "has no upper limit"),
  },
  {
    code: "packet-bounds",
    category: "Memory",
    pattern: /^R(\d+) offset is outside of the packet/,
    explain: (one, m) => offset(one, Number(m[1]), "may be behind the end of the packet"),
  },
];
