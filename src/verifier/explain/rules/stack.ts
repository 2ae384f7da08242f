/** The stack: bytes that nobody wrote, frames that are too large, spills of another width. */

import type { MapSpec } from "../../../object/spec.ts";
import type { Case } from "../case.ts";
import { bytes, ordinal } from "../words.ts";
import { accessVerb, expressionOf, type Finding, type Fix, plain, type Rule } from "./rule.ts";

/** Byte `hole` of what begins at `start` (from the frame pointer) was never written. */
function unwritten(one: Case, start: number, hole: number, size: number, register: number | null): Finding {
  const { text } = one.place(one.slot);
  const callee = one.step?.instruction.callee ?? null;
  const isKey = register === 2 && callee !== null && /map_(?:lookup|update|delete|push|pop|peek)/.test(callee);
  const isValue = register === 3 && callee === "bpf_map_update_elem";
  const map: MapSpec | null = one.step !== null && (isKey || isValue) ? one.mapOfCall(one.step) : null;
  const named = map === null ? null : isKey ? one.names.inKey(map, hole) : one.names.inValue(map, hole);
  const expression = callee === null ? expressionOf(text) : null;
  const what =
    map !== null
      ? `the ${isKey ? "key" : "value"} for \`${map.name}\``
      : register !== null && callee !== null
        ? `the ${ordinal(register)} argument of ${callee}`
        : expression === null
          ? "what is read here"
          : `\`${expression}\``;
  const part =
    named === null
      ? `byte ${hole}`
      : "padding" in named
        ? `the padding after ${named.after} (byte ${hole}${named.struct === "" ? "" : ` of ${named.struct}`})`
        : `\`${named.path}\` (byte ${hole})`;
  const whole = "clear all of it before it is filled: `= {}` in its declaration, or `__builtin_memset(&x, 0, sizeof(x))`";
  return {
    problem: hole < 0 ? `${what} was never written` : `${what} is not written whole: ${part} is missing`,
    reason: `It ${register === null || callee === null ? `reads ${bytes(size)}` : `has ${bytes(size)}`} from fp${start} on, and ${
      hole < 0 ? "none of them was" : `fp${start + hole} was not`
    } written on this path. What is left on the stack from before may not be read.`,
    suggestions: [
      ...(named !== null && "padding" in named ? ["or give the padding a name (a field of its own) and write that, too"] : []),
      "where one branch writes it and another does not: write it in both",
    ],
    fixes: [{ text: whole, slot: one.slot ?? 0, code: "" }].flatMap((fix) =>
      initialised(one, fix, start, size, Math.max(0, hole)),
    ),
    blame: null,
  };
}

/** Zeroes for the bytes that were found missing, word by word. They stand before the access, so they may only touch these. */
function initialised(one: Case, fix: Fix, start: number, size: number, hole: number): Fix[] {
  if (one.slot === null || one.frame !== 0) return [{ ...fix, code: "" }];
  const lines: string[] = [];
  for (let at = start + hole; at < start + size; at++) lines.push(`*(u8 *)(r10 ${at}) = 0`);
  return [{ ...fix, code: lines.join("\n") }];
}

export const STACK_RULES: readonly Rule[] = [
  {
    code: "stack-unwritten",
    category: "Memory",
    pattern: /^invalid (?:indirect )?read from stack (?:R(\d+) )?off (-?\d+)\+(\d+) size (\d+)/,
    explain: (one, m) => unwritten(one, Number(m[2]), Number(m[3]), Number(m[4]), m[1] === undefined ? null : Number(m[1])),
  },
  {
    code: "stack-unwritten",
    category: "Memory",
    pattern: /^invalid (?:indirect )?read from stack R(\d+) var_off (\S+ ?\S*)\+(-?\d+) size (\d+)/,
    explain: (_, m) => ({
      problem: "a part of the stack is read that was not written on every path",
      reason: `The offset varies (${m[2]}), so every byte that ${bytes(Number(m[4]))} there may touch must have been written before.`,
      suggestions: ["clear the whole array before it is filled: `= {}`"],
      blame: Number(m[1]),
    }),
  },
  {
    code: "stack-bounds",
    category: "Memory",
    pattern: /^invalid (?:indirect )?(read from|write to|access to|zero-sized|)\s?stack R(\d+) off=(-?\d+) size=(-?\d+)/,
    explain: (one, m) => {
      const [offset, size] = [Number(m[3]), Number(m[4])];
      const never = one.step?.instruction.kind === "load" && offset >= -512 && offset + size <= 0;
      if (never) return { ...unwritten(one, offset, -1, size, null), suggestions: ["write it on every path before it is read"] };
      return {
        problem:
          offset < -512
            ? `this function's stack would be larger than 512 bytes`
            : `this ${accessVerb(one)} is outside of the stack`,
        reason:
          offset < -512
            ? `It touches fp${offset}; a frame has 512 bytes, fp-512 to fp-1, and all frames of a chain of calls share them.`
            : `It ${accessVerb(one)}s ${bytes(size)} at fp${offset >= 0 ? "+" : ""}${offset}; a frame ends at fp-1${size < 0 ? ", and sizes are not negative" : ""}.`,
        suggestions: ["move large arrays and structs to a map: a per-CPU array with one entry is scratch memory"],
        blame: Number(m[2]),
      };
    },
  },
  {
    code: "stack-variable",
    category: "Memory",
    pattern:
      /^invalid (?:unbounded )?variable-offset(?: (?:indirect )?(?:read from|write to|access to))? stack R(\d+)(?: var_off=(\(.*?\))(?: off=(-?\d+))? size=(\d+))?/,
    explain: (one, m) => {
      const expression = expressionOf(one.place(one.slot).text);
      return {
        problem: `${expression === null ? "an index into the stack" : `\`${expression}\``} may leave the array on the stack`,
        reason: `The offset from the frame pointer is not limited enough${m[2] === undefined ? "" : ` (${m[2]})`}: it must stay between fp-512 and fp-1.`,
        suggestions: ["limit the index right before: `if (index >= N) return …;` or `index &= N - 1`"],
        blame: Number(m[1]),
        follow: "offset",
      };
    },
  },
  {
    code: "stack-depth",
    category: "Program Structure",
    pattern: /^combined stack size of (\d+) calls is (\d+)\. Too large/,
    explain: (one, m) => {
      const frames = one.program?.functions.map(({ name }) => `\`${name}\``) ?? [];
      return {
        problem: `a chain of ${m[1]} functions needs ${m[2]} bytes of stack, there are 512`,
        reason: `Frames of functions that call each other add up, each rounded up to 32 bytes (16 where they are compiled natively), also where a function could have been left.${
          frames.length > 1 ? ` The functions are ${frames.join(", ")}.` : ""
        } 256 bytes are all there is before a tail call.`,
        suggestions: [
          "move buffers to a map: a per-CPU array with one entry is scratch memory",
          "let the compiler inline one of them (`static __always_inline`), so that their variables share a frame",
        ],
        slot: 0,
      };
    },
  },
  plain(
    "Program Structure",
    "stack-depth",
    /^stack size of subprog (\d+) is (\d+)\. Too large/,
    "function $1 needs $2 bytes of stack, there are 512; Its variables do not fit a frame",
    "move buffers to a map: a per-CPU array with one entry is scratch memory",
  ),
  plain(
    "Program Structure",
    "stack-depth",
    /^stack size (\d+)\(extra (\d+)\) is too large/,
    "the stack would have $1 bytes; The rewritten program needs $2 bytes more than it has itself",
    "use less stack",
  ),
  plain(
    "Program Structure",
    "stack-depth",
    /^tail_calls are not allowed when call stack of previous frames is (\d+) bytes/,
    "$1 bytes of stack are in use where a tail call is reached, 256 are allowed; The next program needs the rest",
    "move buffers to a map, or call the tail call from a function nearer to the beginning",
  ),
  {
    code: "stack-width",
    category: "Memory",
    pattern: /^invalid size of register (spill|fill)/,
    explain: (_, m) => ({
      problem:
        m[1] === "spill"
          ? "only a part of a pointer is put on the stack"
          : "only a part of a pointer is read back from the stack",
      reason:
        "Pointers are kept on the stack in 8 bytes at a multiple of 8, and are read back whole: half a pointer is no pointer, and would give away an address.",
      suggestions: ["keep it in a variable of pointer type (8 bytes), not in a u32 or a packed struct"],
      blame: null,
    }),
  },
  plain(
    "Memory",
    "stack-width",
    /^attempt to corrupt spilled pointer on stack/,
    "a part of a pointer on the stack is overwritten; What is left would be no pointer",
    "write all 8 bytes, or keep the pointer elsewhere",
  ),
  plain(
    "Memory",
    "stack-leak",
    /^leaking pointer from stack off (-?\d+)/,
    "a pointer on the stack (fp$1) would be given away; Its address must not reach user space",
    "pass only what others may see",
  ),
  plain(
    "Memory",
    "stack-variable",
    /^(?:variable offset stack pointer cannot be passed into helper function|spilled ptr in range of var-offset stack write|uninit stack in range of var-offset write prohibited)/,
    "an array on the stack is used at an index that varies; Without CAP_PERFMON (or with a pointer stored beside it) that is not allowed",
    "use constant indexes, or keep the array in a map",
  ),
  plain(
    "Memory",
    "stack-escape",
    /^cannot (?:return stack pointer to the caller|spill pointers to stack into stack frame of the caller)/,
    "a pointer to this function's stack outlives the function; The frame is gone when it returns",
    "let the caller have the variable and pass its address down",
  ),
  {
    code: "frame-pointer",
    category: "Register Type",
    pattern: /^frame pointer is read only/,
    explain: () => ({
      problem: "r10 is written",
      reason: "r10 is the frame pointer: programs read it and never change it.",
      suggestions: ["copy it to another register and change that: `r2 = r10; r2 += -8`"],
      blame: null,
    }),
  },
];
