/** Parameters that are the program's context: known by the name of their type, or by the tag `arg:ctx`. */

import type { Btf } from "../../btf/btf.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";

/** What kprobes and perf events may call their registers, whatever struct it is. */
const REGISTERS = "bpf_user_pt_regs_t";
/** The struct that it is on x86. */
const REGISTERS_STRUCT = "pt_regs";
/** What the kernel has in place of what programs see. */
const PROJECTED: Readonly<Record<string, string>> = { __sk_buff: "sk_buff", xdp_md: "xdp_buff" };

/**
 * Whether a pointer to that type is the context (`btf_is_prog_ctx_type`).
 *
 * @param pointee as the pointer has it: typedefs count.
 */
export function isContextType(program: Program, types: Btf, pointee: number): boolean {
  const { era } = program;
  if (program.type === "kprobe" && isRegisters(types, pointee)) return true;
  const target = types.resolve(pointee);
  const kind = types.kind(target);
  const name = types.name(target);
  if (name === "" || (kind !== "struct" && kind !== "union")) return false;
  const { contextName } = program.rules;
  if (name === contextName) return true;
  if (contextName === REGISTERS && name === REGISTERS_STRUCT) return true;
  return era >= 602 && name === PROJECTED[contextName];
}

/** A pointer that is tagged as context must be to something that may be one (`btf_validate_prog_ctx_type`; 6.8). */
export function checkContextTag(program: Program, types: Btf, at: number, pointee: number): void {
  const { type, rules } = program;
  if ((type === "kprobe" || type === "perf_event") && isRegisters(types, pointee)) return;
  const target = types.type(types.resolve(pointee));
  if (target.kind === "void") return;
  const name = types.name(target.id);
  if (name === "") refuse(`arg#${at} type doesn't have a name`, "EINVAL");
  const isStruct = target.kind === "struct";
  if (isAllowed(program, target.kind === "int" && target.size === 8, isStruct ? name : "")) return;
  // Programs without a context of their own name take `void *` only.
  if (rules.contextName === "") refuse(`arg#${at} should be void pointer`, "EINVAL");
  const wanted = rules.contextName === REGISTERS ? REGISTERS_STRUCT : rules.contextName;
  if (!isStruct || name !== wanted) refuse(`arg#${at} should be \`struct ${wanted} *\``, "EINVAL");
}

/** What a program's type allows beside its context. @param struct its name, if it is one. */
function isAllowed({ type, attachType }: Program, isU64: boolean, struct: string): boolean {
  switch (type) {
    case "kprobe":
    case "perf_event":
      return struct === REGISTERS_STRUCT;
    case "raw_tracepoint":
    case "raw_tracepoint_writable":
    case "lsm":
    case "struct_ops":
      return isU64;
    case "tracing":
      if (attachType === "trace_iter") return struct.startsWith("bpf_iter__");
      return isU64 || (attachType === "trace_raw_tp" && struct === "bpf_raw_tracepoint_args");
    case "tracepoint":
    case "syscall":
    case "ext":
      return true;
    default:
      return false;
  }
}

function isRegisters(types: Btf, pointee: number): boolean {
  for (let type = types.type(pointee); ; ) {
    if (type.kind === "typedef") return type.name === REGISTERS;
    if (type.kind !== "const" && type.kind !== "volatile" && type.kind !== "restrict" && type.kind !== "typeTag") return false;
    type = types.type(type.type);
  }
}
