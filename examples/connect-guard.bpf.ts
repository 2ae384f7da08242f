// Guards where the processes of a control group connect to: by prefix, IPv4 and IPv6. Every attempt is told.
//
//   sudo skep run examples/connect-guard.bpf.ts --cgroup /sys/fs/cgroup/web \
//     --set 'rules4={"prefixLength":8,"address":"10.0.0.0"}:1' --set deny=1

import {
  AF_INET,
  AF_INET6,
  bpf_get_current_comm,
  bpf_get_current_pid_tgid,
  cgroupConnect4,
  cgroupConnect6,
  config,
  type FixedString,
  lpmTrie,
  ringBuffer,
  type u16,
  u32,
} from "skep/bpf";
import { type Ipv4Address, type Ipv6Address, ipv4Mapped } from "skep/bpf/net";

/** What a rule says; 0 is to deny. */
const ALLOW = 1;

/** What no rule speaks of is denied. */
export const deny = config<u32>(0);

interface Prefix4 {
  prefixLength: u32;
  address: Ipv4Address;
}

interface Prefix6 {
  prefixLength: u32;
  address: Ipv6Address;
}

interface Attempt {
  pid: u32;
  family: u16;
  port: u16;
  /** IPv4 addresses are mapped: ::ffff:192.0.2.1. */
  address: Ipv6Address;
  allowed: u32;
  comm: FixedString<16>;
}

/** The longest prefix decides; the value is 0 to deny, 1 to allow. */
export const rules4 = lpmTrie<Prefix4, u32>({ maxEntries: 16_384 });
export const rules6 = lpmTrie<Prefix6, u32>({ maxEntries: 16_384 });

export const attempts = ringBuffer<Attempt>({ maxEntries: 64 * 1024 });

function verdict(rule: u32 | null): u32 {
  return u32(rule === null ? deny === 0 : rule === ALLOW);
}

function begin(family: u16, port: u16, allowed: u32): Attempt | null {
  const attempt = attempts.reserve();
  if (attempt === null) return null;
  attempt.pid = u32(bpf_get_current_pid_tgid() >> 32);
  attempt.family = family;
  attempt.port = port;
  attempt.allowed = allowed;
  bpf_get_current_comm(attempt.comm);
  return attempt;
}

export const guard4 = cgroupConnect4((ctx) => {
  const address = ctx.user_ip4;
  const allowed = verdict(rules4.get({ prefixLength: 32, address }));
  const attempt = begin(AF_INET, ctx.user_port, allowed);
  if (attempt !== null) {
    attempt.address = ipv4Mapped(address);
    attempts.submit(attempt);
  }
  return allowed;
});

export const guard6 = cgroupConnect6((ctx) => {
  const prefix: Prefix6 = { prefixLength: 128, address: ctx.user_ip6 };
  const allowed = verdict(rules6.get(prefix));
  const attempt = begin(AF_INET6, ctx.user_port, allowed);
  if (attempt !== null) {
    attempt.address = prefix.address;
    attempts.submit(attempt);
  }
  return allowed;
});
