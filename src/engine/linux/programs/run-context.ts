/**
 * Running a program on a context without attaching it: `BPF_PROG_TEST_RUN` of raw tracepoints (5.10; `bpf_prog_test_run_raw_tp`) and of
 * `syscall` programs (5.14; `bpf_prog_test_run_syscall`), in net/bpf/test_run.c.
 */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { ContextInput, RunInput, RunResult } from "../../engine.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";

/** MAX_BPF_FUNC_ARGS. */
const MOST_ARGUMENTS = 12;
/** What a `syscall` program may be given. */
const MOST_BYTES = 65_535;

/**
 * The time of a run includes the system call: the kernel measures none here.
 * @throws RangeError for a packet, fields other than `args`, or too many bytes.
 */
export function runOnContext(kernel: Kernel, program: ProgramSpec, descriptor: Descriptor, input: RunInput): RunResult {
  const { packet, context = {}, repeat = 1 } = input;
  const { name, type } = program;
  if (packet !== undefined)
    throw new RangeError(`program ${name}: a ${type} program runs on a context; give one instead of a packet`);
  if (!Number.isInteger(repeat) || repeat < 1) throw new RangeError(`repeat: expected a whole number from 1 on, found ${repeat}`);
  const given = type === "syscall" ? bytesOf(name, context) : argumentsOf(name, context);
  let verdict = 0;
  let left = given;
  const start = performance.now();
  for (let round = 0; round < repeat; round++) {
    // The kernel writes back what a syscall program changed; each run has a fresh copy.
    left = given.slice();
    const request = new Request(kernel.transport, "prog_test_run").u32("prog_fd", descriptor.fd).u32("ctx_size_in", left.length);
    if (left.length > 0) request.pointer("ctx_in", left);
    const result = request.send();
    if (result < 0) {
      const cause = request.error(result);
      if (cause.errno !== ERRNO.EINVAL) throw cause;
      throw new RangeError(`program ${name}: the kernel does not run it on a context of ${left.length} bytes (${cause.code})`, {
        cause,
      });
    }
    verdict = request.read("retval");
  }
  const duration = ((performance.now() - start) * 1e6) / repeat;
  const result: RunResult = { verdict, packet: new Uint8Array(0), duration };
  return type === "syscall" ? { ...result, context: left } : result;
}

function bytesOf(name: string, context: ContextInput): Uint8Array {
  const bytes = context instanceof Uint8Array ? context : new Uint8Array(0);
  if (bytes.length <= MOST_BYTES && (bytes === context || Object.keys(context).length === 0)) return bytes;
  throw new RangeError(`program ${name}: a syscall program takes at most ${MOST_BYTES} bytes as its context`);
}

/** Twelve numbers, those that were not given being 0. */
function argumentsOf(name: string, context: ContextInput): Uint8Array {
  const bytes = new Uint8Array(MOST_ARGUMENTS * 8);
  if (context instanceof Uint8Array) {
    if (context.length > bytes.length)
      throw new RangeError(`program ${name}: expected at most ${bytes.length} bytes, found ${context.length}`);
    bytes.set(context);
    return bytes;
  }
  const { args = [], ...others } = context;
  const [stray] = Object.keys(others);
  if (stray !== undefined || !Array.isArray(args) || args.length > MOST_ARGUMENTS)
    throw new RangeError(`program ${name}: expected at most ${MOST_ARGUMENTS} args, found ${stray ?? "others"}`);
  const view = new DataView(bytes.buffer);
  args.forEach((value, index) => {
    if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string")
      throw new RangeError(`program ${name}: args[${index}]: expected a number`);
    view.setBigUint64(index * 8, BigInt.asUintN(64, BigInt(value)), true);
  });
  return bytes;
}
