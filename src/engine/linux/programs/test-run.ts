/** Running a program on a packet without attaching it: `BPF_PROG_TEST_RUN` (4.12; net/bpf/test_run.c). */

import type { ProgramSpec } from "../../../object/spec.ts";
import { SK_BUFF } from "../../../uapi/contexts/sk-buff.ts";
import { type ContextStruct, fieldOf } from "../../../uapi/contexts/struct.ts";
import { XDP_MD_STRUCT } from "../../../uapi/contexts/xdp-md.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { encodeContext } from "../../context-input.ts";
import type { RunInput, RunResult } from "../../engine.ts";
import { FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { RUNS_ON_PACKETS } from "./kinds.ts";

/** An Ethernet header: the kernel takes nothing shorter. */
const SHORTEST = 14;
/** `XDP_PACKET_HEADROOM` before a packet, and `struct skb_shared_info` (rounded up to a cache line) after it, share its page. */
const HEADROOM = 256;
const TAILROOM = 320;
/** Contexts that a test run takes and gives back (since 5.2). */
const CONTEXTS: Partial<Readonly<Record<ProgramType, ContextStruct>>> = {
  xdp: XDP_MD_STRUCT,
  sched_cls: SK_BUFF,
  sched_act: SK_BUFF,
  socket_filter: SK_BUFF,
  cgroup_skb: SK_BUFF,
  lwt_in: SK_BUFF,
  lwt_out: SK_BUFF,
  lwt_xmit: SK_BUFF,
  sk_skb: SK_BUFF,
};

/** A signal to this process ends a test run early with EINTR. */
const MOST_INTERRUPTIONS = 100;

/**
 * The packet must fit one page with 256 bytes before and 320 after it: 3520 bytes where pages have 4096. The kernel takes longer
 * ones since 5.18 and shows a program their first 3520 bytes, as if the packet ended there; only programs that take packets in
 * pieces (`xdp.frags`) are given those here.
 *
 * The kernel repeats a run on one and the same packet. So that each run has a fresh copy, as the interface promises, the first is
 * made alone: if the program left the packet as it was, the others run in one go inside the kernel, else one by one.
 *
 * @throws RangeError when the packet is too short or too long; FeatureError when programs of this type do not run on packets.
 */
export function testRun(kernel: Kernel, program: ProgramSpec, descriptor: Descriptor, input: RunInput): RunResult {
  if (!RUNS_ON_PACKETS.has(program.type))
    throw new FeatureError(
      "BPF_PROG_TEST_RUN",
      null,
      `program ${program.name}: the kernel has no test run on packets for type ${program.type}`,
    );
  const { packet, context, repeat = 1 } = input;
  if (packet === undefined) throw new RangeError(`program ${program.name}: it runs on a packet; give one`);
  const struct = CONTEXTS[program.type];
  if (context !== undefined && struct === undefined)
    throw new FeatureError(
      "BPF_PROG_TEST_RUN",
      null,
      `program ${program.name}: the Linux engine gives programs of type ${program.type} no context; leave it out`,
    );
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > 0x7fff_ffff)
    throw new RangeError(`repeat: expected a whole number from 1 to 2147483647, found ${repeat}`);
  const given = struct === undefined ? null : encodeContext(struct, context ?? {});
  // The kernel wants to hear where the packet ends, and answers with addresses that mean nothing to anybody else.
  if (given !== null && struct === XDP_MD_STRUCT) {
    if (context === undefined) return repeated(new TestRun(kernel, program, descriptor, packet, null, false), packet, repeat);
    new DataView(given.buffer).setUint32(fieldOf(struct, "data_end").offset, packet.length, true);
  }
  const run = new TestRun(kernel, program, descriptor, packet, given, context !== undefined);
  const result = repeated(run, packet, repeat);
  if (struct !== XDP_MD_STRUCT) return result;
  const { context: _addresses, ...rest } = result;
  return rest;
}

function repeated(run: TestRun, packet: Uint8Array, repeat: number): RunResult {
  let result = run.once(1);
  if (repeat === 1) return result;
  let total = result.duration;
  if (sameBytes(result.packet, packet)) {
    result = run.once(repeat - 1);
    total += result.duration * (repeat - 1);
  } else {
    for (let i = 1; i < repeat; i++) total += (result = run.once(1)).duration;
  }
  return { ...result, duration: total / repeat };
}

class TestRun {
  readonly #program: ProgramSpec;
  readonly #request: Request<"prog_test_run">;
  readonly #length: number;
  readonly #out: Uint8Array;
  readonly #contextOut: Uint8Array | null;

  /** @param context what programs of this type find and leave, or null. @param sent whether somebody gave it: old kernels take none. */
  constructor(
    kernel: Kernel,
    program: ProgramSpec,
    descriptor: Descriptor,
    packet: Uint8Array,
    context: Uint8Array | null,
    sent: boolean,
  ) {
    if (packet.length < SHORTEST)
      throw new RangeError(
        `program ${program.name}: a packet needs at least an Ethernet header of ${SHORTEST} bytes, found ${packet.length}`,
      );
    const longest = kernel.transport.pageSize - HEADROOM - TAILROOM;
    if (packet.length > longest && program.type === "xdp" && !program.section.startsWith("xdp.frags"))
      throw new RangeError(
        `program ${program.name}: a packet must fit a page of memory with its head room: at most ${longest} bytes, found ${packet.length}`,
      );
    this.#program = program;
    this.#length = packet.length;
    // A program can move the start into the head room, and the end to that of the page.
    this.#out = new Uint8Array(packet.length + kernel.transport.pageSize);
    this.#request = new Request(kernel.transport, "prog_test_run")
      .u32("prog_fd", descriptor.fd)
      .pointer("data_in", packet)
      .u32("data_size_in", packet.length)
      .pointer("data_out", this.#out);
    this.#contextOut = context === null || (!sent && !atLeast(kernel.facts.release, "5.2")) ? null : context.slice();
    if (context !== null && sent) this.#request.pointer("ctx_in", context).u32("ctx_size_in", context.length);
    if (this.#contextOut !== null) this.#request.pointer("ctx_out", this.#contextOut);
  }

  once(repeat: number): RunResult {
    const request = this.#request.u32("repeat", repeat);
    let result: number;
    let tries = 0;
    do {
      // The kernel writes the size that it needed there.
      request.u32("data_size_out", this.#out.length);
      if (this.#contextOut !== null) request.u32("ctx_size_out", this.#contextOut.length);
      result = request.send();
    } while (result === -ERRNO.EINTR && ++tries < MOST_INTERRUPTIONS);
    if (result < 0) throw this.#explain(result);
    return {
      verdict: request.read("retval"),
      packet: this.#out.slice(0, request.read("data_size_out")),
      ...(this.#contextOut === null ? {} : { context: this.#contextOut.slice() }),
      duration: request.read("duration"),
    };
  }

  #explain(result: number): Error {
    const cause = this.#request.error(result);
    const { name, type } = this.#program;
    switch (cause.errno) {
      case ERRNO.EINVAL:
      case ERRNO.ENOMEM:
      case ERRNO.E2BIG:
      case ERRNO.ENODEV:
        return new RangeError(
          `program ${name}: the kernel does not run this packet of ${this.#length} bytes, or context (${cause.code})`,
          {
            cause,
          },
        );
      case ERRNO.ENOTSUPP:
      case ERRNO.EOPNOTSUPP:
        return new FeatureError("BPF_PROG_TEST_RUN", "4.12", `program ${name}: this kernel has no test run for type ${type}`, {
          cause,
        });
      default:
        return cause;
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
