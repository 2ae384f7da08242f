/** The network of a machine room as plain data: what `openEmbedded({ room })` takes. */

export interface DeviceDescription {
  /** 1 to 15 bytes, without `/` or white space. */
  readonly name: string;
  /** Default: the next number that is free, from 1 on. */
  readonly ifindex?: number;
  /** Default: 02:00:00:00 and the ifindex. */
  readonly mac?: string;
  /** Longest packet behind the Ethernet header, 68 to 65,536; default 1500. */
  readonly mtu?: number;
  /** With prefix length: `192.0.2.1/24`, `2001:db8::1/64`. Each is local, and its network is reached through this device. */
  readonly addresses?: readonly string[];
  /** The other end of a cable, as of a veth pair: what leaves here comes in there. It may be described later than this one. */
  readonly peer?: string;
  /** Default true. Nothing comes in or leaves while it is down. */
  readonly up?: boolean;
  /** Whether `bpf_fib_lookup` finds routes for packets that came in here (`net.ipv4.conf.*.forwarding`). Default true. */
  readonly forwarding?: boolean;
}

export interface RouteDescription {
  /** `203.0.113.0/24`, `2001:db8::/32`, one address, or `default` (IPv4) and `::/0`. */
  readonly to: string;
  /** Name of a device. Not for those that lead nowhere. */
  readonly device?: string;
  /** The next hop; default: the destination itself is reached through the device. */
  readonly via?: string;
  /** Address that packets of this machine get as their source. */
  readonly source?: string;
  /** Of two to one network the smaller wins. Default 0, of IPv6 1024. */
  readonly metric?: number;
  /** Default 254 (main). Addresses of devices are in 255 (local). */
  readonly table?: number;
  /** Default: the device's. What `ip route` calls `mtu lock`. */
  readonly mtu?: number;
  /** Default `unicast`. */
  readonly type?: "unicast" | "local" | "blackhole" | "unreachable" | "prohibit";
}

export interface NeighbourDescription {
  readonly address: string;
  readonly mac: string;
  /** Name of a device. */
  readonly device: string;
}

export interface NetworkDescription {
  readonly devices?: readonly DeviceDescription[];
  readonly routes?: readonly RouteDescription[];
  readonly neighbours?: readonly NeighbourDescription[];
}
