/** Registers that do not hold what an instruction needs: nothing, a number, NULL, another kind of pointer. */

import type { Case } from "../case.ts";
import type { Step } from "../log/path.ts";
import { isPointer, type LogValue } from "../log/values.ts";
import { describeType, describeValue } from "../words.ts";
import { accessVerb, cameFrom, expressionOf, type Finding, type Fix, plain, type Rule } from "./rule.ts";

/** Helpers after which pointers into the packet are lost: `bpf_helper_changes_pkt_data`. */
const MOVES_PACKET =
  /^bpf_(?:skb_(?:vlan_push|vlan_pop|store_bytes|change_proto|change_head|change_tail|adjust_room|pull_data|set_tunnel_opt|ecn_set_ce)|clone_redirect|l[34]_csum_replace|xdp_adjust_(?:head|meta|tail)|msg_(?:pull|push|pop)_data|sk_skb_\w+|lwt_\w+|store_hdr_opt|reserve_hdr_opt|load_hdr_opt|tail_call)$/;
const RELEASES = /^(?:bpf_ringbuf_(?:submit|discard)(?:_dynptr)?|bpf_sk_release|bpf_\w+_release|bpf_obj_drop_impl|bpf_\w+_put)$/;
const UNLOCKS = /^bpf_(?:spin_unlock|res_spin_unlock\w*|rcu_read_unlock)$/;

/** The call after which a value is no longer what it was: the last that can do that since it was known, or null. */
function lostBy(one: Case, register: number, was: LogValue): Step | null {
  const pattern = /^pkt/.test(was.type)
    ? MOVES_PACKET
    : was.fields.has("ref_obj_id")
      ? RELEASES
      : /^(?:rcu_|ptr_|non_own)/.test(was.type)
        ? UNLOCKS
        : null;
  if (pattern === null) return null;
  for (let step = one.step?.previous ?? null; step !== null; step = step.previous) {
    if (step.instruction.kind === "call" && pattern.test(step.instruction.callee ?? "")) return step;
    if (step.after.get(`${one.frame}:r${register}`) === was) return null;
  }
  return null;
}

function deref(one: Case, m: RegExpExecArray): Finding {
  const register = Number(m[1]);
  const type = m[2]!;
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const what = expression === null ? `this ${accessVerb(one)}` : `\`${expression}\``;
  const value = one.value(register);
  if (/_or_null/.test(type)) return maybeNull(one, register, type, what);
  if (/^(?:scalar|inv|imm)/.test(type)) return number(one, register, what, value);
  return {
    problem: `${what} goes through ${describeType(type)}, which cannot be ${accessVerb(one) === "write" ? "written" : "read"} directly`,
    reason: `r${register} is ${describeType(type)} (${type}) here. Programs read and write the stack, map values, packets within their checked length, the context, and kernel objects that their types describe.`,
    suggestions: ["use a helper that takes it", "or copy what it points to first: bpf_probe_read_kernel, bpf_probe_read_user"],
    blame: register,
  };
}

function maybeNull(one: Case, register: number, type: string, what: string): Finding {
  const { origin } = one.lineage(register);
  const callee = origin?.instruction.callee ?? null;
  const map = callee === null || origin === null ? null : one.mapOfCall(origin);
  const source = callee === null ? "the pointer" : `the result of ${callee}${map === null ? "" : ` on \`${map.name}\``}`;
  const name = one.place(origin?.slot ?? null).text.match(/(\w+)\s*=\s*[^=]/)?.[1] ?? "pointer";
  const text = `test it first: \`if (!${name}) return …;\`, and use the same variable after the test`;
  return {
    problem: `${what} uses ${source}, which may be NULL`,
    reason: `${callee ?? "What gave it"} returns NULL when there is nothing${origin === null ? "" : ` (${one.where(origin.slot)})`}, and on this path nothing has tested it. r${register} is ${describeType(type)}, or NULL.`,
    suggestions: ["if it is tested in the source: the compiler may have tested a copy; keep it in one variable"],
    fixes: [{ text, slot: one.slot ?? 0, code: `if r${register} == 0 goto exit` }],
    blame: register,
  };
}

const COPY = "an address of the kernel: bpf_probe_read_kernel(&to, sizeof(to), address), or BPF_CORE_READ";

/** The load, by a helper that may fail. It must not need r1 to r5 afterwards, nor the end of the stack. */
function copies(one: Case, register: number): Fix[] {
  const { kind, dst, memory } = one.step?.instruction ?? { kind: "other", dst: null, memory: null };
  if (kind !== "load" || dst === null || memory === null || memory.base !== register || one.slot === null) return [];
  const { offset, size } = memory;
  const code = [
    `r3 = r${register}`,
    `r3 += ${offset}`,
    "r1 = r10",
    "r1 += -512",
    `r2 = ${size}`,
    "call bpf_probe_read_kernel#113",
    `r${dst} = *(u${size * 8} *)(r10 -512)`,
  ];
  return [{ text: COPY, slot: one.slot, code: code.join("\n"), replaces: true }];
}

/** A number where a pointer is needed: it never was one, or it was and got lost. */
function number(one: Case, register: number, what: string, value: LogValue | null): Finding {
  if (value !== null && isPointer(value)) {
    const by = lostBy(one, register, value);
    if (by !== null && /^pkt/.test(value.type)) return moved(one, register, what, by);
    if (by !== null) {
      return {
        problem: `${what} uses ${describeValue(value)} after it was given back`,
        reason: `${by.instruction.callee} in ${one.where(by.slot)} gave it away; what it points to may be gone or belong to somebody else.`,
        suggestions: ["use it before it is given back"],
        blame: register,
        marks: [{ slot: by.slot, kind: "lost", text: `${by.instruction.callee} gives it back` }],
      };
    }
  }
  const lineage = one.lineage(register);
  const wrong = [...lineage.notes.values()].find(({ kind }) => kind === "change");
  const null_ = value !== null && value.text === "0";
  return {
    problem: null_ ? `${what} goes through NULL on this path` : `${what} goes through a number, not a pointer`,
    reason: null_
      ? `On this path r${register} is 0: what was tested for NULL is used where it is NULL.`
      : `r${register} is ${value === null ? "a number" : describeValue(value)} here.${cameFrom(one, lineage, "It", wrong === undefined ? "." : ", and arithmetic was done with it.")} To the verifier it is a number, even where it is an address of the kernel or of user space.`,
    suggestions: null_
      ? ["use it only where the test says that it is not NULL"]
      : [
          COPY,
          "an address of user space: bpf_probe_read_user",
          "a pointer that went through a 32-bit or integer variable: keep it in a variable of pointer type",
        ],
    fixes: null_ ? [] : copies(one, register),
    blame: register,
  };
}

function moved(one: Case, register: number, what: string, by: Step): Finding {
  const callee = by.instruction.callee ?? "the call";
  return {
    problem: `${what} uses a pointer into the packet from before ${callee}`,
    reason: `${callee} in ${one.where(by.slot)} may move the packet, so every pointer into it from before is lost (r${register} is only a number now).`,
    suggestions: [`read \`ctx->data\` and \`ctx->data_end\` again after ${callee}, and check the length again`],
    blame: register,
    marks: [{ slot: by.slot, kind: "lost", text: `${callee} may move the packet: pointers into it end here` }],
  };
}

function unreadable(one: Case, m: RegExpExecArray): Finding {
  const register = Number(m[1]);
  const lineage = one.lineage(register);
  const by = lineage.clobberedBy;
  if (by !== null) {
    const callee = by.instruction.callee ?? "the function";
    return {
      problem: `r${register} is read after the call of ${callee}, which overwrites it`,
      reason: `Calls leave a result in r0, keep r6 to r9, and overwrite r1 to r5. The call is in ${one.where(by.slot)}.`,
      suggestions: [
        "keep what is needed after a call in r6 to r9, or on the stack",
        "in C: this comes from inline assembly, or a call with the wrong prototype",
      ],
      blame: register,
    };
  }
  const exit = one.step?.instruction.kind === "exit";
  const legacy = /skb\[/.test(one.step?.instruction.text ?? "");
  return {
    problem: exit
      ? "the program can end without a return value"
      : legacy
        ? "LD_ABS and LD_IND need the context in r6"
        : `r${register} is read, and nothing has set it on this path`,
    reason: exit
      ? "r0 is what a program (or function) returns, and on this path nothing has set it."
      : `A program begins with the context in r1 and the frame pointer in r10; all other registers hold nothing.`,
    suggestions: exit
      ? ["return a value on every path"]
      : legacy
        ? ["copy the context there first: `r6 = r1`"]
        : ["set it on every path that leads here: give the variable an initial value"],
    fixes:
      exit && one.frame === 0 && one.slot !== null
        ? [{ text: "return a value on every path", slot: one.slot, code: `r${register} = 0` }]
        : [],
    blame: register,
  };
}

export const REGISTER_RULES: readonly Rule[] = [
  { code: "unreadable", category: "Register Type", pattern: /^R(\d+) !read_ok/, explain: unreadable },
  { code: "dereference", category: "Register Type", pattern: /^R(\d+) invalid mem access '([^']+)'/, explain: deref },
  {
    code: "null-arithmetic",
    category: "Register Type",
    pattern: /^R(\d+) pointer arithmetic on (\S+) prohibited, null-check it first/,
    explain: (one, m) => {
      const found = maybeNull(one, Number(m[1]), m[2]!, "");
      const { text } = one.place(one.slot);
      const expression = expressionOf(text);
      return {
        ...found,
        problem: `${expression === null ? "a number is added to" : `\`${expression}\` is computed from`} a pointer that may be NULL`,
        reason: `NULL plus something is not NULL any more, so a test after it would prove nothing. r${m[1]} is ${describeType(m[2]!)}, or NULL.`,
        suggestions: ["test the pointer first, then compute the address of the field"],
      };
    },
  },
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) pointer arithmetic on (\S+) prohibited/,
    "arithmetic with $2; An address of this kind cannot be moved",
    "use the pointer as it is, and read its fields through it",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) pointer arithmetic with (\S+) operator prohibited/,
    "a pointer is used with $2; Only addition and subtraction keep it a pointer",
    "compute with the offset, and add it in the end",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) bitwise operator (\S+) on pointer prohibited/,
    "a pointer is used with $2; Its bits are not known, so nothing would be known of the result",
    "align or mask the offset before it is added",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) 32-bit pointer arithmetic prohibited/,
    "a pointer is used in a 32-bit operation, which cuts it in half; Addresses have 64 bits",
    "keep it in a pointer or a u64, not in an int or u32",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) pointer (\S+) pointer prohibited/,
    "two pointers are combined with $2; Only pointers into the same packet may be subtracted",
    "keep an offset beside the pointer",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) tried to subtract pointer from scalar/,
    "a pointer is subtracted from a number; The result would be no pointer",
    "subtract the number from the pointer",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) subtraction from stack pointer prohibited/,
    "something is subtracted from a pointer to the stack; Add a negative number",
    "add a negative number instead",
  ),
  plain(
    "Register Type",
    "pointer-arithmetic",
    /^R(\d+) pointer arithmetic (?:of map value goes out of range )?(?:, )?prohibited/,
    "arithmetic with a pointer that this process may not do; Without CAP_PERFMON addresses may not be computed",
    "load it with CAP_PERFMON",
  ),
  plain(
    "Policy",
    "pointer-unprivileged",
    /^R(\d+) (?:has pointer with unsupported alu operation|has unknown scalar with mixed signed bounds|tried to (?:add|sub) (?:beyond pointer bounds|from different maps, paths or scalars)|could not be pushed for speculative verification), (.*)/,
    "pointer arithmetic that processors might speculate past; Without CAP_PERFMON (here: $2) the verifier wants fixed or masked offsets",
    "load it with CAP_PERFMON, or mask the offset with a constant",
  ),
  plain(
    "Policy",
    "pointer-unprivileged",
    /^R(\d+)(?: variable stack access|\S* variable offset stack access| stack pointer arithmetic goes out of range| pointer arithmetic of map value goes out of range) ?.*prohibited for !root/,
    "stack or map memory at a computed offset; Without CAP_PERFMON this is not allowed",
    "load it with CAP_PERFMON, or use constant offsets",
  ),
  plain(
    "Register Type",
    "pointer-compare",
    /^R(\d+) pointer comparison prohibited/,
    "a pointer is compared with a number; That would tell where it points",
    "compare pointers with NULL, or packet pointers with data_end",
  ),
  plain(
    "Register Type",
    "pointer-copy",
    /^R(\d+) (partial copy|sign-extension part) of pointer/,
    "half of a pointer is copied ($2); Addresses have 64 bits",
    "keep it in a variable of pointer type",
  ),
  {
    code: "pointer-mix",
    category: "Register Type",
    pattern: /^same insn cannot be used with different pointers/,
    explain: (one) => {
      const base = one.step?.instruction.memory?.base ?? null;
      const value = base === null ? null : one.value(base);
      const expression = expressionOf(one.place(one.slot).text);
      return {
        problem: `${expression === null ? `this ${accessVerb(one)}` : `\`${expression}\``} uses different kinds of pointers on different paths`,
        reason: `${value === null ? "" : `On this path it is ${describeValue(value)}; on another it is something else. `}One instruction can be made for one kind only. Often the compiler has merged the ends of two branches.`,
        suggestions: [
          "access it within each branch",
          'keep the compiler from merging them: `asm volatile("" ::: "memory")` in one of the branches',
        ],
        blame: base,
      };
    },
  },
  plain(
    "Register Type",
    "pointer-kind",
    /^R(\d+) (?:has )?(?:non-overwritten BPF_PTR_POISON type|has pointer with unsupported type)/,
    "a pointer whose kind is not known; This is a mistake in the kernel's tables",
    "report it to the kernel's maintainers",
  ),
  plain("Register Type", "register", /^R(\d+) is invalid/, "r$1 does not exist; There are r0 to r10", "use r0 to r10"),
  plain(
    "Register Type",
    "scalar-needed",
    /^R(\d+) is not a (?:scalar|known constant'?|const|constant address'?)/,
    "r$1 must be a number that is known; A pointer or an unknown number was given",
    "pass a constant",
  ),
  plain(
    "Register Type",
    "scalar-needed",
    /^R(\d+) must be a known constant/,
    "argument $1 must be a constant; Its value is not known while the program is verified",
    "pass a literal, or something that the compiler can compute",
  ),
  plain(
    "Register Type",
    "scalar-needed",
    /^R(\d+) is not a pointer to arena or scalar/,
    "r$1 cannot be cast between address spaces; Only numbers and pointers into an arena can",
    "cast pointers of the arena only",
  ),
  plain(
    "Register Type",
    "leak",
    /^R(\d+) leaks addr (?:into (.*)|as return value)/,
    "an address of the kernel would be given away; A pointer is stored (or returned) where others can read it",
    "store what it points to, not the pointer",
  ),
  plain(
    "Register Type",
    "return-kind",
    /^R0 not a scalar value/,
    "what is returned is not a number; Programs return numbers",
    "return a number",
  ),
  plain(
    "Register Type",
    "return-kind",
    /^At subprogram exit the register R(\d+) is not a scalar value \((\S+)\)/,
    "the function returns $2, not a number; Global functions return numbers only",
    "make it static, or return a number",
  ),
  {
    code: "atomic",
    category: "Memory",
    pattern: /^BPF_ATOMIC (?:stores into|loads from) R(\d+) (\S+) is not allowed/,
    explain: (_, m) => ({
      problem: `an atomic operation on ${describeType(m[2]!)}`,
      reason: "Atomic operations work on the stack, values of maps, and memory that the program owns.",
      suggestions: ["copy it there first"],
      blame: Number(m[1]),
    }),
  },
  plain(
    "Memory",
    "atomic",
    /^(?:invalid atomic operand size|BPF_ATOMIC uses invalid atomic opcode (\S+))/,
    "an atomic operation that does not exist; Atomics are on 4 or 8 bytes",
    "use a u32 or u64",
  ),
];
