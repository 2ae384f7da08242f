/** Packets that programs are compared on: well-formed ones of every kind, cut ones, and noise; the same ones every time. */

import { ethernet, icmp, ipv4, ipv6, type Layer, tcp, udp, vlan } from "../../support/packets.ts";

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

  const transport = (): Layer => {
    const source = 1024 + random(64);
    const data = noise(lengths[random(lengths.length)]!);
    switch (random(5)) {
      case 0:
        return tcp({ source, destination: 80 + random(3), flags: random(64) }, data);
      case 1:
        return icmp({ type: random(16) }, data);
      case 2:
        return udp({ source, destination: 53 }, query(random));
      case 3: {
        const layer = udp({ source, destination: random(1000) }, data);
        new DataView(layer.bytes.buffer).setUint16(6, random(0x10000));
        return layer;
      }
      default:
        return udp({ source, destination: random(65_536) }, data);
    }
  };
  const network = (): Layer => {
    switch (random(6)) {
      case 0:
        return ipv6({ source: noise(16), destination: noise(16) }, transport());
      case 1:
        return ipv4(
          {
            source: address(),
            destination: address(),
            fragmentOffset: random(3),
            moreFragments: random(2) === 0,
            headerOptions: noise(4 * random(4)),
          },
          transport(),
        );
      default:
        return ipv4({ source: address(), destination: address(), ttl: 1 + random(255) }, transport());
    }
  };
  const frame = (): Uint8Array => {
    const destination = ["02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00"][random(4)]!;
    switch (random(10)) {
      case 0:
        return ethernet({ destination }, vlan({ id: random(4096) }, network()));
      case 1:
        return ethernet({ destination }, vlan({ id: random(65_536) }, vlan({ id: random(4096) }, network())));
      case 2: {
        const inner = vlan({ id: 5 }, network());
        return ethernet({ destination, type: 0x88a8 }, inner);
      }
      case 3:
        return noise(14 + random(200));
      case 4: {
        const whole = ethernet({ destination, pad: false }, network());
        return whole.slice(0, 14 + random(Math.max(1, whole.length - 14)));
      }
      case 5:
        return ethernet(
          { destination, type: [0x0806, 0x05ff, 0x0004, 0x1234][random(4)]! },
          { kind: 0, bytes: noise(random(80)) },
        );
      default:
        return ethernet({ destination }, network());
    }
  };
  return Array.from({ length: count }, frame);
}

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
