/** Instructions as logs print them: which registers and which memory they read and write. */

export interface LogInstruction {
  /** Without opcode and state. */
  readonly text: string;
  readonly kind:
    | "move"
    | "constant"
    | "alu"
    | "load"
    | "store"
    | "atomic"
    | "jump"
    | "goto"
    | "call"
    | "local-call"
    | "exit"
    | "other";
  /** The register written, or compared; null when there is none. */
  readonly dst: number | null;
  /** The register read, other than the memory's base. */
  readonly src: number | null;
  /** `+=`, `==` … of ALU and jumps. */
  readonly operator: string;
  /** Immediate operand, or null. */
  readonly imm: number | null;
  /** Memory that is read or written. */
  readonly memory: { readonly base: number; readonly offset: number; readonly size: number } | null;
  /** Where a jump or local call leads, counted from the next instruction. */
  readonly jump: number | null;
  /** The helper or kernel function called, e.g. `bpf_map_lookup_elem`. */
  readonly callee: string | null;
  /** It works on 32 bits. */
  readonly narrow: boolean;
}

const EMPTY = { dst: null, src: null, operator: "", imm: null, memory: null, jump: null, callee: null, narrow: false } as const;

const MEMORY = String.raw`\*\([us](8|16|32|64) \*\)\(r(\d+) ?([+-] ?\d+)\)`;
const LOAD = new RegExp(`^r(\\d+) = ${MEMORY}$`);
const STORE = new RegExp(`^${MEMORY} = (?:r(\\d+)|(-?(?:0x)?[0-9a-f]+))$`);
const LOCK = new RegExp(`^lock ${MEMORY} (\\S+) r(\\d+)$`);
const FETCH = /^r(\d+) = (atomic\w*)\(\([us](8|16|32|64) \*\)\(r(\d+) ?([+-] ?\d+)\), (?:r0, )?r(\d+)\)$/;
const JUMP = /^if ([rw])(\d+) (==|!=|s?[<>]=?|&) (?:[rw](\d+)|(-?(?:0x)?[0-9a-f]+)) goto pc([+-]\d+)$/;
const ALU = /^([rw])(\d+) (s?[-+*/%&|^]=|<<=|s?>>=) (?:[rw](\d+)|(-?(?:0x)?[0-9a-f]+))$/;
const MOVE = /^([rw])(\d+) = (?:\(s(?:8|16|32)\))?([rw])(\d+)$/;
const CONSTANT = /^([rw])(\d+) = (-?(?:0x)?[0-9a-f]+)(?: ll)?$/;
const OTHER_WRITE = /^[rw](\d+) = /;

export function parseInstruction(text: string): LogInstruction {
  const make = (rest: Partial<LogInstruction> & Pick<LogInstruction, "kind">): LogInstruction => ({ ...EMPTY, text, ...rest });
  let m = LOAD.exec(text);
  if (m !== null) return make({ kind: "load", dst: Number(m[1]), memory: memory(m[2], m[3], m[4]) });
  m = STORE.exec(text);
  if (m !== null) return make({ kind: "store", memory: memory(m[1], m[2], m[3]), src: number(m[4]), imm: number(m[5]) });
  m = JUMP.exec(text);
  if (m !== null)
    return make({
      kind: "jump",
      dst: Number(m[2]),
      operator: m[3]!,
      src: number(m[4]),
      imm: number(m[5]),
      jump: Number(m[6]),
      narrow: m[1] === "w",
    });
  m = ALU.exec(text);
  if (m !== null)
    return make({ kind: "alu", dst: Number(m[2]), operator: m[3]!, src: number(m[4]), imm: number(m[5]), narrow: m[1] === "w" });
  m = MOVE.exec(text);
  if (m !== null) return make({ kind: "move", dst: Number(m[2]), src: Number(m[4]), narrow: m[1] === "w" });
  m = CONSTANT.exec(text);
  if (m !== null) return make({ kind: "constant", dst: Number(m[2]), imm: number(m[3]), narrow: m[1] === "w" });
  if (text === "exit") return make({ kind: "exit", dst: null });
  m = /^call pc([+-]\d+)$/.exec(text);
  if (m !== null) return make({ kind: "local-call", jump: Number(m[1]) });
  m = /^call (\S+?)(?:#(-?\d+)\S*)?$/.exec(text);
  if (m !== null) return make({ kind: "call", callee: m[1]!, dst: 0, imm: number(m[2]) });
  m = /^(?:goto|gotol|may_goto) (?:pc)?([+-]\d+)$/.exec(text);
  if (m !== null) return make({ kind: text.startsWith("may_goto") ? "jump" : "goto", jump: Number(m[1]) });
  m = LOCK.exec(text);
  if (m !== null) return make({ kind: "atomic", memory: memory(m[1], m[2], m[3]), operator: m[4]!, src: Number(m[5]) });
  m = FETCH.exec(text);
  if (m !== null)
    return make({ kind: "atomic", dst: Number(m[1]), operator: m[2]!, memory: memory(m[3], m[4], m[5]), src: Number(m[6]) });
  m = OTHER_WRITE.exec(text);
  if (m !== null) return make({ kind: "other", dst: Number(m[1]) });
  return make({ kind: "other" });
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text.startsWith("-") ? -Number(text.slice(1)) : text);
}

function memory(bits: string | undefined, base: string | undefined, offset: string | undefined) {
  return { size: Number(bits) / 8, base: Number(base), offset: Number((offset ?? "0").replace(/\s/g, "")) };
}

/** Whether the register is overwritten, or made unreadable by a call. */
export function writes(instruction: LogInstruction, register: number): boolean {
  switch (instruction.kind) {
    case "call":
    case "local-call":
      return register <= 5;
    case "jump":
    case "store":
    case "goto":
    case "exit":
      return false;
    default:
      return instruction.dst === register;
  }
}
