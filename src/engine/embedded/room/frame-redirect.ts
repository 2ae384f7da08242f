/**
 * Where packets go that XDP programs redirect (`xdp_do_redirect`; kernel/bpf/devmap.c, cpumap.c): to a device, or through a map, where
 * the entry may have a program of its own, which decides once more.
 *
 *     device map   the program runs on this CPU, with `egress_ifindex`; what it passes goes out, all else ends
 *     CPU map      it runs on that CPU; what it passes goes to the stack there, what it redirects goes on, all else ends
 */

import { redirectEntry, redirectOf } from "../contexts/redirect-target.ts";
import { ETHERNET_HEADER } from "../contexts/skb.ts";
import type { Frame } from "../contexts/xdp.ts";
import type { Cpu } from "../cpu.ts";
import type { MapStore } from "../maps/store.ts";
import { type Device, isPacketHandler, type PacketHandler, XDP_PASS } from "./device.ts";
import type { PacketHost } from "./packet-host.ts";

export const XDP_REDIRECT = 4;
export const VLAN_HEADER = 4;

/** A frame behind a redirect, on its way to where the redirect leads. */
export interface Redirected {
  /** Where it came in. */
  readonly from: Device;
  /** Where it goes out; null: to the stack, on `cpu`. */
  readonly to: Device | null;
  /** Its own. */
  readonly frame: Frame;
  readonly cpu: number;
  readonly hops: number;
  /** The program of the map's entry, if it has one. */
  readonly program: PacketHandler | null;
}

/** The packet of a frame, without its metadata. */
export const packetIn = ({ bytes, metaSize }: Frame): Uint8Array => bytes.subarray(metaSize);

export class FrameRedirects {
  readonly #host: PacketHost;
  readonly #cpus: readonly Cpu[];
  readonly #wait: (redirected: Redirected) => boolean;

  /** @param wait takes what goes on; false when it has come through too many devices. */
  constructor(host: PacketHost, cpus: readonly Cpu[], wait: (redirected: Redirected) => boolean) {
    this.#host = host;
    this.#cpus = cpus;
    this.#wait = wait;
  }

  /** Where the program that ran last on `cpu` said that the frame shall go. */
  redirect(from: Device, frame: Frame, cpu: number, hops: number): void {
    const target = redirectOf(this.#cpus[cpu]!);
    const { map, key, ifindex, broadcast } = target;
    const without = target.excludeIngress ? from.ifindex : 0;
    target.reset();
    let sent = 0;
    if (map === null) sent = this.#out(from, this.#host.byIndex(ifindex), null, frame, cpu, hops);
    else if (broadcast)
      for (let at = map.scan(0); at >= 0; at = map.scan(at + 1)) {
        const entry = map.valueAddress(at, 0);
        const to = this.#deviceAt(entry);
        if (to?.ifindex === without) continue;
        const copy = { ...frame, bytes: frame.bytes.slice() };
        sent += this.#out(from, to, this.#programAt(map, entry), copy, cpu, hops);
      }
    else {
      const entry = redirectEntry(this.#cpus[cpu]!, map, key);
      const program = entry === 0 ? null : this.#programAt(map, entry);
      if (map.type !== "cpumap") sent = this.#out(from, entry === 0 ? null : this.#deviceAt(entry), program, frame, cpu, hops);
      else if (entry !== 0 && this.#cpus[key] !== undefined)
        sent = this.#wait({ from, to: null, frame, cpu: key, hops, program }) ? 1 : 0;
    }
    if (sent === 0) from.counters.dropped++;
    else from.counters.redirected++;
  }

  /**
   * The program of the entry decides.
   * @returns the frame that goes on, or null: it ended, or was redirected once more. @throws FaultError, counted.
   */
  decide({ from, to, frame, cpu, hops, program }: Redirected): Frame | null {
    if (program === null) return frame;
    // Where it would have gone counts it, as the drivers and the CPU map's tracepoints do.
    const { counters } = to ?? from;
    let verdict: number;
    try {
      verdict = program.passOn(frame, from.ifindex, to?.ifindex ?? 0, cpu);
    } catch (error) {
      counters.faulted++;
      throw error;
    }
    if (verdict === XDP_PASS) return program.frameOf(cpu);
    if (verdict === XDP_REDIRECT && to === null) this.redirect(from, program.frameOf(cpu), cpu, hops + 1);
    else counters.dropped++;
    return null;
  }

  #deviceAt(entry: number): Device | null {
    return this.#host.byIndex(this.#cpus[0]!.room.memory.words[entry >>> 2]!);
  }

  #programAt({ valueSize }: MapStore, entry: number): PacketHandler | null {
    if (valueSize < 8) return null;
    const { memory, programs } = this.#cpus[0]!.room;
    const program = programs.at(memory.words[(entry >>> 2) + 1]!)?.program ?? null;
    return program !== null && isPacketHandler(program) ? program : null;
  }

  /** `xdp_ok_fwd_dev`: 0 when it does not go there, or 1. */
  #out(from: Device, to: Device | null, program: PacketHandler | null, frame: Frame, cpu: number, hops: number): number {
    const tooLong = to !== null && packetIn(frame).length > to.mtu + ETHERNET_HEADER + VLAN_HEADER;
    if (to === null || !to.up || tooLong) return 0;
    return this.#wait({ from, to, frame, cpu, hops: hops + 1, program }) ? 1 : 0;
  }
}
