/** Where the program that runs on a CPU wants its packet to go (`struct bpf_redirect_info`). */

import type { Cpu } from "../cpu.ts";
import type { MapStore } from "../maps/store.ts";

/** Into a device as if it came in there, out of it, in at its peer's other end, or out with the next hop's Ethernet addresses. */
export type RedirectWay = "ingress" | "egress" | "peer" | "neighbour";

export class RedirectTarget {
  ifindex = 0;
  way: RedirectWay = "egress";
  /** `struct bpf_redir_neigh`, or null: the packet's own destination decides. */
  nextHop: Uint8Array | null = null;
  /** A device or CPU map, and the key in it; null: `ifindex` counts. */
  map: MapStore | null = null;
  key = 0;
  /** To every device in the map; without the one that it came from. */
  broadcast = false;
  excludeIngress = false;

  to(ifindex: number, way: RedirectWay): void {
    this.ifindex = ifindex;
    this.way = way;
    this.nextHop = null;
    this.map = null;
  }

  /** Where a map's entry leads, or all of them. */
  through(map: MapStore, key: number, broadcast: boolean, excludeIngress: boolean): void {
    this.to(0, "egress");
    this.map = map;
    this.key = key;
    this.broadcast = broadcast;
    this.excludeIngress = excludeIngress;
  }

  /** Before a program runs, so that it does not go where the last one wanted to. */
  reset(): void {
    this.to(0, "egress");
  }
}

export function redirectOf(cpu: Cpu): RedirectTarget {
  return (cpu.redirect ??= new RedirectTarget());
}

/** Address of the value that a redirect map has at a key (its first word is the device's number, or a queue's length), or 0. */
export function redirectEntry(cpu: Cpu, map: MapStore, key: number): number {
  const at = cpu.keys;
  cpu.room.memory.view.setUint32(at, key, true);
  return map.lookup(at, cpu.id);
}
