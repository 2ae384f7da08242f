/**
 * Frames onto a wire through a packet socket (packet(7)), without native code of ours: Node has no such socket, but Perl has,
 * and perl-base is on every Debian.
 */

import type { Lab } from "./netns.ts";

/** Reads frames from standard input, each after its length (u32, big-endian), and sends them from the interface in `$ARGV[0]`. */
const SENDER = String.raw`
use strict;
my ($AF_PACKET, $SOCK_RAW, $ETH_P_ALL) = (17, 3, 3);
open(my $file, "<", "/sys/class/net/$ARGV[0]/ifindex") or die "no interface $ARGV[0]\n";
chomp(my $index = <$file>);
socket(my $socket, $AF_PACKET, $SOCK_RAW, 0) or die "packet socket: $!\n";
# struct sockaddr_ll: family, protocol (network order), ifindex, and the rest, which a bind ignores
bind($socket, pack("S n i x12", $AF_PACKET, $ETH_P_ALL, $index)) or die "bind to $ARGV[0]: $!\n";
binmode STDIN;
while ((read(STDIN, my $length, 4) // 0) == 4) {
  read(STDIN, my $frame, unpack("N", $length)) // die "input: $!\n";
  defined send($socket, $frame, 0) or die "send " . length($frame) . " bytes: $!\n";
}
`;

/** @throws LabError when the frame is longer than the interface's MTU allows (plus 14, plus 4 for a VLAN tag), or shorter than 14. */
export async function sendFrames(lab: Lab, host: string, interfaceName: string, frames: Iterable<Uint8Array>): Promise<void> {
  const parts: Uint8Array[] = [];
  for (const frame of frames) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, frame.length);
    parts.push(length, frame);
  }
  await lab.exec(host, ["perl", "-e", SENDER, interfaceName], { input: Buffer.concat(parts) });
}
