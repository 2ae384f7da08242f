/** An XDP program loaded into the embedded engine. */

import type { ProgramSpec } from "../../../object/spec.ts";
import { XDP_MD_STRUCT } from "../../../uapi/contexts/xdp-md.ts";
import { encodeContext } from "../../context-input.ts";
import type { AttachOptions, ContextInput, Link, Program, RunInput, RunResult } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import { LOOPBACK } from "../contexts/skb.ts";
import { clearHeadRoom, enterFrame, enterXdp, type Frame, frameOf, placePacket } from "../contexts/xdp.ts";
import type { Executor } from "../executor.ts";
import type { Attachment, PacketHandler, PacketHost } from "../room/packet-host.ts";
import { countFault, type PacketRing } from "../room/packet-ring.ts";
import { EmbeddedProgram } from "./embedded-program.ts";
import { runRing } from "./xdp-ring.ts";

export class XdpProgram extends EmbeddedProgram<DeviceLink> implements PacketHandler {
  readonly #host: PacketHost;

  constructor(spec: ProgramSpec, executors: readonly Executor[], host: PacketHost, fuel: number) {
    super(spec, executors, fuel);
    this.#host = host;
  }

  /**
   * Runs on CPU 0. `duration` includes putting the packet in place. The resulting packet begins with the metadata that the
   * program put before it, as `BPF_PROG_TEST_RUN` has it.
   * @throws FaultError when the program is stopped; RangeError for a packet that is too short or too long, or a `repeat`
   *   that is no positive whole number; MapError `closed` after its collection was disposed.
   */
  run({ packet, context, repeat = 1 }: RunInput = {}): RunResult {
    if (this.inMap !== null) throw new RangeError(`${this.name}: a program with SEC("${this.inMap}") has no test run`);
    if (packet === undefined) throw new RangeError(`${this.name}: an xdp program runs on a packet; give one`);
    const { ifindex, queue } = this.#origin(context);
    let verdict = 0;
    const duration = this.repeated(repeat, () => {
      // The kernel's test run has zeroes before the packet, and takes place on the loopback device, whose index is 1.
      clearHeadRoom(this.executors[0]!.cpu);
      verdict = this.receive(packet, ifindex, queue, 0);
    });
    const { space, memory } = this.executors[0]!;
    return { verdict, packet: memory.bytes.slice(space.packetStart, space.packetEnd), duration };
  }

  /** Where a test run's packet comes from (`xdp_convert_md_to_buff`). @throws RangeError for a context that the kernel does not take. */
  #origin(context: ContextInput | undefined): { readonly ifindex: number; readonly queue: number } {
    if (context === undefined) return { ifindex: LOOPBACK.ifindex, queue: 0 };
    const bytes = encodeContext(XDP_MD_STRUCT, context);
    const [data, dataEnd, dataMeta, ifindex, queue, egress] = new Uint32Array(bytes.buffer);
    if ((data! | dataEnd! | dataMeta! | egress!) !== 0)
      throw new RangeError("context: ingress_ifindex and rx_queue_index can be given to a test run; the rest is the packet's");
    if (ifindex === 0 && queue !== 0)
      throw new RangeError("context: rx_queue_index: give it with the ingress_ifindex that it is of");
    if (ifindex === LOOPBACK.ifindex && queue !== 0) throw new RangeError("context: rx_queue_index: device 1 has one queue, 0");
    if (ifindex! > LOOPBACK.ifindex && this.#host.byIndex(ifindex!) === null)
      throw new RangeError(`context: there is no device with ifindex ${ifindex}`);
    return { ifindex: ifindex! || LOOPBACK.ifindex, queue: queue! };
  }

  async attach(options: AttachOptions = {}): Promise<Link> {
    this.checkOpen();
    const { interface: device, mode } = options;
    if (this.inMap !== null)
      throw new AttachError(`${this.name}: a program with SEC("${this.inMap}") goes into a map: set(key, value, { program })`);
    if (device === undefined) throw new AttachError(`${this.name}: an xdp program is attached to a device; name one (interface)`);
    if (mode === "native") {
      throw new AttachError(`${device}: a packet device of the embedded engine has no driver to attach to; leave mode out`);
    }
    const link = new DeviceLink(`xdp on ${device} (embedded)`, this.#host, this.#host.attach(device, this), this.links);
    this.links.add(link);
    return link;
  }

  // ── as the handler of a device ────────────────────────────────────────────────────────────────────────────────────

  receive(packet: Uint8Array, ifindex: number, queue: number, cpu: number): number {
    const executor = this.executorOf(cpu);
    const processor = executor.cpu;
    placePacket(processor, packet);
    enterXdp(processor, executor.space, packet.length, ifindex, queue);
    processor.busy = true;
    try {
      return executor.call(processor.context, this.fuel) >>> 0;
    } finally {
      processor.busy = false;
    }
  }

  receiveRing(ring: PacketRing, first: number, count: number): void {
    const executor = this.executorOf(ring.shape.cpu);
    executor.cpu.busy = true;
    try {
      runRing(executor, ring, first, count, this.fuel, (error) => countFault(ring, error));
    } finally {
      executor.cpu.busy = false;
    }
  }

  packetOf(cpu: number): Uint8Array {
    const { space, memory } = this.executors[cpu]!;
    return memory.bytes.subarray(space.packetData, space.packetEnd);
  }

  metaSizeOf(cpu: number): number {
    const { space } = this.executors[cpu]!;
    return space.packetData - space.packetStart;
  }

  frameOf(cpu: number): Frame {
    const { space, memory, cpu: processor } = this.executors[cpu]!;
    return frameOf(processor, space, memory.bytes);
  }

  passOn(frame: Frame, ingress: number, egress: number, cpu: number): number {
    const executor = this.executorOf(cpu);
    const processor = executor.cpu;
    enterFrame(processor, executor.space, frame, ingress, egress);
    processor.busy = true;
    try {
      return executor.call(processor.context, this.fuel) >>> 0;
    } finally {
      processor.busy = false;
    }
  }

  /** @internal The section of a program that decides about entries of maps, not devices; the kernel keeps the two apart. */
  get inMap(): string | null {
    const { attachType } = this.spec;
    return attachType === "xdp_devmap" ? "xdp/devmap" : attachType === "xdp_cpumap" ? "xdp/cpumap" : null;
  }
}

class DeviceLink implements Link {
  readonly description: string;
  readonly #host: PacketHost;
  readonly #place: Attachment;
  #links: Set<DeviceLink>;

  constructor(description: string, host: PacketHost, place: Attachment, links: Set<DeviceLink>) {
    this.description = description;
    this.#host = host;
    this.#place = place;
    this.#links = links;
  }

  async update(program: Program): Promise<void> {
    if (!(program instanceof XdpProgram))
      throw new AttachError(
        `${this.description}: expected an xdp program of the embedded engine, found ${program.name} (${program.spec.type})`,
      );
    if (program.inMap !== null)
      throw new AttachError(`${this.description}: ${program.name} is a program for entries of maps (SEC("${program.inMap}"))`);
    this.#place.replace(program);
    // It is the other program's link now: closing this one's collection leaves it.
    this.#links.delete(this);
    this.#links = program.links;
    this.#links.add(this);
    await this.#host.settle();
  }

  async detach(): Promise<void> {
    this.#place.take();
    this.#links.delete(this);
    await this.#host.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
  }
}
