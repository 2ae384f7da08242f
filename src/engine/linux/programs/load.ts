/** Loading one program: instructions, types and lines in, a descriptor or an explanation out. */

import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { PROGRAM_CAPABILITIES } from "../../../uapi/privileges.ts";
import { PROGRAM_TYPE } from "../../../uapi/program-types.ts";
import { PROGRAM_TYPE_SINCE } from "../../../uapi/since.ts";
import { FeatureError, PrivilegeError } from "../../errors.ts";
import { BPF_F_TOKEN_FD } from "../attributes.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { sendPatiently } from "../patience.ts";
import { deniedByVerifier, explainRefusal, missingCapabilities } from "../privileges.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";
import { sendWithLog } from "./log.ts";
import { logLines, RefusedProgram } from "./refused.ts";
import { FUNCTION_RECORD, functionRecords, LINE_RECORD, lineRecords } from "./source-lines.ts";
import { loadsAnything } from "./trivial.ts";
import type { LoadedTypes } from "./types.ts";

/** What a program refers to besides its code. */
export interface LoadReferences {
  /** What it is attached to, by number; null for programs that have no such target. */
  readonly target: { readonly id: number; readonly types: Descriptor | null; readonly member?: number } | null;
  /** Of an `ext` program: the descriptor of the program that it is for. */
  readonly replaces?: number;
  /** Descriptors of modules' types whose functions it calls, from place 1 on. */
  readonly modules: readonly number[];
}

const NO_REFERENCES: LoadReferences = { target: null, modules: [] };

/** The kernel's limit for root since 5.2; 4096 before, and for everybody else. */
const MOST_INSTRUCTIONS = 1_000_000;

/**
 * Tries without a log first: a good program loads in half the time.
 *
 * @param code with its relocations applied.
 * @throws RefusedProgram, PrivilegeError, FeatureError
 */
export function loadProgram(
  kernel: Kernel,
  spec: Spec,
  program: ProgramSpec,
  code: Uint8Array,
  types: LoadedTypes | null,
  references: LoadReferences = NO_REFERENCES,
): Descriptor {
  const { token, older } = kernel;
  const attachType = older === undefined ? program.attachType : older.attachType(kernel.facts, program);
  const request = new Request(kernel.transport, "prog_load")
    .u32("prog_type", PROGRAM_TYPE[program.type])
    .u32("insn_cnt", code.length / 8)
    .pointer("insns", code)
    .pointer("license", new TextEncoder().encode(`${spec.license}\0`))
    .u32("expected_attach_type", attachType === null ? 0 : ATTACH_TYPE[attachType])
    .u32("kern_version", older?.version(kernel.facts, spec) ?? 0)
    .u32("prog_flags", (program.flags ?? 0) | (token === undefined ? 0 : BPF_F_TOKEN_FD))
    .u32("prog_token_fd", token?.fd ?? 0)
    // Names came with 4.15; an older kernel wants zeroes there.
    .text("prog_name", atLeast(kernel.facts.release, "4.15") ? program.name : "");
  if (types?.functions === true) giveSource(request, program, types);
  giveReferences(request, references);
  const result = sendPatiently(kernel, () => request.send());
  if (result >= 0) return kernel.ledger.adopt(result, `program ${program.name}`);

  const withLog = sendWithLog({
    send: () => request.send(),
    give: (buffer) => request.u32("log_level", 1).u32("log_size", buffer.length).pointer("log_buf", buffer),
    trueSize: () => request.read("log_true_size"),
  });
  if (withLog.result >= 0) return kernel.ledger.adopt(withLog.result, `program ${program.name}`);
  const cause = request.error(withLog.result);
  const log = logLines(withLog.log);
  if (log.length === 0) throw explainSilence(kernel, program, cause);
  throw (
    deniedByVerifier(kernel.facts, `loading program ${program.name} (${program.type})`, log, cause) ??
    new RefusedProgram(spec, program, log, cause)
  );
}

function giveSource(request: Request<"prog_load">, program: ProgramSpec, types: LoadedTypes): void {
  const functions = functionRecords(program, types.texts);
  const lines = lineRecords(program, types.texts);
  if (functions === null && lines === null) return;
  request.u32("prog_btf_fd", types.descriptor.fd);
  if (functions !== null)
    request
      .u32("func_info_rec_size", FUNCTION_RECORD)
      .u32("func_info_cnt", functions.length / FUNCTION_RECORD)
      .pointer("func_info", functions);
  if (lines !== null)
    request
      .u32("line_info_rec_size", LINE_RECORD)
      .u32("line_info_cnt", lines.length / LINE_RECORD)
      .pointer("line_info", lines);
}

function giveReferences(request: Request<"prog_load">, { target, modules, replaces }: LoadReferences): void {
  if (target !== null) request.u32("attach_btf_id", target.id);
  // Of an interface, what it is for is the place of the member.
  if (target?.member !== undefined) request.u32("expected_attach_type", target.member);
  if (replaces !== undefined) request.u32("attach_prog_fd", replaces);
  else if (target !== null && target.types !== null) request.u32("attach_btf_obj_fd", target.types.fd);
  // Place 0 stands for the kernel's own types.
  if (modules.length > 0) request.pointer("fd_array", new Uint8Array(new Int32Array([0, ...modules]).buffer));
}

/** The kernel said no before its verifier looked at the program. */
function explainSilence(kernel: Kernel, program: ProgramSpec, cause: SystemError): Error {
  const { facts } = kernel;
  const needs = PROGRAM_CAPABILITIES[program.type];
  const since = program.type === "unspec" ? "3.19" : PROGRAM_TYPE_SINCE[program.type];
  const what = `program ${program.name} (${program.type})`;
  const loading = `loading ${what}`;
  const count = program.code.length / 8;
  switch (cause.errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      if (needsTrampoline(program) && missingCapabilities(facts, needs).length === 0 && loadsAnything(kernel))
        return new FeatureError(
          "BPF trampoline",
          "5.5",
          `${what}: this kernel refuses programs that need a BPF trampoline (${cause.code})`,
          {
            cause,
          },
        );
      return explainRefusal(facts, loading, needs, cause);
    case ERRNO.E2BIG:
      return new FeatureError(
        "program size",
        null,
        `${what}: ${count} instructions are more than this kernel takes from this process (${MOST_INSTRUCTIONS} since 5.2 with CAP_BPF, else 4096)`,
        { cause },
      );
    case ERRNO.ENOMEM:
      return new PrivilegeError(`${loading}: the kernel has no memory for it, or this process's cgroup has not`, { cause });
    case ERRNO.ENOSYS:
      return new FeatureError("bpf(2)", "3.18", "this kernel is built without BPF (CONFIG_BPF_SYSCALL)", { cause });
    default:
      if (!atLeast(facts.release, since))
        return new FeatureError(
          `BPF_PROG_TYPE_${program.type.toUpperCase()}`,
          since,
          `${what} needs Linux ${since}, this is ${facts.release}`,
          {
            cause,
          },
        );
      return new FeatureError(
        `BPF_PROG_TYPE_${program.type.toUpperCase()}`,
        since,
        `${what}: this kernel (${facts.release}) does not take this type${program.attachType === null ? "" : ` with attach type ${program.attachType}`} (${cause.code}, no log): it may be built without it`,
        { cause },
      );
  }
}

/** `check_attach_btf_id` of kernel/bpf/verifier.c: raw tracepoints and iterators are called directly. */
function needsTrampoline({ type, attachType }: ProgramSpec): boolean {
  return type === "lsm" || type === "ext" || (type === "tracing" && attachType !== "trace_raw_tp" && attachType !== "trace_iter");
}
