// Which power of two lies below a number: what histograms count by. Examples import it.

import { type u32, u64 } from "skep/bpf";

/** 0 for 0 and 1, 10 for 1,024 to 2,047. Without a loop, so that no verifier has to follow one. */
export function log2(value: u64): u32 {
  let rest: u64 = value;
  let slot: u32 = 0;
  if (rest >= u64(1n << 32n)) {
    rest >>= 32;
    slot += 32;
  }
  if (rest >= 1 << 16) {
    rest >>= 16;
    slot += 16;
  }
  if (rest >= 1 << 8) {
    rest >>= 8;
    slot += 8;
  }
  if (rest >= 1 << 4) {
    rest >>= 4;
    slot += 4;
  }
  if (rest >= 1 << 2) {
    rest >>= 2;
    slot += 2;
  }
  return rest >= 1 << 1 ? slot + 1 : slot;
}
