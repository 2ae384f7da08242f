/** Pieces of programs that many programs begin or end with. */

/** Where paths without a result go. */
export const OUT = "; out: r0 = 0; exit";

/** r0 is the value of some key, or null. Uses r1, r2 and 4 bytes of stack. (That of a constant key is never null: 6.15.) */
export function lookup(map: string): string {
  return `call bpf_get_prandom_u32; *(u32 *)(r10 -4) = r0; r2 = r10; r2 += -4; r1 = map ${map}; call bpf_map_lookup_elem; `;
}

/** As {@link lookup}, for keys of 8 bytes. */
export function lookup8(map: string): string {
  return `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map ${map}; call bpf_map_lookup_elem; `;
}

/** r0 is a value that is there. */
export function value(map: string): string {
  return `${lookup(map)}if r0 == 0 goto out; `;
}

export function value8(map: string): string {
  return `${lookup8(map)}if r0 == 0 goto out; `;
}

/** r7 is where an XDP program's packet begins, r8 where it ends. */
export const XDP_PACKET = "r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); ";

/** As {@link XDP_PACKET}, for programs with an skb. */
export const SKB_PACKET = "r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); ";

/** `count` times the same. */
export function times(count: number, text: string | ((i: number) => string)): string {
  return Array.from({ length: count }, (_, i) => (typeof text === "string" ? text : text(i))).join("; ");
}
