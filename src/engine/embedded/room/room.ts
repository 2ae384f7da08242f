/**
 * The machine room: everything that stands around the programs of one engine and that their helpers may ask — memory, CPUs, the
 * clock, packet devices. Nothing in it is the machine's that JavaScript runs on unless whoever opened the engine put it there, so a
 * run can be repeated.
 */

import type { Clock } from "../clock.ts";
import type { Cpu } from "../cpu.ts";
import type { Memory } from "../memory.ts";
import { PacketHost } from "./packet-host.ts";

export interface RoomOptions {
  readonly memory: Memory;
  readonly clock: Clock;
  /** Receives what programs print, without a line end. */
  readonly print: (text: string, cpu: number) => void;
}

export class Room {
  readonly memory: Memory;
  readonly clock: Clock;
  readonly print: (text: string, cpu: number) => void;
  /** By number. Each adds itself when it is made. */
  readonly cpus: Cpu[] = [];
  readonly packets: PacketHost;

  constructor({ memory, clock, print }: RoomOptions) {
    this.memory = memory;
    this.clock = clock;
    this.print = print;
    this.packets = new PacketHost(clock, memory);
  }
}
