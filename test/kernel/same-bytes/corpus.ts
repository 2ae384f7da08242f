/** Packets that programs are compared on: well-formed ones of every kind, cut ones, and noise; the same ones every time. */

import { formatIpv6 } from "../../../src/btf/addresses.ts";
import { ethernet, icmp, ipv4, ipv6, type Layer, packet, padding, payload, tcp, udp, vlan } from "../../../src/packets/index.ts";

/** xorshift32: the same numbers from the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Frames from 14 bytes on. */
export function corpus(count: number, seed = 0x5eed): Uint8Array[] {
  const random = randomFrom(seed);
  const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));
  const address = (): string => `${[10, 198, 203, 192][random(4)]}.${random(3)}.${random(4)}.${random(16)}`;
  const lengths = [0, 1, 2, 7, 18, 26, 64, 100, 333, 1000, 1400];

  const transport = (): readonly Layer[] => {
    const sourcePort = 1024 + random(64);
    const data = payload(noise(lengths[random(lengths.length)]!));
    switch (random(5)) {
      case 0:
        return [tcp({ sourcePort, destinationPort: 80 + random(3), ...flags(random(64)) }), data];
      case 1:
        return [icmp({ type: random(16) }), data];
      case 2:
        return [udp({ sourcePort, destinationPort: 53 }), payload(query(random))];
      case 3:
        return [udp({ sourcePort, destinationPort: random(1000), checksum: random(0x10000) }), data];
      default:
        return [udp({ sourcePort, destinationPort: random(65_536) }), data];
    }
  };
  const network = (): readonly Layer[] => {
    switch (random(6)) {
      case 0:
        return [ipv6({ source: formatIpv6(noise(16), 0), destination: formatIpv6(noise(16), 0) }), ...transport()];
      case 1:
        return [
          ipv4({
            source: address(),
            destination: address(),
            fragmentOffset: random(3) * 8,
            moreFragments: random(2) === 0,
            options: noise(4 * random(4)),
          }),
          ...transport(),
        ];
      default:
        return [ipv4({ source: address(), destination: address(), ttl: 1 + random(255) }), ...transport()];
    }
  };
  const frame = (): Uint8Array => {
    const destination = ["02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00"][random(4)]!;
    switch (random(10)) {
      case 0:
        return packet(ethernet({ destination }), vlan({ id: random(4096) }), ...network(), padding());
      case 1: {
        const outer = vlan({ id: random(4096), priority: random(8), dropEligible: random(2) === 0 });
        return packet(ethernet({ destination }), outer, vlan({ id: random(4096) }), ...network(), padding());
      }
      case 2:
        return packet(ethernet({ destination }), vlan({ id: 5, service: true }), ...network(), padding());
      case 3:
        return noise(14 + random(200));
      case 4: {
        const whole = packet(ethernet({ destination }), ...network());
        return whole.slice(0, 14 + random(Math.max(1, whole.length - 14)));
      }
      case 5: {
        const type = [0x0806, 0x05ff, 0x0004, 0x1234][random(4)]!;
        return packet(ethernet({ destination, type }), payload(noise(random(80))), padding());
      }
      default:
        return packet(ethernet({ destination }), ...network(), padding());
    }
  };
  return Array.from({ length: count }, frame);
}

/** From the six lower bits of the flags. */
const flags = (bits: number) => ({
  fin: (bits & 1) !== 0,
  syn: (bits & 2) !== 0,
  rst: (bits & 4) !== 0,
  psh: (bits & 8) !== 0,
  ack: (bits & 16) !== 0,
  urg: (bits & 32) !== 0,
});

/** A DNS question of one to five labels, now and then one that is broken. */
function query(random: (below: number) => number): Uint8Array {
  const bytes = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (let labels = 1 + random(5); labels > 0; labels--) {
    const length = 1 + random(random(8) === 0 ? 60 : 12);
    bytes.push(length);
    for (let at = 0; at < length; at++) bytes.push(97 + random(26));
  }
  if (random(6) > 0) bytes.push(0, 0, 1, 0, 1);
  return Uint8Array.from(bytes);
}
