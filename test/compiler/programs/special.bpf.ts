/** Flows that are forgotten when nothing was seen of them for a second: a lock keeps two counts in step, a timer takes entries away. */

import {
  bpf_ktime_get_ns,
  bpf_spin_lock,
  bpf_spin_unlock,
  bpf_timer_cancel,
  bpf_timer_init,
  bpf_timer_set_callback,
  bpf_timer_start,
  hash,
  type SpinLock,
  type Timer,
  type u32,
  type u64,
  XDP_PASS,
  xdp,
} from "skep/bpf";
import { Ethernet, Ipv4, type Ipv4Address } from "skep/bpf/net";

interface Flow {
  lock: SpinLock;
  packets: u32;
  bytes: u64;
  timer: Timer;
  seen: u64;
}

export const flows = hash<Ipv4Address, Flow>({ maxEntries: 1024 });

const CLOCK_MONOTONIC = 1;
const SECOND = 1_000_000_000;

export const forget = xdp((ctx) => {
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;
  const source = ip.source;
  const length = ctx.packet.length;
  let flow = flows.get(source);
  if (flow === null) {
    flows.set(source, { lock: {}, packets: 0, bytes: 0, timer: {}, seen: 0 });
    flow = flows.get(source);
    if (flow === null) return XDP_PASS;
    bpf_timer_init(flow.timer, flows, CLOCK_MONOTONIC);
    bpf_timer_set_callback(flow.timer, (_map, key: Ipv4Address, value: Flow) => {
      if (value.packets > 0) value.packets = 0;
      else flows.delete(key);
    });
  }
  bpf_spin_lock(flow.lock);
  flow.packets += 1;
  if (flow.packets > 1000) {
    flow.packets = 1;
    flow.bytes = 0;
    bpf_spin_unlock(flow.lock);
    bpf_timer_cancel(flow.timer);
    return XDP_PASS;
  }
  flow.bytes += length;
  bpf_spin_unlock(flow.lock);
  flow.seen = bpf_ktime_get_ns();
  bpf_timer_start(flow.timer, SECOND);
  return XDP_PASS;
});
