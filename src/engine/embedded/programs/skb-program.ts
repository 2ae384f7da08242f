/** A program on socket buffers, loaded into the embedded engine: traffic control, socket filters, cgroup_skb, lightweight tunnels. */

import type { ProgramSpec } from "../../../object/spec.ts";
import { SK_BUFF } from "../../../uapi/contexts/sk-buff.ts";
import type { ContextRules } from "../../../uapi/contexts/struct.ts";
import { encodeContext, readContext } from "../../context-input.ts";
import type { AttachOptions, Link, Program, RunInput, RunResult } from "../../engine.ts";
import { ETHERNET_HEADER, LOOPBACK, PROTOCOL, SKB, type Skb, skbOf } from "../contexts/skb.ts";
import { checkTestContext, giveTestContext, takeTestContext } from "../contexts/test-run.ts";
import type { Executor } from "../executor.ts";
import type { Room } from "../room/room.ts";
import { EmbeddedProgram } from "./embedded-program.ts";
import type { HookLink } from "./link.ts";

/** What is said to be IP has a whole header in a test run. @throws RangeError */
function checkNetworkHeader(skb: Skb): void {
  const protocol = skb.get(SKB.protocol);
  const least = protocol === PROTOCOL.ipv4 ? 20 : protocol === PROTOCOL.ipv6 ? 40 : 0;
  const found = skb.end - skb.network;
  if (found < least)
    throw new RangeError(
      `packet: its Ethernet type says IPv${least === 20 ? 4 : 6}, so ${least} bytes or more must follow; found ${found}`,
    );
}

export interface SkbFlavour {
  /** What of `struct __sk_buff` its programs may touch. */
  readonly rules: ContextRules;
  /** True: its packets begin with the network header, as sockets see them. */
  readonly fromNetwork: boolean;
  /** Attaches. @throws AttachError for a place that is none. */
  attach(program: SkbProgram, room: Room, options: AttachOptions): HookLink;
}

export class SkbProgram extends EmbeddedProgram<HookLink> {
  readonly #room: Room;
  readonly #flavour: SkbFlavour;

  constructor(spec: ProgramSpec, executors: readonly Executor[], room: Room, fuel: number, flavour: SkbFlavour) {
    super(spec, executors, fuel);
    this.#room = room;
    this.#flavour = flavour;
    for (const { space } of executors) space.contextRules = flavour.rules;
  }

  /**
   * Runs on CPU 0, at the device that `context.ifindex` names or the loopback device 1. As in the kernel's test run, a program whose
   * packets begin with the network header gives back 14 zeroes before them.
   * @throws FaultError when the program is stopped; RangeError for a packet or context that the kernel does not take; MapError
   *   `closed` after its collection was disposed.
   */
  run({ packet, context = {}, repeat = 1 }: RunInput = {}): RunResult {
    if (packet === undefined) throw new RangeError(`${this.name}: a ${this.spec.type} program runs on a packet; give one`);
    const given = encodeContext(SK_BUFF, context);
    const hidden = this.#flavour.fromNetwork ? ETHERNET_HEADER : 0;
    checkTestContext(given, packet.length - hidden);
    const ifindex = readContext(SK_BUFF, given, "ifindex");
    const link = ifindex > 1 ? this.#room.packets.byIndex(ifindex) : LOOPBACK;
    if (link === null) throw new RangeError(`context: there is no device with ifindex ${ifindex}`);
    const { cpu, memory } = this.executors[0]!;
    const skb = skbOf(cpu);
    let verdict = 0;
    const duration = this.repeated(repeat, () => {
      this.executorOf(0);
      skb.receive(packet, link);
      checkNetworkHeader(skb);
      skb.showSocket();
      giveTestContext(skb, given, hidden);
      verdict = this.decide(skb);
    });
    let left = skb.packet.slice();
    if (this.#flavour.fromNetwork) {
      const headless = memory.bytes.subarray(skb.begin, skb.end);
      left = new Uint8Array(ETHERNET_HEADER + headless.length);
      left.set(headless, ETHERNET_HEADER);
    }
    return { verdict, packet: left, context: takeTestContext(skb, given), duration };
  }

  /** Runs on the packet that is at hand on its CPU. Hot. @returns the return value, u32. @throws FaultError, MapError */
  decide(skb: Skb): number {
    return this.#run(skb, this.#flavour.fromNetwork);
  }

  /** The same as the filter of a packet socket, which sees the Ethernet header. @returns how many bytes it keeps. */
  tap(skb: Skb): number {
    return this.#run(skb, false);
  }

  #run(skb: Skb, fromNetwork: boolean): number {
    const { cpu } = skb;
    const executor = this.executorOf(cpu.id);
    skb.open(executor.space, fromNetwork);
    cpu.busy = true;
    try {
      return executor.call(cpu.context, this.fuel) >>> 0;
    } finally {
      cpu.busy = false;
      skb.close();
    }
  }

  async attach(options: AttachOptions = {}): Promise<Link> {
    this.executorOf(0);
    return this.#flavour.attach(this, this.#room, options);
  }
}

export function isSkbProgram(program: Program): program is SkbProgram {
  return program instanceof SkbProgram;
}
