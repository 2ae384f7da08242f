/** What the processes of a control group do with sockets. */

import type { Play } from "../plays.ts";

const networkOrder = (port: number): number => ((port & 0xff) << 8) | (port >>> 8);
const bytes4 = (text: string): number => {
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
};
/** 2001:db8:0:N::1 as four words in the order of the wire, as the machine reads them. */
const words6 = (network: number): number[] => [0xb80d_0120, (networkOrder(network) << 16) >>> 0, 0, 0x0100_0000];

const PROCESSES = [
  { pid: 40, comm: "web", cgroup: "/web" },
  { pid: 50, comm: "other", cgroup: "/other" },
];

export const attempts: Play = {
  variables: { deny: 1 },
  processes: PROCESSES,
  set(stage) {
    stage.set("rules4", { prefixLength: 8, address: "10.0.0.0" }, 1);
    stage.set("rules4", { prefixLength: 24, address: "10.1.2.0" }, 0);
    stage.set("rules6", { prefixLength: 64, address: bytes6(7) }, 1);
  },
  happen(engine, stage) {
    const seen: unknown[] = [];
    engine.processes.run(40, 0);
    const allowed = (family: 4 | 6, context: Record<string, number | number[]>) => {
      const { retval } = engine.groups.run("/web", family === 4 ? "cgroup_inet4_connect" : "cgroup_inet6_connect", { context });
      seen.push(retval, ...stage.records("attempts"));
    };
    const common = (port: number) => ({ user_port: networkOrder(port), type: 1, protocol: 6 });
    for (let round = 0; round < 10; round++) {
      for (const address of ["10.0.0.1", "10.1.2.3", "10.1.3.3", "192.0.2.1", "203.0.113.200"])
        allowed(4, { ...common(440 + round), family: 2, user_family: 2, user_ip4: bytes4(address) });
      for (const network of [7, 8]) allowed(6, { ...common(80), family: 10, user_family: 10, user_ip6: words6(network) });
    }
    return seen;
  },
  observe: () => null,
};

/** 2001:db8:0:N:: */
const bytes6 = (network: number): Uint8Array =>
  new Uint8Array([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, 0]);

const [ACTIVE, PASSIVE, RETRANS, STATE, RTT] = [4, 5, 9, 10, 12];
const [TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_CLOSE] = [1, 4, 7];

export const sockets: Play = {
  processes: PROCESSES,
  happen(engine, stage) {
    const seen: unknown[] = [];
    engine.processes.run(40, 0);
    for (let each = 0; each < 12; each++) {
      const v4 = each % 3 !== 0;
      const socket = {
        family: v4 ? 2 : 10,
        ...(v4
          ? { remote_ip4: bytes4(`192.0.2.${each}`), local_ip4: bytes4("192.0.2.200") }
          : { remote_ip6: words6(each), local_ip6: words6(99) }),
        remote_port: (networkOrder(443) << 16) >>> 0,
        local_port: 40_000 + each,
        is_fullsock: 1,
      };
      const told = (op: number, more: Record<string, number | number[]> = {}) =>
        engine.groups.run("/web", "cgroup_sock_ops", { context: { ...socket, ...more, op } });
      told(each % 2 === 0 ? ACTIVE : PASSIVE);
      for (let round = 1; round <= 8; round++) {
        told(RTT, { srtt_us: (1_000 * each + 10 * round) << 3, rtt_min: 900 + each });
        if (round % 4 === 0) told(RETRANS, { args: [1, 2, 0, 0] });
      }
      told(STATE, { args: [TCP_ESTABLISHED, TCP_FIN_WAIT1, 0, 0] });
      if (each % 4 !== 3) told(STATE, { args: [TCP_FIN_WAIT1, TCP_CLOSE, 0, 0], bytes_received: 1_000 + each, bytes_acked: 500 });
      seen.push(...stage.records("ended"));
    }
    return seen;
  },
  // What is open, without the cookies.
  observe: (stage) => stage.entries("connections").map(([, connection]) => connection),
};
