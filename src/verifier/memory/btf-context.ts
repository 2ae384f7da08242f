/** Contexts that are an array of u64: the arguments of a kernel function, as its prototype types them (`btf_ctx_access`). */

import type { Btf } from "../../btf/btf.ts";
import type { BtfType } from "../../btf/types.ts";
import { UNKNOWN } from "../numbers/bounds.ts";
import { inRange } from "../numbers/load.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, scalar } from "../state/register.ts";
import { BASE_TYPE, mayBeNull, PTR_MAYBE_NULL, PTR_TO_BTF_ID, PTR_TO_BUF, PTR_TRUSTED } from "../state/types.ts";
import { hookReturns } from "../targets/attach-targets.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";
import { type AttachTarget, attachTarget } from "./attach-target.ts";
import { structAt, tagFlags } from "./btf-walk.ts";
import { iteratorArgument } from "./iterator-arguments.ts";
import { narrow, unknownOf } from "./loaded.ts";
import { tracepointArgument } from "./tracepoint-nulls.ts";

/** `MAX_BPF_FUNC_ARGS`. */
const MOST_ARGUMENTS = 12;

/** @param off with `Reg.off`. */
export function accessBtfContext(walk: Walk, access: Access, off: number): void {
  const { size, write, value } = access;
  const invalid = `invalid bpf_context access off=${off} size=${size}`;
  const target = attachTarget(walk.program);
  if (target === null || off < 0) refuse(invalid);
  // LSM hooks have no checks of their own before those of the types.
  if (walk.program.type !== "lsm" && (off >= MOST_ARGUMENTS * 8 || write || off % size !== 0)) refuse(invalid);
  if (off % 8 !== 0) refuse(`func '${target.name}' offset ${off} is not multiple of 8\n${invalid}`);
  const argument = argumentAt(target, off);
  const { parameters, btf, prototype } = target;
  if (argument === parameters.length) {
    const why = refusesResult(walk.program, target, argument);
    if (why !== null) refuse(`${why}\n${invalid}`);
  } else if (argument > parameters.length) {
    refuse(`func '${target.name}' doesn't have ${argument + 1}-th argument\n${invalid}`);
  }
  const type = btf.type(btf.resolve(parameters[argument]?.type ?? prototype.result));
  if (isNumber(type)) {
    if (!write && value >= 0) walk.setReg(value, numberOf(walk, target, argument, access));
    return;
  }
  if (type.kind !== "pointer") {
    const name = type.name === "" ? "(anon)" : type.name;
    const what = `func '${target.name}' arg${argument} '${name}' has type ${kindName(type)}`;
    refuse(`${what}. Only pointer access is allowed\n${invalid}`);
  }
  if (size !== 8 && walk.era >= 602) refuse(`func '${target.name}' size ${size} must be 8\n${invalid}`);
  const loaded = pointerOf(walk, target, argument, type.type, access, invalid);
  if (!write && value >= 0) walk.setReg(value, loaded);
}

/** Structs in registers take as many as they need (`get_ctx_arg_idx`); the result comes after the arguments. */
function argumentAt(target: AttachTarget, off: number): number {
  const { prototype, btf } = target;
  // The kernel measures the data pointer of tracepoints, too: it is as long as any argument of theirs.
  const { parameters } = prototype;
  let end = 0;
  for (let index = 0; index < parameters.length; index++) {
    end += registerBytes(btf, parameters[index]!.type);
    if (off < end) return index;
  }
  end += registerBytes(btf, prototype.result);
  return off < end ? parameters.length : parameters.length + 1;
}

function registerBytes(btf: Btf, id: number): number {
  const resolved = btf.resolve(id);
  if (btf.kind(resolved) === "void") return 0;
  return Math.ceil(btf.sizeOf(resolved) / 8) * 8;
}

/** Why a program may not see what the function returned, or null when it may. */
function refusesResult(program: Program, target: AttachTarget, argument: number): string | null {
  switch (program.attachType) {
    case "lsm_mac":
    case "lsm_cgroup":
    case "trace_fexit":
      return null;
    case "modify_return": {
      const type = target.btf.type(target.btf.resolve(target.prototype.result));
      return type.kind === "int" ? null : `ret type ${kindName(type)} not allowed for fmod_ret`;
    }
    default:
      return `func '${target.name}' doesn't have ${argument + 1}-th argument`;
  }
}

function isNumber(type: BtfType): boolean {
  switch (type.kind) {
    case "int":
      return type.size <= 8;
    case "enum":
    case "enum64":
    case "struct":
      return true;
    default:
      return false;
  }
}

/** A number; of what LSM hooks return, the range is known since 6.12. */
function numberOf(walk: Walk, target: AttachTarget, argument: number, access: Access): Reg {
  const { program, era } = walk;
  const isResult = argument === target.parameters.length;
  const range =
    isResult && program.type === "lsm" && program.attachType === "lsm_mac" ? hookReturns(era, program.source.target ?? "") : null;
  if (range !== null) return narrow(scalar(inRange(UNKNOWN, range.min, range.max, era)), access.size, access.signExtend, era);
  return unknownOf(access.size, access.signExtend);
}

/** @param pointed type id of what it points to. */
function pointerOf(walk: Walk, target: AttachTarget, argument: number, pointed: number, access: Access, invalid: string): Reg {
  const { program, era } = walk;
  const { btf } = target;
  const promised = program.attachType === "trace_iter" ? iteratorArgument(target.name, argument, era) : 0;
  if ((promised & BASE_TYPE) === PTR_TO_BUF) return withId(walk, pointer(promised));
  const id = btf.resolve(pointed);
  const kind = btf.kind(id);
  // Nothing is known of what it points to. A `const void *` is no `void *` before 6.16.
  if (kind === "int" || (kind === "void" && (pointed === 0 || era >= 616))) return unknownOf(access.size, access.signExtend);
  if (promised !== 0) return objectOf(walk, btf, id, promised);
  if (structAt(btf, id) === null) {
    refuse(`func '${target.name}' arg${argument} type ${kindName(btf.type(id))} is not a struct\n${invalid}`);
  }
  const nulls = nullable(program, target, argument, era);
  if (nulls.error) return unknownOf(access.size, access.signExtend);
  let type = PTR_TO_BTF_ID | tagFlags(btf, pointed, 601);
  if (era >= 602 && argumentsAreTrusted(program, target)) type |= PTR_TRUSTED;
  if (nulls.nullable) type |= PTR_MAYBE_NULL;
  return objectOf(walk, btf, promoted(program, btf, id), type);
}

function objectOf(walk: Walk, btf: Btf, id: number, type: number): Reg {
  const reg = pointer(type);
  reg.btf = btf;
  reg.btfId = id;
  return withId(walk, reg);
}

function withId(walk: Walk, reg: Reg): Reg {
  if (mayBeNull(reg.type)) reg.id = walk.nextId();
  return reg;
}

/** Congestion control is given sockets that are TCP's (`bpf_tcp_ca_is_valid_access`). */
function promoted(program: Program, btf: Btf, id: number): number {
  if (program.type !== "struct_ops" || btf.name(id) !== "sock") return id;
  const isCongestionControl = program.spec.maps.some(
    ({ structOps }) =>
      structOps?.typeName.startsWith("tcp_congestion_ops") === true &&
      structOps.functions.some((entry) => entry.program === program.source.name),
  );
  return isCongestionControl ? (btf.find("tcp_sock", "struct") ?? id) : id;
}

interface Nulls {
  readonly nullable: boolean;
  readonly error: boolean;
}

function nullable(program: Program, target: AttachTarget, argument: number, era: number): Nulls {
  if (era < 612) return { nullable: false, error: false };
  const named = (target.stub ?? target.parameters)[argument]?.name.endsWith("__nullable") === true;
  if (program.attachType !== "trace_raw_tp") return { nullable: named, error: false };
  const listed = tracepointArgument((program.source.target ?? "").trim(), argument);
  return { nullable: named || listed.nullable, error: listed.error };
}

/** Hooks that run while objects are made or torn down. */
const UNTRUSTED_HOOKS = new Set([
  "bpf_lsm_bpf_map_free",
  "bpf_lsm_bpf_prog_free",
  "bpf_lsm_file_alloc_security",
  "bpf_lsm_file_free_security",
  "bpf_lsm_sk_alloc_security",
  "bpf_lsm_sk_free_security",
  "bpf_lsm_task_free",
]);

/** `prog_args_trusted`. */
function argumentsAreTrusted(program: Program, target: AttachTarget): boolean {
  switch (program.type) {
    case "tracing":
      return program.attachType === "trace_raw_tp" || program.attachType === "trace_iter";
    case "lsm":
      return !UNTRUSTED_HOOKS.has(target.name);
    default:
      return program.type === "struct_ops";
  }
}

/** `btf_type_str`. */
function kindName(type: BtfType): string {
  switch (type.kind) {
    case "void":
      return "UNKNOWN";
    case "pointer":
      return "PTR";
    case "function":
      return "FUNC";
    case "prototype":
      return "FUNC_PROTO";
    case "forward":
      return "FWD";
    default:
      return type.kind.toUpperCase();
  }
}
