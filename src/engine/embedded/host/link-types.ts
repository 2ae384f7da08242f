/**
 * Link types by number, as pcap and pcapng files carry them. Source: the registry at tcpdump.org/linktypes.html, of which
 * these are the ones that people meet. Only Ethernet can be replayed: a program at an XDP hook expects an Ethernet frame.
 */

export const ETHERNET = 1;

const LINK_TYPES: Readonly<Record<number, string>> = {
  0: "NULL (BSD loopback)",
  1: "ETHERNET",
  6: "IEEE802_5 (Token Ring)",
  9: "PPP",
  10: "FDDI",
  50: "PPP_HDLC",
  51: "PPP_ETHER",
  101: "RAW (IP without a link layer)",
  104: "C_HDLC",
  105: "IEEE802_11 (Wi-Fi)",
  108: "LOOP (OpenBSD loopback)",
  113: "LINUX_SLL (tcpdump -i any)",
  117: "PFLOG",
  119: "IEEE802_11_PRISM",
  127: "IEEE802_11_RADIOTAP (Wi-Fi)",
  143: "DOCSIS",
  187: "BLUETOOTH_HCI_H4",
  189: "USB_LINUX",
  192: "PPI",
  195: "IEEE802_15_4_WITHFCS",
  201: "BLUETOOTH_HCI_H4_WITH_PHDR",
  220: "USB_LINUX_MMAPPED",
  227: "CAN_SOCKETCAN",
  228: "IPV4",
  229: "IPV6",
  239: "NFLOG",
  249: "USBPCAP",
  253: "NETLINK",
  276: "LINUX_SLL2 (tcpdump -i any)",
};

/** What to call a link type in a message: its name, or `link type 147`. */
export function linkTypeName(linkType: number): string {
  return LINK_TYPES[linkType] ?? `link type ${linkType}`;
}
