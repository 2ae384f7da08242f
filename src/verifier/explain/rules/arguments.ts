/** What functions are given: of the wrong kind, perhaps NULL, or not vouched for. */

import type { Case } from "../case.ts";
import { mayBeNull } from "../log/values.ts";
import { describeType, describeValue, ordinal } from "../words.ts";
import { type Finding, plain, type Rule } from "./rule.ts";

/** How many of what comes may be NULL, said at once. */
function wrongType(one: Case, register: number, type: string, expected: string | null): Finding {
  const callee = calleeOf(one);
  const value = one.value(register);
  const holds = value === null ? describeType(type) : describeValue(value);
  const what = `the ${ordinal(register)} argument of ${callee}`;
  const wanted = expected === null ? null : [...new Set(expected.split(",").map((one_) => describeType(one_.trim())))];
  const isNull = /_or_null/.test(type) && expected !== null;
  const name = one.place(one.lineage(register).origin?.slot ?? null).text.match(/(\w+)\s*=\s*[^=]/)?.[1] ?? "pointer";
  if (isNull) {
    const text = `test it first: \`if (!${name}) return …;\``;
    return {
      problem: `${what} may be NULL`,
      reason: `It is ${holds}, and nothing has tested it on this path.`,
      fixes: [{ text, slot: one.slot ?? 0, code: `if r${register} == 0 goto exit` }],
      blame: register,
    };
  }
  const number = /^(?:scalar|inv)$/.test(type);
  return {
    problem: number ? `${what} must be a pointer, a number is given` : `${what} is ${describeType(type)}, which does not fit`,
    reason: `It is ${holds}${wanted === null ? "" : `; what fits is ${list(wanted)}`}.`,
    suggestions: number
      ? [
          "pass the address of a variable: `&x`",
          "data that is elsewhere (kernel or user memory): copy it to the stack first, with bpf_probe_read_kernel or bpf_probe_read_user",
        ]
      : ["copy what is needed to the stack or a map, and pass that"],
    blame: register,
  };
}

function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "something else") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function trusted(one: Case, register: number, needs: string): Finding {
  const callee = calleeOf(one);
  const value = one.value(register);
  return {
    problem: `the ${ordinal(register)} argument of ${callee} must be ${needs}`,
    reason: `It is ${value === null ? "something else" : describeValue(value)}. A pointer is vouched for when it was acquired, is an argument of the hook, or was read within an RCU section; one that was followed from another object is not.`,
    suggestions: [
      "acquire it: bpf_task_acquire, bpf_cgroup_acquire, …, and release it after",
      "or read it between bpf_rcu_read_lock and bpf_rcu_read_unlock, and test it for NULL",
    ],
    blame: register,
  };
}

function possiblyNull(one: Case, register: number): Finding {
  const callee = calleeOf(one);
  const value = one.value(register);
  const { origin } = one.lineage(register);
  const zero = value?.text === "0";
  const text = "test it first: `if (!pointer) return …;`";
  return {
    problem: `the ${ordinal(register)} argument of ${callee} ${zero ? "is NULL" : "may be NULL"}`,
    reason: `${callee} does not look at it before it uses it. It is ${value === null ? "not known" : describeValue(value)}${
      origin === null || origin.instruction.callee === null
        ? ""
        : `: ${origin.instruction.callee} returned it in ${one.where(origin.slot)}`
    }.`,
    fixes:
      zero || value === null || !mayBeNull(value) ? [] : [{ text, slot: one.slot ?? 0, code: `if r${register} == 0 goto exit` }],
    suggestions: zero || value === null || !mayBeNull(value) ? ["pass a pointer to an object"] : [],
    blame: register,
  };
}

/** The function called: of a call of the program's own, the verdict has the name. */
function calleeOf(one: Case): string {
  const { callee } = one.step?.instruction ?? { callee: null };
  if (callee !== null) return callee;
  const named = one.verdict.map((line) => /into func#\d+ \('(\S+?)'\)/.exec(line)?.[1]).find((name) => name !== undefined);
  return named === undefined ? "the function" : `\`${named}\``;
}

/** An argument by the number that kernel functions and functions of the program count with: from 0. */
function numbered(one: Case, number: number, must: string, given: string | null): Finding {
  const register = number + 1;
  const value = one.value(register);
  const holds = value === null ? given : describeValue(value);
  return {
    problem: `the ${ordinal(register)} argument of ${calleeOf(one)} ${must}`,
    reason: holds === null ? "Another kind of value is given." : `What is given is ${holds}.`,
    suggestions: ["pass what the function's prototype says"],
    blame: register,
  };
}

/** `ctx` → `the context`. */
function what(wanted: string): string {
  if (wanted === "ctx") return "the context, unchanged";
  if (wanted === "func") return "a function";
  return `a pointer to ${wanted.replace(/^(?:a |an )/, "")}`;
}

export const ARGUMENT_RULES: readonly Rule[] = [
  {
    code: "argument",
    category: "Call Type",
    pattern: /^R(\d+) is not a scalar$/,
    explain: (one, m) => numbered(one, Number(m[1]) - 1, "must be a number", null),
  },
  {
    code: "argument",
    category: "Call Type",
    pattern: /^R(\d+) type=(\S+) expected=(.*)$/,
    explain: (one, m) => wrongType(one, Number(m[1]), m[2]!, m[3]!.replace(/,\s*$/, "")),
  },
  {
    code: "argument-null",
    category: "Call Type",
    pattern: /^Possibly NULL pointer passed to (?:trusted |helper )?arg(\d+)/,
    // Kernel functions count their arguments from 0, helpers from 1.
    explain: (one, m) => possiblyNull(one, Number(m[1]) + (/trusted/.test(m[0]) ? 1 : 0)),
  },
  {
    code: "argument-null",
    category: "Call Type",
    pattern: /^arg#(\d+) is expected to be non-NULL/,
    explain: (one, m) => possiblyNull(one, Number(m[1]) + 1),
  },
  {
    code: "argument-trust",
    category: "Call Type",
    pattern: /^R(\d+) must be (?:(a) )?(referenced or trusted|rcu pointer|referenced|referenced or rcu)$/,
    explain: (one, m) =>
      trusted(
        one,
        Number(m[1]),
        /rcu/.test(m[3]!)
          ? "a pointer that is vouched for: acquired, or of an RCU section"
          : "an object that is owned or vouched for",
      ),
  },
  {
    code: "argument",
    category: "Call Type",
    pattern:
      /^(?:arg#(\d+) expect(?:s|ed) (?:pointer to (.*?)|for (\S+?)\(\))(?:, but got (\S+))?|arg(\d+) expected pointer to (func))$/,
    explain: (one, m) =>
      numbered(
        one,
        Number(m[1] ?? m[5]),
        `must be ${m[3] === undefined ? what(m[2] ?? m[6] ?? "") : `what ${m[3]} takes`}`,
        m[4] ?? null,
      ),
  },
  {
    code: "argument",
    category: "Call Type",
    pattern:
      /^arg#(\d+) (?:is (\S+) ?expected (.*)|doesn't point to (.*)|pointer type (.*) must point to (.*)|reference type\('(.*?)'\).*)/,
    explain: (one, m) =>
      numbered(
        one,
        Number(m[1]),
        m[7] !== undefined
          ? "points to something whose size is not known"
          : `must point to ${m[3] ?? m[4] ?? m[6] ?? "something else"}`,
        m[2] ?? m[5] ?? m[7] ?? null,
      ),
  },
  plain(
    "Call Type",
    "argument",
    /^arg#(\d+) arg#(\d+) memory, len pair leads to invalid memory access/,
    "the memory of argument $1 is not as large as argument $2 says; See the text before",
    "limit the length to the size of the memory",
  ),
  plain(
    "Call Type",
    "argument",
    /^kernel function (\S+) args#(\d+) expected pointer to (.*?) but R(\d+) has a pointer to (.*)/,
    "argument $2 of $1 must be a pointer to $3; Given is a pointer to $5",
    "pass the right object; a member's address must be of the member's type",
  ),
  plain(
    "Call Type",
    "argument",
    /^R(\d+) (?:is of type (\S+) but (\S+) is expected|must point to kernel BTF)/,
    "argument $1 points to a $2, wanted is a $3; They are different structs of the kernel",
    "use the helper that converts one into the other, or the right object",
  ),
  plain(
    "Call Type",
    "argument",
    /^(\S+)\(\) may write into memory pointed by R(\d+) type=(\S+)/,
    "$1 would write into memory that is read-only ($3); Its second use is as a result",
    "copy it to the stack first",
  ),
  plain(
    "Call Type",
    "argument",
    /^Helper has invalid (?:btf\/)?btf_id in R(\d+)/,
    "argument $1 has no type that the helper knows; Its type in the kernel is missing",
    "use a kernel with complete types",
  ),
  plain(
    "Call Type",
    "argument",
    /^(?:operation on (\S+) expects arg#1 (.*)|arg#1 offset=(.*), but expected (.*))/,
    "the node does not fit the list or tree; Its field is not the one that the root was declared for (`__contains`)",
    "pass the field that `__contains` names",
  ),
  plain(
    "Call Type",
    "argument",
    /^expected=(\S+)|^expected (\S+) or socket/,
    "the argument has the wrong kind; What fits is $1$2",
    "pass what fits",
  ),
];
