/** The context: which fields there are, and how they may be read; and what a program returns. */

import type { ContextField, ContextStruct } from "../../../uapi/contexts/struct.ts";
import { programRules } from "../../targets/rules.ts";
import type { Case } from "../case.ts";
import { contextOf } from "../names.ts";
import { bytes } from "../words.ts";
import { accessVerb, cameFrom, expressionOf, type Finding, type Fix, plain, type Rule } from "./rule.ts";

function access(one: Case, m: RegExpExecArray): Finding {
  const [offset, size] = [Number(m[1]), Number(m[2])];
  const struct = one.program === null ? null : contextOf(one.program.type);
  const field = struct?.fields.find((candidate) => offset >= candidate.offset && offset < candidate.offset + candidate.size);
  const expression = expressionOf(one.place(one.slot).text);
  const verb = accessVerb(one);
  const type = one.program?.type ?? null;
  // An application's own hook.
  const own = type === "unspec";
  const others = own
    ? " Fields are read whole, at multiples of their size; those that the hook calls writable may be written."
    : " Not every field of the struct is there for every type and attach type; most are read-only.";
  const what = expression === null ? `this ${verb}` : `\`${expression}\``;
  const named = field === undefined ? `${bytes(size)} at byte ${offset}` : `\`${field.name}\``;
  const width =
    field !== undefined && field.size !== size
      ? ` The field has ${bytes(field.size)}, ${size} are ${verb === "read" ? "read" : "written"}.`
      : "";
  return {
    problem:
      field !== undefined && width !== ""
        ? `${what} is of ${bytes(size)} of \`${field.name}\`, which has ${field.size}`
        : `${own ? "programs at this hook" : type === null ? "this type of program" : `programs of type ${type}`} may not ${verb} ${named} of the context`,
    reason: `The program ${verb}s ${bytes(size)} at byte ${offset} of the context.${width}${fieldList(one, struct, offset, verb === "write") || others}`,
    suggestions: [
      ...(width === "" ? [] : [`read it with its declared width: ${bytes(field!.size)}`]),
      own
        ? "see what the hook declares: `declaration()`, or `header()` for clang"
        : 'check the program\'s type: its section name (`SEC("xdp")`, `SEC("tc")`, …)',
      ...(verb === "write" ? ["keep what is to be remembered in a map"] : []),
    ],
    fixes: width === "" || field === undefined || field.count > 1 ? [] : asDeclared(one, field, offset),
    blame: null,
  };
}

/** The same load, as wide as the field is. */
function asDeclared(one: Case, field: ContextField, offset: number): Fix[] {
  const { kind, dst, memory } = one.step?.instruction ?? { kind: "other", dst: null, memory: null };
  if (kind !== "load" || memory === null || one.slot === null || offset !== field.offset) return [];
  const code = `r${dst} = *(u${field.size * 8} *)(r${memory.base} +${memory.offset})`;
  return [{ text: `read it with its declared width: ${bytes(field.size)}`, slot: one.slot, code, replaces: true }];
}

/** The newest kernel that is known in whole. */
const NEWEST = 618;
/** Fields that are named, at most. */
const MOST_FIELDS = 16;

/** The fields that programs of this type may read (or write), as a sentence. */
function fieldList(one: Case, struct: ContextStruct | null, offset: number, write: boolean): string {
  if (struct === null || one.program === null) return "";
  const outside = !struct.fields.some((field) => offset >= field.offset && offset < field.offset + field.size);
  const none = outside ? ` There is no field: \`${struct.name}\` has ${bytes(struct.size)}.` : "";
  const rules = programRules(NEWEST, one.program.type, one.program.attachType);
  if (rules === null) return none;
  const allowed = struct.fields.filter((field) => rules.access(field.offset, field.size / field.count, write) !== null);
  const names = allowed.slice(0, MOST_FIELDS).map(({ name }) => name);
  const verb = write ? "write" : "read";
  if (names.length === 0) return `${none} It may ${verb} no field.`;
  return `${none} What it may ${verb}: ${names.join(", ")}${allowed.length > MOST_FIELDS ? ", …" : ""}.`;
}

function modified(one: Case, m: RegExpExecArray): Finding {
  const [kind, register, offset] = [m[1]!, Number(m[2]), Number(m[3])];
  const isContext = kind === "ctx";
  return {
    problem: `${isContext ? "the context" : `a ${kind}`} is used through a pointer that was moved by ${bytes(offset)}`,
    reason: `r${register} is ${isContext ? "the context" : `the ${kind}`} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}. ${
      isContext
        ? "Accesses of the context are rewritten, which works for the pointer itself and a constant offset in the instruction. Often the compiler has computed `ctx + constant` for several uses."
        : "It must be passed or read as it was given."
    }`,
    suggestions: isContext
      ? [
          DIRECTLY,
          "clang 18 and later: `__attribute__((preserve_static_offset))` on the context's struct",
          "pass the context itself to helpers and functions",
        ]
      : ["keep the original pointer in a variable"],
    fixes: isContext ? unmoved(one, register, offset) : [],
    blame: register,
  };
}

/** The same load, with the constant in the instruction. */
function unmoved(one: Case, register: number, offset: number): Fix[] {
  const { kind, dst, memory } = one.step?.instruction ?? { kind: "other", dst: null, memory: null };
  if (kind !== "load" || memory === null || memory.base !== register || one.slot === null) return [];
  const at = memory.offset + offset;
  const code = `r${register} -= ${offset}\nr${dst} = *(u${memory.size * 8} *)(r${register} ${at < 0 ? "" : "+"}${at})`;
  return [{ text: DIRECTLY, slot: one.slot, code, replaces: true }];
}

const DIRECTLY = "read the field into a variable directly: `u32 x = ctx->field;`, or through a volatile pointer";

/** Numbers that a program may return, by what the log says. */
function returns(one: Case, m: RegExpExecArray): Finding {
  const text = m[0];
  const register = Number(/register R(\d+)/.exec(text)?.[1] ?? 0);
  const allowed = /should have been in (?:\[(-?\d+), (-?\d+)\]|\((0x[0-9a-f]+); (0x[0-9a-f]+)\)|(\S+))/.exec(text);
  const found = /smin=(-?\d+)|smax=(-?\d+)/.test(text)
    ? [/smin=(-?\d+)/.exec(text)?.[1], /smax=(-?\d+)/.exec(text)?.[1]]
    : [null, null];
  const tnum = /has value \((0x[0-9a-f]+); (0x[0-9a-f]+)\)/.exec(text);
  const [low, high] =
    allowed === null
      ? [null, null]
      : allowed[1] !== undefined
        ? [allowed[1], allowed[2]!]
        : [String(Number(allowed[3] ?? 0)), String(Number(allowed[3] ?? 0) + Number(allowed[4] ?? 0))];
  const range =
    found[0] != null || found[1] != null
      ? found[0] === found[1]
        ? `${found[0]}`
        : `${found[0] ?? "anything"} to ${found[1] ?? "anything"}`
      : tnum === null
        ? "anything"
        : Number(tnum[2]) === 0
          ? `${Number(tnum[1])}`
          : `${Number(tnum[1])} to ${Number(tnum[1]) + Number(tnum[2])}`;
  const may = low === null ? "what is allowed" : low === high ? low : `${low} to ${high}`;
  const callback = /callback/.test(text);
  const subject = callback
    ? "the callback"
    : /subprogram/.test(text)
      ? "the function"
      : one.program === null
        ? "the program"
        : `\`${one.program.name}\``;
  return {
    problem: `${subject} may return ${range}; this hook allows ${may}`,
    reason: `${callback ? "What a callback returns says whether to go on." : `What programs of this kind${one.program?.attachType == null ? "" : ` (${one.program.attachType})`} return is a decision, and other numbers mean nothing.`}${cameFrom(one, one.lineage(register), "The value")}`,
    suggestions: [`return a constant: ${low ?? "0"}${low === high ? "" : ` or ${high}`}`],
    fixes:
      one.slot === null || high === null || low !== "0"
        ? []
        : [
            {
              text: `limit it right before the return: \`return x ${Number(high) === 1 ? "!= 0" : `& ${high}`};\``,
              slot: one.slot,
              code: `r${register} &= ${high}`,
            },
          ],
    blame: register,
  };
}

export const CONTEXT_RULES: readonly Rule[] = [
  { code: "context-access", category: "Memory", pattern: /^invalid bpf_context access off=(-?\d+) size=(\d+)/, explain: access },
  {
    code: "context-moved",
    category: "Register Type",
    pattern: /^dereference of modified (\S+) ptr R(\d+) off=(-?\d+) disallowed/,
    explain: modified,
  },
  {
    code: "context-moved",
    category: "Register Type",
    pattern: /^negative offset (\S+) ptr R(\d+) off=(-?\d+) disallowed/,
    explain: modified,
  },
  {
    code: "context-access",
    category: "Memory",
    pattern: /^BPF_(?:ST|STX|ATOMIC) stores into R(\d+) (\S+) is not allowed/,
    explain: (one, m) => {
      const offset = one.step?.instruction.memory?.offset ?? 0;
      const field = one.names.contextField(offset);
      return {
        problem: `a constant (or an atomic sum) is written to ${m[2] === "ctx" ? `\`${field?.name ?? `byte ${offset}`}\` of the context` : m[2]}`,
        reason:
          "Where the context may be written at all, it is by a store of a register; this kernel takes no store of a constant there (6.3 does).",
        suggestions: [
          'put the value into a variable that the compiler cannot see through: `volatile`, or `asm volatile("" : "+r"(x))`',
        ],
        blame: null,
      };
    },
  },
  {
    code: "return-range",
    category: "Policy",
    pattern:
      /^(?:At (?:program exit|subprogram exit|callback return|async callback return|exception cb exit|\S+ ?\S*) the register R\d+ .*|In async callback the register R0 .*)should have been in .*/,
    explain: returns,
  },
  {
    code: "return-range",
    category: "Policy",
    pattern: /^(?:At \S+ ?\S* ?\S*|In async callback) the register R0 is not a known value \((\S+)\)/,
    explain: (_, m) => ({
      problem: "what is returned is not a number that is known here",
      reason: `r0 is ${m[1]}: this hook needs a number within its limits.`,
      suggestions: ["return a constant"],
      blame: 0,
    }),
  },
  plain(
    "Policy",
    "return-range",
    /^(.*) the register R(\d+) is not a known value \((\S+)\)/,
    "what is returned is not a number that is known here; r$2 is $3",
    "return a constant",
  ),
  plain(
    "Register Type",
    "context-argument",
    /^(?:at the time of BPF_LD_ABS\|IND R6 != pointer to skb)/,
    "LD_ABS and LD_IND need the context in r6; Another value is there",
    "copy the context there first: `r6 = r1`",
  ),
  plain(
    "Policy",
    "legacy-packet",
    /^BPF_LD_\[ABS\|IND\] instructions not allowed for this program type/,
    "LD_ABS and LD_IND are not there for this type of program; They are for socket filters and tc",
    "use direct access through ctx->data, or bpf_skb_load_bytes",
  ),
  plain(
    "Memory",
    "context-argument",
    /^func '(\S+)' (?:offset (\d+) is not multiple of 8|doesn't have (\d+)-th argument|size (\d+) must be 8|arg(\d+) .*)/,
    "there is no such argument of `$1`; Arguments of the hooked function are read as 8 bytes each, at multiples of 8",
    "use BPF_PROG(name, arguments…), which reads them so",
  ),
];
